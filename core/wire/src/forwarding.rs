//! The client that proxies name in header fields of a request: X-Forwarded-For, Forwarded (RFC 7239) and others.
//!
//! Every proxy adds the address that it got the request from at the right of a list, and anybody may have sent what is
//! left of that. So a list is read from the right, only as far as trusted proxies go, and only if a trusted proxy sent
//! it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::bytes::{partition, run, trimmed};

/// Maximum addresses of a list that are read.
const MOST_HOPS: usize = 32;
const LONGEST_ADDRESS: usize = 45;
/// What a proxy writes in place of an address that it does not know (RFC 7239 section 6.2).
const UNSAID: &[u8] = b"unknown";

/// A field in which proxies name the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientField {
    /// `X-Forwarded-For`: a list of addresses.
    XForwardedFor,
    /// `Forwarded`: a list of parameters (RFC 7239).
    Forwarded,
    /// `X-Real-IP`: an address.
    XRealIp,
    /// `CF-Connecting-IP`: an address.
    CfConnectingIp,
}

impl ClientField {
    /// All fields, in the order in which they count.
    pub const ALL: [Self; 4] = [Self::XForwardedFor, Self::Forwarded, Self::XRealIp, Self::CfConnectingIp];

    /// Return the name of the field in lower case.
    #[must_use]
    pub fn name(self) -> &'static [u8] {
        match self {
            Self::XForwardedFor => b"x-forwarded-for",
            Self::Forwarded => b"forwarded",
            Self::XRealIp => b"x-real-ip",
            Self::CfConnectingIp => b"cf-connecting-ip",
        }
    }

    /// Return the field with a name in lower case.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

/// The client that a request names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// None if it names none.
    pub(crate) client: Option<IpAddr>,
    /// Whether something that is no address ended the search.
    pub(crate) malformed: bool,
}

/// The addresses of proxies whose word about their clients is taken.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    /// First and last addresses of disjoint ranges, in order.
    ranges: Vec<(IpAddr, IpAddr)>,
    /// The fields to believe, in the order in which they count.
    fields: Vec<ClientField>,
}

impl TrustedProxies {
    /// Create them from networks, each an address and the number of bits that all its addresses have in common.
    #[must_use]
    pub fn new(networks: &[(IpAddr, u8)], fields: Vec<ClientField>) -> Self {
        let mut ranges: Vec<(IpAddr, IpAddr)> = Vec::with_capacity(networks.len());
        let mut sorted: Vec<_> = networks.iter().map(|(address, bits)| range(*address, *bits)).collect();
        sorted.sort_unstable();
        for (first, last) in sorted {
            match ranges.last_mut() {
                Some((_, end)) if first <= *end => *end = last.max(*end),
                _ => ranges.push((first, last)),
            }
        }
        Self { ranges, fields }
    }

