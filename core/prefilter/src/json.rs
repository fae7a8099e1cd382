//! Arguments in a JSON body (RFC 8259), as the engine names them.

use crate::escapes::hex;

/// Deepest nesting that is looked at.
const DEEPEST: usize = 16;

/// The leaves of a document with their names, as `json.key.array_0`.
///
/// None if it is no JSON, or no object or array, or too deep, or has more than `most` leaves.
pub(crate) fn leaves(body: &[u8], most: usize) -> Option<Vec<(String, String)>> {
    let mut reader = Reader { rest: std::str::from_utf8(body).ok()?, most, found: Vec::new() };
    reader.skip_white();
    if !reader.rest.starts_with(['{', '[']) {
        return None;
    }
    reader.value("json", DEEPEST)?;
    reader.rest.is_empty().then_some(reader.found)
}

struct Reader<'a> {
    rest: &'a str,
    most: usize,
    found: Vec<(String, String)>,
}

impl<'a> Reader<'a> {
    fn skip_white(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    /// Skip a character and the white space after it, if it comes next.
    fn takes(&mut self, character: char) -> bool {
        let after = self.rest.strip_prefix(character);
        if let Some(after) = after {
            self.rest = after;
            self.skip_white();
        }
        after.is_some()
    }

    fn value(&mut self, name: &str, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        if self.takes('{') {
            self.members(name, depth)?;
        } else if self.takes('[') {
            self.items(name, depth)?;
        } else {
            let text = if self.rest.starts_with('"') { self.string()? } else { self.scalar()?.to_owned() };
            if self.found.len() >= self.most {
                return None;
            }
            self.found.push((name.to_owned(), text));
        }
        self.skip_white();
        Some(())
    }

    fn members(&mut self, name: &str, depth: usize) -> Option<()> {
        if self.takes('}') {
            return Some(());
        }
        loop {
            let key = self.string()?;
            self.skip_white();
            self.takes(':').then_some(())?;
            self.value(&format!("{name}.{}", if key.is_empty() { "empty-key" } else { &key }), depth)?;
            if self.takes('}') {
                return Some(());
            }
            self.takes(',').then_some(())?;
        }
    }

    fn items(&mut self, name: &str, depth: usize) -> Option<()> {
        if self.takes(']') {
            return Some(());
        }
        for place in 0.. {
            self.value(&format!("{name}.array_{place}"), depth)?;
            if self.takes(']') {
                break;
            }
            self.takes(',').then_some(())?;
        }
        Some(())
    }

    /// A number or a name; `null` is empty.
    fn scalar(&mut self) -> Option<&'a str> {
        let end = self.rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(self.rest.len());
        let (text, after) = self.rest.split_at_checked(end)?;
        self.rest = after;
        match text {
            "true" | "false" => Some(text),
            "null" => Some(""),
            _ => is_number(text).then_some(text),
        }
    }

    fn string(&mut self) -> Option<String> {
        let mut rest = self.rest.strip_prefix('"')?;
        let mut text = String::new();
        loop {
            let end = rest.find(|c: char| c == '"' || c == '\\' || c < ' ')?;
            let (plain, after) = rest.split_at_checked(end)?;
            text.push_str(plain);
            if let Some(after) = after.strip_prefix('"') {
                self.rest = after;
                return Some(text);
            }
            let mut escaped = after.strip_prefix('\\')?.chars();
            text.push(match escaped.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\x08',
                'f' => '\x0c',
                'u' => code_point(&mut escaped)?,
                other @ ('"' | '\\' | '/') => other,
                _ => return None,
            });
            rest = escaped.as_str();
        }
    }
}

/// The character of four hexadecimal digits; None for halves of a pair, and for U+0000.
fn code_point(digits: &mut std::str::Chars<'_>) -> Option<char> {
    let mut code = 0;
    for _ in 0..4 {
        code = code << 4 | u32::from(hex(u8::try_from(digits.next()?).ok()?)?);
    }
    char::from_u32(code).filter(|character| *character != '\0')
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = digits.split_at(digits.find(['.', 'e', 'E']).unwrap_or(digits.len()));
    let (fraction, exponent) = rest.split_at(rest.find(['e', 'E']).unwrap_or(rest.len()));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.strip_prefix(['e', 'E']).unwrap_or(exponent);
    all_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && (fraction.is_empty() || fraction.strip_prefix('.').is_some_and(all_digits))
        && (rest.len() == fraction.len() || all_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Option<Vec<(String, String)>> {
        leaves(body.as_bytes(), 10)
    }

    #[test]
    fn leaves_have_the_names_of_the_engine() {
        let leaves = found(r#" {"a":{"b":[1.50,"x\né\u0041",{"q":null}],"":true},"a":-2e3,"e":[],"o":{}} "#);
        let wanted = [
            ("json.a.b.array_0", "1.50"),
            ("json.a.b.array_1", "x\néA"),
            ("json.a.b.array_2.q", ""),
            ("json.a.empty-key", "true"),
            ("json.a", "-2e3"),
        ];
        assert_eq!(leaves, Some(wanted.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec()));
    }

    #[test]
    fn others_are_refused() {
        for body in [
            "",
            "1",
            "\"a\"",
            "{",
            "[1,]",
            "[01]",
            "[.5]",
            "[1e]",
            "[1eE2]",
            "{\"a\" 1}",
            "[\"\\ud800\"]",
            "[\"\\u0000\"]",
            "[nul]",
            "[1] 2",
        ] {
            assert_eq!(found(body), None, "{body}");
        }
        assert_eq!(found(&"[".repeat(20)), None);
        assert_eq!(found("[1,2,3,4,5,6,7,8,9,10,11]"), None);
    }
}
