//! Measures the time for a request: `cargo run --release -p features --example cost -- FILE`, a file of requests: for each,
//! the sizes of head and body as little-endian numbers of four bytes, the head, and the body.

use std::time::Instant;

fn main() -> std::io::Result<()> {
    let bytes = std::fs::read(std::env::args().nth(1).unwrap_or_default())?;
    let mut requests = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((sizes, after)) = rest.split_at_checked(8) {
        let size = |part: &[u8]| part.iter().rev().fold(0, |sum, byte| 256 * sum + usize::from(*byte));
        let (head, after) = after.split_at(size(sizes.get(..4).unwrap_or_default()).min(after.len()));
        let (body, after) = after.split_at(size(sizes.get(4..).unwrap_or_default()).min(after.len()));
        requests.push((head, body));
        rest = after;
    }
    let (started, mut sum) = (Instant::now(), 0_u64);
    const ROUNDS: u32 = 50;
    for _ in 0..ROUNDS {
        for (head, body) in &requests {
            sum += features::of(head, body).map_or(0, |vector| u64::from(vector.bytes()[12]));
        }
    }
    let count = requests.len().max(1) as f64 * f64::from(ROUNDS);
    println!("{:.2} us a request, {sum}", started.elapsed().as_secs_f64() * 1e6 / count);
    Ok(())
}