    /// Return whether an address is that of a trusted proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let place = self.ranges.partition_point(|(_, last)| *last < address);
        self.ranges.get(place).is_some_and(|(first, _)| *first <= address)
    }

    /// Return the client that a trusted proxy names in these fields, in the order of their lines; None if in none.
    #[must_use]
    pub fn named_client(&self, fields: &[(ClientField, &[u8])]) -> Option<IpAddr> {
        self.client(fields).client
    }

    /// Return the client of a request from a trusted proxy, as named by these fields, in the order of their lines.
    pub(crate) fn client<V: AsRef<[u8]>>(&self, named: &[(ClientField, V)]) -> Named {
        let lists = self.fields.iter().map(|field| self.listed(*field, named));
        lists.flatten().next().unwrap_or_default()
    }

    /// Return the client that one field names; None if the field is missing or empty. Several fields are one list, and
    /// empty parts are none of it (RFC 9110 section 5.6.1).
    fn listed<V: AsRef<[u8]>>(&self, field: ClientField, named: &[(ClientField, V)]) -> Option<Named> {
        let values = named.iter().rev().filter(|(name, _)| *name == field).map(|(_, value)| value.as_ref());
        if field == ClientField::Forwarded {
            let elements = values.flat_map(|value| Parts::of(value, b','));
            self.behind(elements.filter(|element| !trimmed(element).is_empty()).map(node))
        } else {
            let nodes = values.flat_map(|value| value.rsplit(|byte| *byte == b','));
            self.behind(nodes.filter(|node| !trimmed(node).is_empty()))
        }
    }

    /// Return the first address from the right that is not trusted, or the last one before what is no address; None if
    /// there are no nodes.
    fn behind<'a>(&self, nodes: impl Iterator<Item = &'a [u8]>) -> Option<Named> {
        let mut nodes = nodes.take(MOST_HOPS).peekable();
        nodes.peek()?;
        let mut client = None;
        for node in nodes {
            let Some(address) = address_of(node) else {
                return Some(Named { client, malformed: !is_hidden(node) });
            };
            client = Some(address);
            if !self.contains(address) {
                break;
            }
        }
        Some(Named { client, malformed: false })
    }
}

/// Return the first and the last address of a network, whose addresses have `bits` bits in common.
#[must_use]
pub fn range(address: IpAddr, bits: u8) -> (IpAddr, IpAddr) {
    match address {
        IpAddr::V4(address) => {
            let rest = u32::MAX.checked_shr(bits.into()).unwrap_or(0);
            let first = u32::from(address) & !rest;
            (Ipv4Addr::from(first).into(), Ipv4Addr::from(first | rest).into())
        }
        IpAddr::V6(address) => {
            let rest = u128::MAX.checked_shr(bits.into()).unwrap_or(0);
            let first = u128::from(address) & !rest;
            (Ipv6Addr::from(first).into(), Ipv6Addr::from(first | rest).into())
        }
    }
}

/// Return the address of `192.0.2.1:80`, `"[2001:db8::1%eth0]:80"` and the like.
///
/// It is in canonical form: without port and zone, and an IPv4 address even if it is written as one of IPv6.
fn address_of(node: &[u8]) -> Option<IpAddr> {
    let node = unquoted(node);
    if let Some(rest) = node.strip_prefix(b"[") {
        let (host, rest) = rest.split_at_checked(run(rest, |byte| byte != b']'))?;
        let fits = host.contains(&b':') && matches!(rest, [_] | [_, b':', ..]) && rest.get(2..).is_none_or(is_port);
        return if fits { canonical(host) } else { None };
    }
    if node.iter().filter(|byte| **byte == b':').count() != 1 {
        return canonical(node);
    }
    let (host, port) = partition(node, b':');
    if is_port(port) { canonical(host) } else { None }
}

/// Return whether this is a port, or what stands for one (RFC 7239 section 6.3).
fn is_port(text: &[u8]) -> bool {
    match text {
        [b'_', rest @ ..] => {
            !rest.is_empty() && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
        }
        _ => (1..=5).contains(&text.len()) && text.iter().all(u8::is_ascii_digit),
    }
}

fn canonical(host: &[u8]) -> Option<IpAddr> {
    let (address, zone) = host.split_at_checked(run(host, |byte| byte != b'%'))?;
    let fits = zone.is_empty() || (zone.len() > 1 && address.contains(&b':'));
    numeric(address).filter(|_| fits).map(|address| address.to_canonical())
}

/// Parse an address without a zone.
pub(crate) fn numeric(text: &[u8]) -> Option<IpAddr> {
    let text = if text.len() <= LONGEST_ADDRESS { std::str::from_utf8(text).ok()? } else { return None };
    text.parse().ok()
}

fn unquoted(text: &[u8]) -> &[u8] {
    match trimmed(text) {
        [b'"', inner @ .., b'"'] => inner,
        text => text,
    }
}

