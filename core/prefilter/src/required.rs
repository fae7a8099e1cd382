//! Strings of which each match of an expression contains at least one, in lower case.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Most strings of an expression.
const MOST: usize = 400;
/// Most strings while they are put together, and their greatest length.
const MOST_EXACT: usize = 64;
const LONGEST: usize = 24;
/// Shorter strings are not worth the search.
const SHORTEST: usize = 2;

/// The strings; None if nothing useful is known.
pub(crate) fn required(tree: &Hir) -> Option<Vec<Vec<u8>>> {
    any_of(tree).filter(|strings| is_useful(strings))
}

fn is_useful(strings: &[Vec<u8>]) -> bool {
    !strings.is_empty() && strings.len() <= MOST && shortest(strings) >= SHORTEST
}

fn shortest(strings: &[Vec<u8>]) -> usize {
    strings.iter().map(Vec::len).min().unwrap_or(0)
}

fn any_of(tree: &Hir) -> Option<Vec<Vec<u8>>> {
    if let Some(strings) = exact(tree) {
        return Some(strings);
    }
    match tree.kind() {
        HirKind::Capture(capture) => any_of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => any_of(&repetition.sub),
        HirKind::Alternation(branches) => union(branches.iter().map(any_of), MOST),
        HirKind::Concat(parts) => best_of(parts),
        _ => None,
    }
}

/// The best choice among the parts of a sequence; neighbours with few strings are joined.
fn best_of(parts: &[Hir]) -> Option<Vec<Vec<u8>>> {
    let mut best: Option<Vec<Vec<u8>>> = None;
    let mut run = vec![Vec::new()];
    for part in parts {
        let joined = exact(part).and_then(|strings| product(&run, &strings));
        if let Some(joined) = joined {
            run = joined;
            continue;
        }
        keep_better(&mut best, std::mem::replace(&mut run, vec![Vec::new()]));
        match exact(part) {
            Some(strings) => run = strings,
            None => any_of(part).into_iter().for_each(|strings| keep_better(&mut best, strings)),
        }
    }
    keep_better(&mut best, run);
    best
}

fn keep_better(best: &mut Option<Vec<Vec<u8>>>, other: Vec<Vec<u8>>) {
    let worth = |strings: &[Vec<u8>]| (shortest(strings).min(8), usize::MAX - strings.len());
    if is_useful(&other) && best.as_ref().is_none_or(|best| worth(&other) > worth(best)) {
        *best = Some(other);
    }
}

/// All strings that match, if they are few.
fn exact(tree: &Hir) -> Option<Vec<Vec<u8>>> {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => Some(vec![literal.0.to_ascii_lowercase()]),
        HirKind::Class(class) => of_class(class),
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Alternation(branches) => union(branches.iter().map(exact), MOST_EXACT),
        HirKind::Concat(parts) => parts.iter().try_fold(vec![Vec::new()], |all, part| product(&all, &exact(part)?)),
        HirKind::Repetition(repetition) => {
            let sub = exact(&repetition.sub)?;
            match (repetition.min, repetition.max) {
                (0, Some(1)) => union([Some(vec![Vec::new()]), Some(sub)].into_iter(), MOST_EXACT),
                (times @ 1..=8, Some(most)) if times == most => {
                    (0..times).try_fold(vec![Vec::new()], |all, _| product(&all, &sub))
                }
                _ => None,
            }
        }
    }
}

fn of_class(class: &Class) -> Option<Vec<Vec<u8>>> {
    let Class::Bytes(bytes) = class else { return None };
    let mut all: Vec<Vec<u8>> = Vec::new();
    for range in bytes.ranges() {
        for byte in range.start()..=range.end() {
            let byte = vec![byte.to_ascii_lowercase()];
            if !all.contains(&byte) {
                all.push(byte);
            }
            if all.len() > 6 {
                return None;
            }
        }
    }
    Some(all)
}

fn union(all: impl Iterator<Item = Option<Vec<Vec<u8>>>>, most: usize) -> Option<Vec<Vec<u8>>> {
    let mut joined = Vec::new();
    for strings in all {
        joined.extend(strings?);
        if joined.len() > most {
            return None;
        }
    }
    joined.sort();
    joined.dedup();
    Some(joined)
}

fn product(left: &[Vec<u8>], right: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    if left.len() * right.len() > MOST_EXACT {
        return None;
    }
    let mut all = Vec::with_capacity(left.len() * right.len());
    for start in left {
        for end in right {
            if start.len() + end.len() > LONGEST {
                return None;
            }
            all.push([start.as_slice(), end].concat());
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::parsed;

    fn strings(pattern: &str) -> Option<Vec<String>> {
        let found = required(&parsed(pattern).expect("an expression"))?;
        Some(found.into_iter().map(|text| String::from_utf8_lossy(&text).into_owned()).collect())
    }

    #[test]
    fn each_match_has_one_of_them() {
        assert_eq!(strings(r"(?i)\bunion\b.*select"), Some(vec!["select".into()]));
        assert_eq!(strings(r"[;|]\s*(?:cat|wget)\b"), Some(vec!["cat".into(), "wget".into()]));
        assert_eq!(strings(r"https?://"), Some(vec!["http://".into(), "https://".into()]));
        assert_eq!(strings(r"(?:foo)?\d+"), None);
        assert_eq!(strings(r"a.b"), None);
    }
}
