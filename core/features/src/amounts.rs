//! The scale of amounts, and what they are worth in long texts.

/// Return the step of an amount: amounts below 4 themselves, then four steps for each doubling.
pub(crate) fn step(amount: usize) -> u8 {
    if amount < 4 {
        return amount as u8;
    }
    let doublings = amount.ilog2();
    (4 * (doublings - 1) + (amount >> (doublings - 2) & 3) as u32) as u8
}

/// Length of a text in bytes up to which counts are what they are. A longer one has more of everything.
const SHORT: usize = 128;

/// Return a count in a text of some length as if that were short; what is there at all counts.
pub(crate) fn in_short_text(count: usize, length: usize) -> usize {
    if length <= SHORT { count } else { (count * SHORT / length).max(count.min(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_grow_slowly() {
        let steps: Vec<u8> = [0, 1, 3, 4, 7, 8, 16, 1024, usize::MAX].into_iter().map(step).collect();
        assert_eq!(steps, [0, 1, 3, 4, 7, 8, 12, 36, 251]);
        assert!((0..10_000).map(step).is_sorted());
    }
}
