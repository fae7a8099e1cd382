//! Values derived from a request's target and its Host field (RFC 9112 section 3.2).

use memchr::{memchr, memrchr};

/// The parts of a request that name the server and the resource.
pub(crate) struct Target<'a> {
    pub(crate) connect: bool,
    pub(crate) host: &'a str,
    pub(crate) target: &'a str,
    /// Address of the server.
    pub(crate) server: &'a str,
}

impl<'a> Target<'a> {
    /// Return the requested host with its port: the target's own authority overrides Host. User names are left out, and
    /// so is the scheme that some clients put into Host.
    pub(crate) fn authority(&self) -> &'a str {
        // An extended CONNECT has a path (RFC 8441 section 4).
        let names = self.connect && !self.target.starts_with('/');
        let target = if names { Some(self.target) } else { authority(self.target) };
        behind_last(target.or_else(|| authority(self.host)).unwrap_or(self.host), b'@')
    }

    /// Return the path of the target without query and fragment; `/` if empty, `*` for the asterisk form.
    pub(crate) fn path(&self) -> &'a str {
        let whole = match behind_scheme(self.target) {
            None => self.target,
            Some(rest) => match (rest.find('/'), rest.find('?')) {
                (Some(slash), query) if query.is_none_or(|query| query > slash) => rest.get(slash..).unwrap_or("/"),
                _ => "/",
            },
        };
        let path = before(before(whole, b'?'), b'#');
        if path.is_empty() { "/" } else { path }
    }
}

/// Write the host name in lower case, without port and final dot; the server's address if no host was named.
pub(crate) fn domain(asked: &Target<'_>, out: &mut String) {
    let name = host_name(asked.authority());
    if name.is_empty() {
        out.push_str(asked.server);
    } else if name.is_ascii() {
        let start = out.len();
        out.push_str(name);
        out.get_mut(start..).unwrap_or_default().make_ascii_lowercase();
    } else {
        out.push_str(&name.to_lowercase());
    }
}

/// Write the host and first path segment: `my.site.com/pages` for `http://my.site.com/pages/create?x=1`.
pub(crate) fn section(asked: &Target<'_>, out: &mut String) {
    domain(asked, out);
    out.push('/');
    let first = before(asked.path().trim_start_matches('/'), b'/');
    match first.rsplit_once('@') {
        // A user name and password in place of a path.
        Some((user, rest)) if user.contains(':') => {
            out.push_str("***@");
            out.push_str(rest);
        }
        _ => out.push_str(first),
    }
}

/// Return what follows `scheme://` in a URI.
fn behind_scheme(uri: &str) -> Option<&str> {
    let slash = memchr(b'/', uri.as_bytes())?;
    uri.get(..slash)?.strip_suffix(':').and(uri.get(slash..)?.strip_prefix("//"))
}

/// Return the authority of a URI with a scheme (RFC 3986 section 3.2).
fn authority(uri: &str) -> Option<&str> {
    behind_scheme(uri).map(|rest| before(before(rest, b'/'), b'?'))
}

fn host_name(authority: &str) -> &str {
    let name = if let Some(address) = authority.strip_prefix('[') {
        before(address, b']')
    } else if memchr(b':', authority.as_bytes()) == memrchr(b':', authority.as_bytes()) {
        before(authority, b':')
    } else {
        authority // an IPv6 address without its brackets
    };
    name.trim_end_matches('.')
}

fn before(text: &str, separator: u8) -> &str {
    let place = memchr(separator, text.as_bytes());
    place.and_then(|place| text.get(..place)).unwrap_or(text)
}

fn behind_last(text: &str, separator: u8) -> &str {
    let place = memrchr(separator, text.as_bytes());
    place.and_then(|place| text.get(place + 1..)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(host: &'static str, target: &'static str) -> Target<'static> {
        Target { connect: false, host, target, server: "10.0.0.2" }
    }

    fn written(write: impl Fn(&Target<'_>, &mut String), asked: &Target<'_>) -> String {
        let mut out = String::new();
        write(asked, &mut out);
        out
    }

    #[test]
    fn sections_of_all_forms() {
        for (host, target, expected) in [
            ("My.Site.com:8080", "/pages/create?x=1", "my.site.com/pages"),
            ("a", "//x/y", "a/x"),
            ("a", "/?q=/b", "a/"),
            ("a", "http://b.com/c/d", "b.com/c"),
            ("a", "http://b.com?c=/d", "b.com/"),
            ("[::1]:80", "/x", "::1/x"),
            ("", "/x", "10.0.0.2/x"),
            ("http://me@b.com:81/c", "/x", "b.com/x"),
            ("a", "/me:secret@b/c", "a/***@b"),
            ("a.", "*", "a/*"),
        ] {
            assert_eq!(written(section, &of(host, target)), expected, "{host} {target}");
        }
    }
}
