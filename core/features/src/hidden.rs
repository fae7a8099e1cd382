//! Text hidden in base64: what decodes to letters is no random token.

/// Shortest run of the alphabet that is looked at.
const SHORTEST: usize = 8;
/// Bytes of a run that are decoded.
const LONGEST: usize = 32;

/// Return how many runs of base64 in a text, as it was sent, hide letters.
pub(crate) fn hidden_texts(text: &[u8]) -> usize {
    if !rises(text) {
        return 0;
    }
    if text.windows(5).any(is_serialized) {
        return 1;
    }
    let runs = text.split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+' | b'-' | b'_')));
    runs.filter(|run| run.len() >= SHORTEST && rises(run) && hides_letters(run)).count()
}

/// Return whether this is how a serialized object of Java starts, in base64.
fn is_serialized(text: &[u8]) -> bool {
    matches!(text, b"rO0AB")
}

/// Return whether a small letter is right before a capital one somewhere, as in base64, and unlike in words.
fn rises(text: &[u8]) -> bool {
    text.windows(2).any(|pair| matches!(pair, [b'a'..=b'z', b'A'..=b'Z']))
}

/// Return whether a run decodes to letters; its start may have been cut.
fn hides_letters(run: &[u8]) -> bool {
    (0..4).any(|start| decodes_to_letters(run.get(start..).unwrap_or_default()))
}

fn decodes_to_letters(run: &[u8]) -> bool {
    let (mut letters, mut bytes) = (0, 0);
    for group in run.get(..LONGEST).unwrap_or(run).chunks(4) {
        let mut word = 0_u32;
        for byte in group {
            word = word << 6 | value(*byte);
        }
        word <<= 6 * (4 - group.len());
        for place in 0..group.len().saturating_sub(1) {
            let byte = (word >> (16 - 8 * place)) as u8;
            bytes += 1;
            letters +=
                usize::from(byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b'_' | b'/' | b'=' | b'"'));
        }
    }
    bytes >= 6 && 8 * letters >= 7 * bytes - 8
}

fn value(byte: u8) -> u32 {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        _ => 63,
    };
    value.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_words_is_no_random_token() {
        assert_eq!(hidden_texts(b"HByb2Nlc3NidWlsZGVy"), 1);
        assert_eq!(hidden_texts(b"c2xlZXAgNQ=="), 1);
        assert_eq!(hidden_texts(b"session=5aW95q2jLzEvUTBGRlUwVklSbkpUZVV4&x=0123456789abcdef"), 0);
        assert_eq!(hidden_texts(b"firstName=lastName&getElementById=JavaScript"), 0);
    }
}
