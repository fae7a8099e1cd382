//! Frames of any link type, like `both_frames` in `tests/attacks/fuzz_both.py`.
#![no_main]

use fuzz::{Frame, Step};

const LINK_TYPES: [u32; 29] = [
    1, 0, 12, 101, 113, 276, 9, 50, 51, 105, 127, 119, 163, 239, 228, 229, 108, 109, 104, 107, 114, 204, 205, 192, 258,
    149, 123, 100, 7,
];
const PASSES: [f64; 4] = [0.0001, 0.3, 40.0, -2.0];

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::play(data, frames(data).into_iter().map(Step::Feed)));

fn frames(data: &[u8]) -> Vec<Frame> {
    let (mut time, mut rest, mut frames) = (1000.0, data.get(2..).unwrap_or_default(), Vec::new());
    while let Some((&[link, high, low], behind)) = rest.split_first_chunk::<3>() {
        let size = (usize::from(high & 15) << 8 | usize::from(low)).min(behind.len());
        let (body, after) = behind.split_at(size);
        let link_type = LINK_TYPES[usize::from(link) % LINK_TYPES.len()];
        frames.push(Frame { time, link_type, bytes: body.to_vec() });
        time += PASSES[usize::from(high >> 6)];
        rest = after;
    }
    frames
}
