//! International bank account numbers (ISO 13616-1): country, its structure, and check digits by mod 97.

use crate::bytes::{at, before};

/// Structure of the account number after the check digits, by country, from the registry of IBANs that SWIFT keeps:
/// so many digits (n), capital letters (a), or either (c).
const COUNTRIES: &[(&[u8; 2], &str)] = &[
    (b"AD", "8n12c"),
    (b"AE", "19n"),
    (b"AL", "8n16c"),
    (b"AT", "16n"),
    (b"AZ", "4a20c"),
    (b"BA", "16n"),
    (b"BE", "12n"),
    (b"BG", "4a6n8c"),
    (b"BH", "4a14c"),
    (b"BI", "23n"),
    (b"BR", "23n1a1c"),
    (b"BY", "4c4n16c"),
    (b"CH", "5n12c"),
    (b"CR", "18n"),
    (b"CY", "8n16c"),
    (b"CZ", "20n"),
    (b"DE", "18n"),
    (b"DJ", "23n"),
    (b"DK", "14n"),
    (b"DO", "4c20n"),
    (b"EE", "16n"),
    (b"EG", "25n"),
    (b"ES", "20n"),
    (b"FI", "14n"),
    (b"FK", "2a12n"),
    (b"FO", "14n"),
    (b"FR", "10n11c2n"),
    (b"GB", "4a14n"),
    (b"GE", "2a16n"),
    (b"GI", "4a15c"),
    (b"GL", "14n"),
    (b"GR", "7n16c"),
    (b"GT", "24c"),
    (b"HR", "17n"),
    (b"HU", "24n"),
    (b"IE", "4a14n"),
    (b"IL", "19n"),
    (b"IQ", "4a15n"),
    (b"IS", "22n"),
    (b"IT", "1a10n12c"),
    (b"JO", "4a4n18c"),
    (b"KW", "4a22c"),
    (b"KZ", "3n13c"),
    (b"LB", "4n20c"),
    (b"LC", "4a24c"),
    (b"LI", "5n12c"),
    (b"LT", "16n"),
    (b"LU", "3n13c"),
    (b"LV", "4a13c"),
    (b"LY", "21n"),
    (b"MC", "10n11c2n"),
    (b"MD", "20c"),
    (b"ME", "18n"),
    (b"MK", "3n10c2n"),
    (b"MN", "16n"),
    (b"MR", "23n"),
    (b"MT", "4a5n18c"),
    (b"MU", "4a19n3a"),
    (b"NI", "4a20n"),
    (b"NL", "4a10n"),
    (b"NO", "11n"),
    (b"OM", "3n16c"),
    (b"PK", "4a16c"),
    (b"PL", "24n"),
    (b"PS", "4a21c"),
    (b"PT", "21n"),
    (b"QA", "4a21c"),
    (b"RO", "4a16c"),
    (b"RS", "18n"),
    (b"SA", "2n18c"),
    (b"SC", "4a20n3a"),
    (b"SD", "14n"),
    (b"SE", "20n"),
    (b"SI", "15n"),
    (b"SK", "20n"),
    (b"SM", "1a10n12c"),
    (b"SO", "19n"),
    (b"ST", "21n"),
    (b"SV", "4a20n"),
    (b"TL", "19n"),
    (b"TN", "20n"),
    (b"TR", "6n16c"),
    (b"UA", "6n19c"),
    (b"VA", "18n"),
    (b"VG", "4a16n"),
    (b"XK", "16n"),
];

/// Find IBANs, without spaces or with one after every four characters, and return where they begin and end; at most
/// `most` of them.
pub fn ibans(text: &[u8], most: usize) -> Vec<(usize, usize)> {
    let (mut found, mut start) = (Vec::new(), 0);
    while found.len() < most
        && let Some(skipped) = text.get(start..).and_then(|rest| rest.windows(4).position(begins))
    {
        start += skipped;
        match end(text, start) {
            Some(end) => {
                found.push((start, end));
                start = end;
            }
            None => start += 1,
        }
    }
    found
}

fn begins(four: &[u8]) -> bool {
    matches!(four, [b'A'..=b'Z', b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9'])
}

/// Return the end of an IBAN that begins at `start`.
fn end(text: &[u8], start: usize) -> Option<usize> {
    let is_within = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let country = text.get(start..start + 2)?;
    let (_, structure) = COUNTRIES.iter().find(|(name, _)| name.as_slice() == country)?;
    let is_spaced = at(text, start + 4)? == b' ';
    let (mut place, mut characters) = (start + 4, text.get(start..start + 4)?.to_vec());
    for wanted in expanded(structure) {
        if is_spaced && characters.len() % 4 == 0 {
            at(text, place).filter(|byte| *byte == b' ')?;
            place += 1;
        }
        characters.push(at(text, place).filter(|byte| is_of(wanted, *byte))?);
        place += 1;
    }
    let is_whole = !is_within(before(text, start)) && !is_within(at(text, place));
    (is_whole && has_check_digits(&mut characters)).then_some(place)
}

/// Return the kind of each character: `2n1a` is `n`, `n`, `a`.
fn expanded(structure: &str) -> impl Iterator<Item = char> {
    let mut count = 0;
    structure.chars().flat_map(move |each| match each.to_digit(10) {
        Some(digit) => {
            count = 10 * count + digit as usize;
            std::iter::repeat_n(each, 0)
        }
        None => std::iter::repeat_n(each, std::mem::take(&mut count)),
    })
}

fn is_of(kind: char, byte: u8) -> bool {
    match kind {
        'n' => byte.is_ascii_digit(),
        'a' => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
    }
}

/// Check the digits after the country (ISO 7064, mod 97-10).
fn has_check_digits(characters: &mut [u8]) -> bool {
    characters.rotate_left(4);
    let digits = characters.iter().map(|byte| char::from(*byte).to_digit(36).unwrap_or_default());
    digits.fold(0, |rest, digit| (if digit < 10 { rest * 10 + digit } else { rest * 100 + digit }) % 97) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        ibans(text.as_bytes(), 10).into_iter().map(|(start, end)| &text[start..end]).collect()
    }

    #[test]
    fn accounts_of_many_countries_are_found() {
        for account in [
            "DE89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "GB29NWBK60161331926819",
            "GB29 NWBK 6016 1331 9268 19",
            "FR1420041010050500013M02606",
            "NL91ABNA0417164300",
            "CH9300762011623852957",
            "NO9386011117947",
            "MT84MALT011000012345MTLCAST001S",
            "AE070331234567890123456",
        ] {
            assert_eq!(found(&format!("IBAN {account}, BIC")), [account]);
            assert_eq!(found(account), [account]);
        }
    }

    #[test]
    fn other_texts_are_no_accounts() {
        for text in [
            "DE89370400440532013001",
            "DE8937040044053201300",
            "DE893704004405320130000",
            "XDE89370400440532013000",
            "DE89 37040044 0532013000",
            "DE89 3704 0044 0532 0130 0",
            "ZZ89370400440532013000",
            "DE8",
            "",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn each_structure_is_well_formed() {
        for (_, structure) in COUNTRIES {
            assert!((11..=31).contains(&expanded(structure).count()), "{structure}");
        }
    }
}
