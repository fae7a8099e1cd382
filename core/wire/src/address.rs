//! IP addresses as text.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Format an address like glibc's `inet_ntop`.
///
/// Rust formats IPv4-compatible addresses (RFC 4291 section 2.5.5.1) differently: `::1.2.3.4` becomes `::102:304`.
#[must_use]
pub fn text(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => match compatible(address) {
            Some(inner) => format!("::{inner}"),
            None => address.to_string(),
        },
    }
}

/// Return the IPv4 address in an IPv6 address that is otherwise zero; its first half must not be zero.
fn compatible(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let number = u128::from(address);
    let inner = u32::try_from(number).ok()?;
    (inner > 0xFFFF).then(|| Ipv4Addr::from(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_formatted_like_the_c_library() {
        for expected in [
            "10.0.0.1",
            "::",
            "::1",
            "::ffff",
            "::0.1.0.0",
            "::1.2.3.4",
            "::ffff:1.2.3.4",
            "::ffff:0.0.0.0",
            "::1:0:0",
            "1::",
            "1:0:0:2::3",
            "1:2:3:4:5:6:0:8",
            "2001:db8::1",
            "64:ff9b::102:304",
        ] {
            assert_eq!(text(expected.parse().unwrap()), expected);
        }
    }
}
