//! The TCP ports that are monitored.

const COUNT: usize = 1 << 16;

/// A set of ports; asking costs one look.
#[derive(Clone, Debug)]
pub struct Ports(Box<[bool; COUNT]>);

impl Ports {
    /// The ports whose flag, found at the port's number, is not 0; those beyond the flags are not monitored.
    #[must_use]
    pub fn new(flags: &[u8]) -> Self {
        let mut ports = Box::new([false; COUNT]);
        for (port, flag) in ports.iter_mut().zip(flags) {
            *port = *flag != 0;
        }
        Self(ports)
    }

    /// Whether a port is monitored.
    #[inline]
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.0.get(usize::from(port)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_may_be_fewer_than_ports() {
        let ports = Ports::new(&[0, 1, 0, 2]);
        let monitored: Vec<u16> = (0..=u16::MAX).filter(|port| ports.contains(*port)).collect();
        assert_eq!(monitored, [1, 3]);
    }
}
