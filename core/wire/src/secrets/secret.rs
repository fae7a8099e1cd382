//! A secret, which is wiped from memory when it is dropped.

use zeroize::Zeroize;

/// Bytes of the longest secret: a hash of SHA-384, and the master secret of TLS 1.2.
pub(crate) const LONGEST: usize = 48;

/// A secret of up to 48 bytes. It is kept in a box, which is never copied when a table grows.
#[derive(PartialEq, Eq)]
pub(crate) struct Secret {
    bytes: [u8; LONGEST],
    size: usize,
}

impl Secret {
    /// Return a secret of `size` bytes, at most the longest, which `fill` writes; None if it fails.
    pub(crate) fn filled(size: usize, fill: impl FnOnce(&mut [u8]) -> Option<()>) -> Option<Box<Self>> {
        let mut secret = Box::new(Self { bytes: [0; LONGEST], size });
        fill(secret.bytes.get_mut(..size)?)?;
        Some(secret)
    }

    /// Return a copy.
    pub(crate) fn copy(&self) -> Option<Box<Self>> {
        Self::filled(self.size, |bytes| {
            bytes.copy_from_slice(self.bytes());
            Some(())
        })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.size).unwrap_or_default()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Secret({} bytes)", self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::filled(32, |bytes| {
            bytes.fill(0xAB);
            Some(())
        });
        assert_eq!(format!("{secret:?}"), "Some(Secret(32 bytes))");
        assert_eq!(secret.as_ref().and_then(|secret| secret.copy()), secret);
        assert_eq!(Secret::filled(49, |_| Some(())), None);
    }
}
