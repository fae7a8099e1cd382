//! Who may ask: blocked addresses, and how much one client may ask for.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Clients whose use is remembered.
const MOST: usize = 100_000;

/// Addresses that are refused.
#[derive(Debug, Default)]
pub struct Blocked {
    /// First and last address, in order; later entries begin after earlier ones or are within them.
    ranges: Vec<(IpAddr, IpAddr, Entry)>,
    /// The longest reach of all entries up to each.
    reach: Vec<IpAddr>,
}

/// Why an address is on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// In words.
    pub reason: String,
    /// Whether it is refused; otherwise it is only said that it would be.
    pub enforced: bool,
}

impl Blocked {
    /// Make a list of networks: an address and the number of bits that all its addresses have in common.
    #[must_use]
    pub fn new(networks: Vec<(IpAddr, u8, Entry)>) -> Self {
        let mut ranges: Vec<_> = networks
            .into_iter()
            .map(|(address, bits, entry)| {
                let (first, last) = wire::forwarding::range(address.to_canonical(), bits);
                (first, last, entry)
            })
            .collect();
        ranges.sort_by_key(|(first, ..)| *first);
        let mut furthest = None;
        let reach = ranges
            .iter()
            .map(|(_, last, _)| {
                let reached = furthest.map_or(*last, |known: IpAddr| known.max(*last));
                furthest = Some(reached);
                reached
            })
            .collect();
        Self { ranges, reach }
    }

    /// Return the entry of an address; one that is enforced comes first.
    pub(crate) fn entry(&self, address: IpAddr) -> Option<&Entry> {
        let end = self.ranges.partition_point(|(first, ..)| *first <= address);
        let mut found = None;
        for ((_, last, entry), reach) in self.ranges.iter().zip(&self.reach).take(end).rev() {
            if *reach < address {
                break;
            }
            if address <= *last && (entry.enforced || found.is_none()) {
                found = Some(entry);
                if entry.enforced {
                    break;
                }
            }
        }
        found
    }
}

/// How much one client may do; 0 is without limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quota {
    /// Requests in a second, on average.
    pub rate: f64,
    /// Requests at once.
    pub burst: f64,
    /// Open connections.
    pub connections: u32,
}

/// What clients use at present.
#[derive(Debug)]
pub(crate) struct Clients {
    quota: Quota,
    known: Mutex<HashMap<IpAddr, Use>>,
}

#[derive(Debug)]
struct Use {
    /// Requests that it may still make at `since`.
    left: f64,
    since: Instant,
    connections: u32,
}

impl Clients {
    pub(crate) fn new(quota: Quota) -> Self {
        Self { quota, known: Mutex::default() }
    }

    /// Count a connection of a client; return whether it may have it.
    pub(crate) fn connect(&self, client: IpAddr, now: Instant) -> bool {
        if self.quota.connections == 0 {
            return true;
        }
        self.with(client, now, |used, quota| {
            let fits = used.connections < quota.connections;
            used.connections += u32::from(fits);
            fits
        })
    }

    /// Take a connection back that was counted.
    pub(crate) fn disconnect(&self, client: IpAddr) {
        if self.quota.connections > 0
            && let Some(used) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&client)
        {
            used.connections = used.connections.saturating_sub(1);
        }
    }

    /// Count a request of a client; return whether it may make it.
    pub(crate) fn request(&self, client: IpAddr, now: Instant) -> bool {
        if self.quota.rate <= 0.0 {
            return true;
        }
        self.with(client, now, |used, quota| {
            let passed = now.saturating_duration_since(used.since).as_secs_f64();
            used.left = quota.burst.min(used.left + passed * quota.rate);
            used.since = now;
            let fits = used.left >= 1.0;
            used.left -= f64::from(u8::from(fits));
            fits
        })
    }

    fn with(&self, client: IpAddr, now: Instant, act: impl FnOnce(&mut Use, &Quota) -> bool) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(&client) {
            let fresh = |used: &Use| {
                used.connections > 0
                    || now.saturating_duration_since(used.since).as_secs_f64() * self.quota.rate < self.quota.burst
            };
            known.retain(|_, used| fresh(used));
            if known.len() >= MOST {
                return true; // so many at a time are another problem than this client
            }
        }
        let used = known.entry(client).or_insert(Use { left: self.quota.burst, since: now, connections: 0 });
        act(used, &self.quota)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn entry(reason: &str, enforced: bool) -> Entry {
        Entry { reason: reason.to_owned(), enforced }
    }

    #[test]
    fn networks_within_networks_are_found() {
        let network = |text: &str, bits, reason, enforced| (text.parse().unwrap(), bits, entry(reason, enforced));
        let blocked = Blocked::new(vec![
            network("10.0.0.0", 8, "all", false),
            network("10.1.0.0", 16, "some", true),
            network("10.2.0.7", 32, "one", false),
            network("2001:db8::", 64, "six", true),
        ]);
        for (address, reason) in [
            ("10.1.2.3", Some("some")),
            ("10.2.0.7", Some("one")),
            ("10.3.0.0", Some("all")),
            ("11.0.0.0", None),
            ("9.255.255.255", None),
            ("2001:db8::1", Some("six")),
            ("2001:db8:0:1::1", None),
        ] {
            let found = blocked.entry(address.parse().unwrap()).map(|entry| entry.reason.as_str());
            assert_eq!(found, reason, "{address}");
        }
    }

    #[test]
    fn a_client_may_make_a_burst_and_then_goes_on_at_its_rate() {
        let clients = Clients::new(Quota { rate: 2.0, burst: 3.0, connections: 1 });
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let begun = Instant::now();
        let asked: Vec<bool> = (0..4).map(|_| clients.request(one, begun)).collect();
        assert_eq!(asked, [true, true, true, false]);
        assert!(clients.request(other, begun));
        assert!(clients.request(one, begun + Duration::from_millis(500)));
        assert!(!clients.request(one, begun + Duration::from_millis(500)));
        assert!(clients.connect(one, begun) && !clients.connect(one, begun));
        clients.disconnect(one);
        assert!(clients.connect(one, begun));
    }
}
