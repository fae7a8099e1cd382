//! Payment card numbers (ISO/IEC 7812-1): issuer's prefix, length, and check digit by Luhn.
//!
//! A number is written without separators, or in groups with spaces or hyphens as on the card. It is no part of a longer
//! number, a decimal fraction or a name.

use crate::bytes::{at, before};

/// Groups of digits as cards have them, without those of a single group.
const LAYOUTS: &[&[usize]] = &[&[4, 4, 4, 4, 3], &[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]];
/// Digits of the first group of each.
const FIRST_GROUP: usize = 4;
/// Digits of the shortest number.
const SHORTEST: usize = 13;
/// Digits of the longest number.
const LONGEST: usize = 19;
/// Prefixes of issuers as ranges of their digits, and the lengths of their numbers.
const ISSUERS: &[(u32, u32, &[usize])] = &[
    (4, 4, &[13, 16, 19]),       // Visa
    (51, 55, &[16]),             // Mastercard
    (2221, 2720, &[16]),         // Mastercard
    (34, 34, &[15]),             // American Express
    (37, 37, &[15]),             // American Express
    (6011, 6011, &[16, 19]),     // Discover
    (644, 659, &[16, 19]),       // Discover, RuPay
    (62, 62, &[16, 17, 18, 19]), // UnionPay
    (3528, 3589, &[16, 19]),     // JCB
    (300, 305, &[14, 16]),       // Diners Club
    (36, 36, &[14]),             // Diners Club
    (38, 39, &[14, 16]),         // Diners Club
    (2200, 2204, &[16]),         // Mir
    (5018, 5018, &[16, 18, 19]), // Maestro
    (5020, 5020, &[16, 18, 19]), // Maestro
    (5038, 5038, &[16, 18, 19]), // Maestro
    (6304, 6304, &[16, 18, 19]), // Maestro
    (6759, 6763, &[16, 18, 19]), // Maestro
];

/// Payment card numbers in a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cards {
    /// Where they begin and end.
    pub places: Vec<(usize, usize)>,
    /// Numbers with the prefix and length of a card, whether or not their check digit is right: of numbers that only
    /// look like cards, one in ten has it right by chance.
    pub alike: usize,
}

/// Find payment card numbers, at most `most` of them.
pub fn cards(text: &[u8], most: usize) -> Cards {
    let (mut found, mut start) = (Cards::default(), 0);
    while found.places.len() < most
        && let Some(skipped) = text.get(start..).and_then(|rest| rest.iter().position(u8::is_ascii_digit))
    {
        start += skipped;
        let group_end = digits_end(text, start);
        let alike = numbers(text, start, group_end);
        found.alike += usize::from(!alike.is_empty());
        match alike.iter().find(|(_, digits)| has_check_digit(digits)) {
            Some((end, _)) => {
                found.places.push((start, *end));
                start = *end;
            }
            None => start = group_end,
        }
    }
    found
}

/// Return the ends and digits of numbers that begin at `start`, and have the prefix, length and form of a card's.
fn numbers(text: &[u8], start: usize, group_end: usize) -> Vec<(usize, Vec<u8>)> {
    let size = group_end - start;
    let is_single = (SHORTEST..=LONGEST).contains(&size);
    let is_first_group = size == FIRST_GROUP && matches!(at(text, group_end), Some(b' ' | b'-'));
    if !(is_single || is_first_group) || is_within_word(before(text, start), before(text, start.saturating_sub(1))) {
        return Vec::new();
    }
    let single = is_single.then_some(group_end).into_iter();
    let ends = single.chain(LAYOUTS.iter().filter_map(|layout| grouped(text, start, layout)));
    let whole = ends.filter(|end| !is_within_word(at(text, *end), at(text, end + 1)));
    let read = whole.map(|end| (end, digits(text.get(start..end).unwrap_or_default())));
    read.filter(|(_, digits)| is_issued(digits) && digits.iter().any(|digit| Some(digit) != digits.first())).collect()
}

fn digits(text: &[u8]) -> Vec<u8> {
    text.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect()
}

/// Return the end of digits in groups of these sizes, with the same separator between all of them.
fn grouped(text: &[u8], start: usize, layout: &[usize]) -> Option<usize> {
    let (mut place, mut separator) = (start, None);
    for size in layout {
        if place > start {
            let here = at(text, place).filter(|byte| matches!(byte, b' ' | b'-'))?;
            if *separator.get_or_insert(here) != here {
                return None;
            }
            place += 1;
        }
        if digits_end(text, place) != place + size {
            return None;
        }
        place += size;
    }
    Some(place)
}

/// Return whether a byte beside a number, and the one beyond it, make it a part of something longer.
fn is_within_word(beside: Option<u8>, beyond: Option<u8>) -> bool {
    match beside {
        Some(b'.') => beyond.is_some_and(|byte| byte.is_ascii_digit()),
        Some(byte) => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'@'),
        None => false,
    }
}

/// Return the index of the first byte from `start` on that is no digit.
fn digits_end(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    start + rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len())
}

fn is_issued(digits: &[u8]) -> bool {
    let prefix = |size: usize| digits.iter().take(size).fold(0, |number, digit| 10 * number + u32::from(*digit));
    ISSUERS.iter().any(|(first, last, lengths)| {
        let begin = prefix(first.ilog10() as usize + 1);
        (*first..=*last).contains(&begin) && lengths.contains(&digits.len())
    })
}

/// Check the last digit (ISO/IEC 7812-1 annex B).
fn has_check_digit(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let weighed = digits.iter().rev().enumerate();
    let sum: u32 = weighed.map(|(place, digit)| u32::from(if place % 2 == 1 { doubled(*digit) } else { *digit })).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        cards(text.as_bytes(), 10).places.into_iter().map(|(start, end)| &text[start..end]).collect()
    }

    #[test]
    fn numbers_are_found_as_they_are_written() {
        for number in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "3782 822463 10005",
            "30569309025904",
            "6011111111111117",
            "3530111333300000",
            "6304000000000000",
            "4222222222222",
        ] {
            assert_eq!(found(&format!("number: {number}.")), [number]);
            assert_eq!(found(&format!("\"{number}\"")), [number]);
            assert_eq!(found(number), [number]);
        }
    }

    #[test]
    fn parts_of_something_longer_are_no_numbers() {
        for text in [
            "0.4111111111111111",
            "4111111111111111.5",
            "44111111111111111",
            "order_4111111111111111",
            "4111111111111111-12",
            "12-4111-1111-1111-1111",
            "4111-1111 1111-1111",
            "4111 1111 1111 11 11",
            "a4111111111111111",
            "4111111111111112",
            "4111111111111111111111111111111",
            "1700000000000",
            "0000000000000000",
            "4444444444444444",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_number_after_other_groups_is_found() {
        assert_eq!(found("03 2027 4111 1111 1111 1111 123"), ["4111 1111 1111 1111"]);
    }

    #[test]
    fn numbers_that_only_look_like_cards_are_counted() {
        let alike = cards(b"4111111111111111,4111111111111112,1111111111111111", 10);
        assert_eq!(alike, Cards { places: vec![(0, 16)], alike: 2 });
        assert_eq!(cards(b"4111111111111111 4111111111111111", 1).places, [(0, 16)]);
    }
}
