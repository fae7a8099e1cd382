//! Pieces of files and blocks of rings: the first byte selects the reader, the second the start position.
#![no_main]

use wire::capture::{Index, Interface, PcapLayout, pcap, pcapng, ring};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&[choice, position], buffer)) = data.split_first_chunk::<2>() else {
        return;
    };
    let position = usize::from(position);
    let little_endian = choice & 4 != 0;
    match choice & 3 {
        0 => {
            let header = if choice & 16 == 0 { 16 } else { 24 };
            let layout = PcapLayout { little_endian, nanoseconds: choice & 8 != 0, header, longest: 1 << 18 };
            check(&pcap(buffer, position, &layout), buffer.len(), position);
        }
        1 => {
            let offset = if choice & 8 == 0 { 0 } else { i64::MIN };
            let clocks = [0, 1, 1_000_000, 1 << 53];
            let interfaces = clocks.map(|per_second| Interface { link_type: 1, per_second, offset });
            let (index, links) = pcapng(buffer, position, little_endian, &interfaces);
            assert_eq!(links.len(), index.times.len());
            check(&index, buffer.len(), position);
        }
        _ => {
            let mut block = buffer.to_vec();
            let index = ring(&mut block, choice & 4 != 0);
            check(&index, block.len(), 0);
        }
    }
});

/// Check that every frame lies in the buffer, and that all columns have a value for it.
fn check(index: &Index, size: usize, position: usize) {
    assert_eq!(index.times.len(), index.starts.len());
    assert_eq!(index.times.len(), index.stops.len());
    assert_eq!(index.times.len(), index.lengths.len());
    assert!(index.next <= size.max(position), "the next record starts beyond the end");
    for (start, stop) in index.starts.iter().zip(&index.stops) {
        assert!(0 <= *start && start <= stop && *stop <= size as i64, "{start} to {stop} of {size}");
    }
    assert!(index.times.iter().all(|time| time.is_finite()));
    assert!(index.lengths.iter().all(|length| *length >= 0));
}
