//! The monitored TCP ports.

const COUNT: usize = 1 << 16;

/// A set of ports with lookup in constant time.
#[derive(Clone, Debug)]
pub struct Ports(Box<[bool; COUNT]>);

impl Ports {
    /// Create a set of the ports whose flag, at the index of the port's number, is not 0; missing flags count as 0.
    #[must_use]
    pub fn new(flags: &[u8]) -> Self {
        let mut ports = Box::new([false; COUNT]);
        for (port, flag) in ports.iter_mut().zip(flags) {
            *port = *flag != 0;
        }
        Self(ports)
    }

    /// Return whether a port is monitored.
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
    fn missing_flags_mean_not_monitored() {
        let ports = Ports::new(&[0, 1, 0, 2]);
        let monitored: Vec<u16> = (0..=u16::MAX).filter(|port| ports.contains(*port)).collect();
        assert_eq!(monitored, [1, 3]);
    }
}
