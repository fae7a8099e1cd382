//! Codes of addresses that were used lately: formatting one takes longer than everything else about it.

use std::net::IpAddr;

use super::texts::Interner;
use crate::address;

const PLACES: usize = 1 << PLACE_BITS;
const PLACE_BITS: u32 = 10;
/// 2^64 divided by the golden ratio (Knuth's multiplicative hashing).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The codes that some addresses have in the current batch.
#[derive(Debug, Default)]
pub(super) struct AddressCodes(Vec<Option<(IpAddr, u32)>>);

impl AddressCodes {
    /// Return the code of an address in the batch's dictionary, to which it is added if new.
    pub(super) fn code(&mut self, address: IpAddr, addresses: &mut Interner) -> u32 {
        if self.0.is_empty() {
            self.0.resize(PLACES, None);
        }
        let Some(place) = self.0.get_mut(place(address)) else {
            return addresses.code(&address::text(address));
        };
        match *place {
            Some((known, code)) if known == address => code,
            _ => {
                let code = addresses.code(&address::text(address));
                *place = Some((address, code));
                code
            }
        }
    }

    /// Forget all codes, because another batch starts.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn place(address: IpAddr) -> usize {
    let bits = match address {
        IpAddr::V4(address) => u64::from(u32::from(address)),
        IpAddr::V6(address) => {
            let bits = u128::from(address);
            (bits >> 64) as u64 ^ (bits as u64).rotate_left(17)
        }
    };
    (bits.wrapping_mul(SPREAD) >> (u64::BITS - PLACE_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_dictionary() {
        let (mut codes, mut texts) = (AddressCodes::default(), Interner::default());
        let addresses: Vec<IpAddr> = (0..2000_u32).map(|number| IpAddr::from(number.to_be_bytes())).collect();
        for address in addresses.iter().chain(&addresses) {
            let code = codes.code(*address, &mut texts);
            assert_eq!(texts.get(code), Some(address::text(*address).as_str()));
        }
        codes.clear();
        let mut others = Interner::default();
        assert_eq!(codes.code(IpAddr::from([1, 2, 3, 4]), &mut others), 0);
    }
}
