//! Hashes of texts into 256 bins, which say whether something is the same as before but not what it is.

/// FNV-1a, which is short and the same everywhere: features of different runs are compared.
#[derive(Clone, Copy)]
pub(crate) struct Hash(u32);

impl Default for Hash {
    fn default() -> Self {
        Self(0x811c_9dc5)
    }
}

impl Hash {
    pub(crate) fn add(&mut self, byte: u8) {
        self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }

    /// Add a text in lower case, and its end.
    pub(crate) fn add_text(&mut self, text: &[u8]) {
        for byte in text {
            self.add(byte.to_ascii_lowercase());
        }
        self.add(0);
    }

    /// Add a hash in a way that does not depend on the order of such additions.
    pub(crate) fn blend(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0 | 1);
    }

    /// Add a hash after what was added before.
    pub(crate) fn follow(&mut self, other: Self) {
        self.0 = (self.0.rotate_left(5) ^ other.0).wrapping_mul(0x0100_0193);
    }

    /// Return the bin.
    pub(crate) fn bin(self) -> u8 {
        let mixed = self.0 ^ self.0 >> 16;
        (mixed ^ mixed >> 8) as u8
    }
}

/// Return the bin of a text, in lower case.
pub(crate) fn bin(text: &[u8]) -> u8 {
    let mut hash = Hash::default();
    hash.add_text(text);
    hash.bin()
}

/// Add the form of a text, without what differs from one request to the next: runs of digits and of hexadecimal digits
/// are one sign each.
pub(crate) fn add_form(hash: &mut Hash, text: &[u8]) {
    let identifier = text.len() >= 16 && text.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    if identifier {
        return hash.add(b'#');
    }
    let mut digits = false;
    for byte in text {
        if byte.is_ascii_digit() {
            if !digits {
                hash.add(b'0');
            }
            digits = true;
        } else {
            hash.add(byte.to_ascii_lowercase());
            digits = false;
        }
    }
    hash.add(0);
}
