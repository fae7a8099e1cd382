//! How verdicts are used, by host and path.
//!
//! The agent has the same routes and reads paths in the same way (`verdicts/routes.py`, which says why); here they say
//! how long it may take, and what to do without its answer. A test of the program compares both.

use std::time::Duration;

/// How often a path is decoded at most: a front and the servers behind it may each do so once.
const DECODINGS: usize = 3;

/// What is done about a request that the agent would block; the strictest is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// The agent is not asked.
    Off,
    /// It is told what would have been refused.
    Shadow,
    /// The request is refused.
    Enforce,
}

impl Mode {
    /// The mode of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "off" => Some(Self::Off),
            "shadow" => Some(Self::Shadow),
            "enforce" => Some(Self::Enforce),
            _ => None,
        }
    }
}

/// The requests of a host, or of all, whose path begins so.
#[derive(Clone, Debug)]
pub struct Route {
    /// In lower case, without a port; `*.example.com` for all names below; empty for all.
    pub host: String,
    /// The start of paths in lower case, without a slash at the end.
    pub path: String,
    /// What is done.
    pub mode: Mode,
    /// Whether a request is refused that the agent did not decide in time.
    pub closed: bool,
    /// How long the agent has.
    pub deadline: Duration,
}

/// The routes, the most specific first.
#[derive(Debug, Default)]
pub struct Routes(Vec<Route>);

impl Routes {
    /// Keep routes that are in order.
    #[must_use]
    pub fn new(routes: Vec<Route>) -> Self {
        Self(routes)
    }

    /// Return the route of a request; `host` may have a port. The strictest of all readings of the path counts.
    #[must_use]
    pub fn find(&self, host: &str, target: &str) -> Option<&Route> {
        let host = name_of(host);
        let path = target.split('?').next().unwrap_or_default().to_ascii_lowercase().into_bytes();
        if is_plain(&path) {
            return self.first(&host, &path);
        }
        let found = readings(&path).into_iter().filter_map(|reading| self.first(&host, &reading));
        found.max_by_key(|route| (route.mode, route.closed))
    }

    fn first(&self, host: &str, path: &[u8]) -> Option<&Route> {
        self.0.iter().find(|route| covers_host(&route.host, host) && covers(&route.path, path))
    }
}

fn covers_host(wanted: &str, host: &str) -> bool {
    let below = wanted.strip_prefix('*').is_some_and(|parent| host.ends_with(parent));
    wanted.is_empty() || wanted == host || below
}

fn covers(wanted: &str, path: &[u8]) -> bool {
    path.strip_prefix(wanted.as_bytes()).is_some_and(|rest| matches!(rest.first(), None | Some(b'/' | b';')))
}

/// The host of an authority (RFC 3986 section 3.2), in lower case without port and trailing dot.
fn name_of(authority: &str) -> String {
    let text = authority.trim().to_ascii_lowercase();
    let end = if text.starts_with('[') { text.find(']').map(|end| end + 1) } else { text.find(':') };
    let name = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    name.strip_suffix('.').unwrap_or(name).to_owned()
}

/// Whether a path has one reading only.
fn is_plain(path: &[u8]) -> bool {
    let ordinary = |byte: &u8| byte.is_ascii() && !matches!(byte, b'%' | b'\\' | b';');
    path.first() == Some(&b'/')
        && path.iter().all(ordinary)
        && !path.windows(2).any(|pair| matches!(pair, [b'/', b'/' | b'.']))
}

/// What servers may take a path for.
fn readings(path: &[u8]) -> Vec<Vec<u8>> {
    let cautious = decoded(path, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let mut whole = path.to_vec();
    for _ in 0..DECODINGS {
        whole = decoded(&whole, |_| true);
    }
    whole.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    whole.make_ascii_lowercase();
    let mut found = Vec::new();
    for each in [without_parameters(&cautious), cautious, without_parameters(&whole), whole] {
        found.push(resolved(&each, true));
        found.push(resolved(&each, false));
    }
    found
}

/// Decode the escapes of some bytes.
fn decoded(path: &[u8], of: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, tail)) = rest.split_first() {
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if escaped(*high, *low).is_some_and(&of) => {
                out.extend(escaped(*high, *low).map(|byte| byte.to_ascii_lowercase()));
                rest = after;
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

fn escaped(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    Some((digit(high)? * 16 + digit(low)?) as u8)
}

fn without_parameters(path: &[u8]) -> Vec<u8> {
    let segments: Vec<&[u8]> = path
        .split(|byte| *byte == b'/')
        .map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or_default())
        .collect();
    segments.join(&b'/')
}

/// Take out dots (RFC 3986 section 5.2.4) and empty segments; these before the dots if they are merged.
fn resolved(path: &[u8], merged: bool) -> Vec<u8> {
    let mut segments: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| *byte == b'/').skip(1) {
        match segment {
            b".." => drop(segments.pop()),
            b"." => {}
            b"" if merged => {}
            segment => segments.push(segment),
        }
    }
    let mut out = Vec::with_capacity(path.len() + 1);
    for segment in segments.into_iter().filter(|segment| !segment.is_empty()) {
        out.push(b'/');
        out.extend_from_slice(segment);
    }
    if out.is_empty() { b"/".to_vec() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(host: &str, path: &str, mode: Mode) -> Route {
        Route { host: host.to_owned(), path: path.to_owned(), mode, closed: false, deadline: Duration::ZERO }
    }

    #[test]
    fn the_most_specific_route_counts_however_it_is_written() {
        let routes = Routes::new(vec![
            route("shop.example", "", Mode::Shadow),
            route("", "/admin", Mode::Enforce),
            route("", "", Mode::Off),
        ]);
        for (host, target, mode) in [
            ("a", "/", Mode::Off),
            ("a", "/admin", Mode::Enforce),
            ("a", "/Admin/x?y", Mode::Enforce),
            ("a", "/administrator", Mode::Off),
            ("a", "//admin", Mode::Enforce),
            ("a", "/./x/../admin/", Mode::Enforce),
            ("a", "/%61dmin", Mode::Enforce),
            ("a", "/x%2f..%2fadmin", Mode::Enforce),
            ("a", "/x/..\\admin", Mode::Enforce),
            ("a", "/x/..;/admin", Mode::Enforce),
            ("a", "/%2561dmin", Mode::Enforce),
            ("Shop.Example:8080", "/admin", Mode::Shadow),
            ("shop.example.", "/admin", Mode::Shadow),
        ] {
            assert_eq!(routes.find(host, target).map(|route| route.mode), Some(mode), "{host} {target}");
        }
    }
}