/// Return whether a proxy does not know or does not tell the address (RFC 7239 sections 6.2 and 6.3).
fn is_hidden(node: &[u8]) -> bool {
    let name = partition(unquoted(node), b':').0;
    name.first() == Some(&b'_') || name.eq_ignore_ascii_case(UNSAID)
}

/// Return the value of the parameter `for` of an element of Forwarded; empty if there are several.
fn node(element: &[u8]) -> &[u8] {
    let parameters = Parts::of(element, b';').map(|part| partition(part, b'='));
    let mut found = parameters.filter(|(name, _)| trimmed(name).eq_ignore_ascii_case(b"for"));
    match (found.next(), found.next()) {
        (None, _) => UNSAID,
        (Some((_, value)), None) => value,
        _ => &[],
    }
}

/// The parts of a text between separators outside of quoted strings, from the right.
///
/// Quotes are paired from the right too: there, a trusted proxy wrote them.
struct Parts<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Parts<'a> {
    fn of(text: &'a [u8], separator: u8) -> Self {
        Self { rest: Some(text), separator }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest.take()?;
        let mut quoted = false;
        for place in memchr::memrchr2_iter(b'"', self.separator, text) {
            let (before, part) = text.split_at_checked(place)?;
            if part.first() == Some(&b'"') {
                quoted ^= !ends_escaping(before);
            } else if !quoted {
                self.rest = Some(before);
                return part.get(1..);
            }
        }
        Some(text)
    }
}

/// Return whether what follows is escaped by an odd number of backslashes (RFC 9110 section 5.6.4).
fn ends_escaping(text: &[u8]) -> bool {
    text.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn network(text: &str) -> (IpAddr, u8) {
        let (network, bits) = text.split_once('/').unwrap();
        (address(network), bits.parse().unwrap())
    }

    fn proxies(networks: &[&str]) -> TrustedProxies {
        let networks: Vec<_> = networks.iter().map(|text| network(text)).collect();
        TrustedProxies::new(&networks, ClientField::ALL.to_vec())
    }

    #[test]
    fn networks_contain_their_addresses() {
        let trusted = proxies(&["10.0.0.0/8", "10.1.0.0/16", "192.0.2.7/32", "::1/128", "fc00::/7", "10.255.0.0/16"]);
        for inside in ["10.0.0.0", "10.255.255.255", "192.0.2.7", "::1", "fdff::1"] {
            assert!(trusted.contains(address(inside)), "{inside}");
        }
        for outside in ["9.255.255.255", "11.0.0.0", "192.0.2.6", "192.0.2.8", "::", "::2", "fe00::", "::ffff:10.0.0.1"]
        {
            assert!(!trusted.contains(address(outside)), "{outside}");
        }
        assert!(proxies(&["0.0.0.0/0"]).contains(address("255.255.255.255")));
        assert!(!proxies(&["0.0.0.0/0"]).contains(address("::")));
        assert!(proxies(&["::/0"]).contains(address("ffff::")));
        assert!(!proxies(&[]).contains(address("127.0.0.1")));
    }

    /// The same table tests the reference.
    #[test]
    fn the_client_is_the_first_untrusted_address_from_the_right() {
        let trusted = proxies(&["10.0.0.0/8", "fd00::/8"]);
        for row in include_str!("../tests/forwarding.txt").lines().filter(|line| !line.starts_with('#')) {
            let mut words = row.split(" | ");
            let expected = words.next().unwrap().trim();
            let named: Vec<_> = words.map(field).collect();
            let found = trusted.client(&named);
            let text = found.client.map_or("-".to_owned(), crate::address::text);
            assert_eq!(format!("{text}{}", if found.malformed { " !" } else { "" }), expected, "{row}");
        }
    }

    fn field(line: &str) -> (ClientField, Vec<u8>) {
        let (name, value) = line.split_once(": ").unwrap();
        (ClientField::of(name.to_lowercase().as_bytes()).unwrap(), value.as_bytes().to_vec())
    }
}
