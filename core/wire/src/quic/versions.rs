//! The versions of QUIC: their names, and the constants that open their Initial packets.
//!
//! Everyone can open an Initial packet of a known version: its keys follow from a public salt and a connection id in
//! its header (RFC 9001 section 5.2).

/// QUIC version 1 (RFC 9000).
const V1: u32 = 0x0000_0001;
/// QUIC version 2 (RFC 9369).
const V2: u32 = 0x6B33_43CF;
/// The last draft of version 2.
const V2_DRAFT: u32 = 0x709A_50C4;
/// The version field of a Version Negotiation packet (RFC 8999 section 6).
pub(super) const NEGOTIATION: u32 = 0;
/// The last version of Google's that had both lengths of connection ids in one byte.
const Q046: u32 = u32::from_be_bytes(*b"Q046");
const Q050: u32 = u32::from_be_bytes(*b"Q050");
const T050: u32 = u32::from_be_bytes(*b"T050");
const T051: u32 = u32::from_be_bytes(*b"T051");
/// The first IETF draft with a byte for the length of each connection id, and a salt known here.
const FIRST_DRAFT: u32 = 22;
/// The last one; it became RFC 9000.
const LAST_DRAFT: u32 = 34;

/// The salt of a version, and the labels of its keys.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Protection {
    pub(super) salt: [u8; 20],
    pub(super) labels: Labels,
}

/// The labels of the keys (RFC 9001 section 5.1, RFC 9369 section 3.3.2).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Labels {
    pub(super) key: &'static [u8],
    pub(super) iv: &'static [u8],
    pub(super) header: &'static [u8],
}

const LABELS: Labels = Labels { key: b"quic key", iv: b"quic iv", header: b"quic hp" };
const LABELS_2: Labels = Labels { key: b"quicv2 key", iv: b"quicv2 iv", header: b"quicv2 hp" };

const fn salted(salt: u128, end: u32, labels: Labels) -> Protection {
    let ([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p], [q, r, s, t]) = (salt.to_be_bytes(), end.to_be_bytes());
    Protection { salt: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t], labels }
}

const DRAFT_22: Protection = salted(0x7FBC_DB0E_7C66_BBE9_193A_96CD_2151_9EBD, 0x7A02_644A, LABELS);
const DRAFT_23: Protection = salted(0xC3EE_F712_C72E_BB5A_11A7_D243_2BB4_6365, 0xBEF9_F502, LABELS);
const DRAFT_29: Protection = salted(0xAFBF_EC28_9993_D24C_9E97_86F1_9C61_11E0, 0x4390_A899, LABELS);
const VERSION_1: Protection = salted(0x3876_2CF7_F559_34B3_4D17_9AE6_A4C8_0CAD, 0xCCBB_7F0A, LABELS);
const VERSION_2: Protection = salted(0x0DED_E3DE_F700_A6DB_8193_81BE_6E26_9DCB, 0xF9BD_2ED9, LABELS_2);
const VERSION_2_DRAFT: Protection = salted(0xA707_C203_A59B_4718_4A1D_62CA_5704_06EA, 0x7AE3_E5D3, LABELS_2);
const GOOGLE_Q050: Protection = salted(0x5045_74EF_D066_FE2F_9D94_5CFC_DBD3_A7F0, 0xD3B5_6B45, LABELS);
const GOOGLE_T050: Protection = salted(0x7FF5_79E5_ACD0_7291_5580_304C_43A2_367C, 0x6048_8310, LABELS);
const GOOGLE_T051: Protection = salted(0x7A4E_DEF4_E7CC_EE5F_A450_6C19_124F_C8CC, 0xDA6E_033D, LABELS);

/// Return what may open the Initial packets of a version, the most likely first; nothing if that is not known.
///
/// A client that wants to force negotiation protects its packet like a version that it supports.
pub(super) fn protections(version: u32) -> &'static [Protection] {
    match version {
        V1 => &[VERSION_1],
        V2 => &[VERSION_2],
        V2_DRAFT => &[VERSION_2_DRAFT],
        Q050 => &[GOOGLE_Q050],
        T050 => &[GOOGLE_T050],
        T051 => &[GOOGLE_T051],
        _ if is_reserved(version) => &[VERSION_1, DRAFT_29],
        _ => match draft(version).unwrap_or_default() {
            FIRST_DRAFT => &[DRAFT_22],
            23..=28 => &[DRAFT_23],
            29..=32 => &[DRAFT_29],
            33..=LAST_DRAFT => &[VERSION_1],
            _ => &[],
        },
    }
}

/// Return the IETF draft that a version is, or that Facebook's mvfst follows.
fn draft(version: u32) -> Option<u32> {
    match version {
        0xFF00_0001..0xFF00_0080 => Some(version & 0xFF),
        0xFACE_B001 => Some(22),
        _ if is_mvfst(version) => Some(27),
        _ => None,
    }
}

/// Return the name of a version, such as `1`, `draft-29`, `Q046` or `mvfst draft-27`; its number if it has none. It is
/// empty if only a negotiation was seen.
pub(super) fn name(version: u32) -> String {
    match version {
        NEGOTIATION => String::new(),
        V1 => "1".to_owned(),
        V2 => "2".to_owned(),
        V2_DRAFT => "2 draft".to_owned(),
        0xFACE_B00E => "mvfst experimental".to_owned(),
        _ if is_googles(version) => version.to_be_bytes().iter().copied().map(char::from).collect(),
        _ => match draft(version) {
            Some(draft) if is_mvfst(version) => format!("mvfst draft-{draft}"),
            Some(draft) => format!("draft-{draft}"),
            None => format!("{version:#010x}"),
        },
    }
}

/// Return whether a version is one of Google's, such as `Q043` or `T051`.
pub(super) fn is_googles(version: u32) -> bool {
    match version.to_be_bytes() {
        [b'Q' | b'T', b'0', number @ ..] => number.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Return whether a version is one of Google's that do not encrypt the first packets.
pub(super) fn is_unprotected(version: u32) -> bool {
    is_googles(version) && version <= Q046
}

/// Return whether a version packs the lengths of both connection ids into one byte, four bits each.
pub(super) fn has_packed_lengths(version: u32) -> bool {
    version == Q046 || (0xFF00_0001..0xFF00_0000 + FIRST_DRAFT).contains(&version)
}

/// Return whether a version is 1, 2, or the last draft of version 2.
pub(super) fn is_final(version: u32) -> bool {
    matches!(version, V1 | V2 | V2_DRAFT)
}

/// Return whether a version is an IETF draft, or Facebook's mvfst.
pub(super) fn is_experiment(version: u32) -> bool {
    draft(version).is_some()
}

/// Return whether a version is Facebook's mvfst.
fn is_mvfst(version: u32) -> bool {
    (0xFACE_B000..0xFACE_B010).contains(&version)
}

/// Return whether a version is reserved to force negotiation (RFC 9000 section 15).
pub(super) fn is_reserved(version: u32) -> bool {
    version & 0x0F0F_0F0F == 0x0A0A_0A0A
}

/// The type of a packet with a long header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Initial,
    ZeroRtt,
    Handshake,
    Retry,
}

/// Return the type of a packet by its first byte (RFC 9000 section 17.2, RFC 9369 section 3.2).
pub(super) fn packet_type(version: u32, first: u8) -> Type {
    let bits = first >> 4 & 3;
    let shift = if matches!(version, V2 | V2_DRAFT) { 3 } else { 0 };
    match (bits + shift) & 3 {
        0 => Type::Initial,
        1 => Type::ZeroRtt,
        2 => Type::Handshake,
        _ => Type::Retry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_names() {
        let names = [V1, V2, 0xFF00_001D, 0xFACE_B002, 0xFACE_B00E, Q046, T051, 0x1A2A_3A4A, 0x1001_0000].map(name);
        let expected =
            ["1", "2", "draft-29", "mvfst draft-27", "mvfst experimental", "Q046", "T051", "0x1a2a3a4a", "0x10010000"];
        assert_eq!(names, expected);
    }

    #[test]
    fn each_version_has_its_salt() {
        let salts = |version: u32| protections(version).iter().map(|one| one.salt[0]).collect::<Vec<_>>();
        let drafts: Vec<u8> = (22..=34).map(|draft| salts(0xFF00_0000 + draft)[0]).collect();
        assert_eq!(drafts, [0x7F, 0xC3, 0xC3, 0xC3, 0xC3, 0xC3, 0xC3, 0xAF, 0xAF, 0xAF, 0xAF, 0x38, 0x38]);
        assert_eq!((salts(V1), salts(V2), salts(0xDADA_DADA)), (vec![0x38], vec![0x0D], vec![0x38, 0xAF]));
        assert_eq!((salts(0xFACE_B001), salts(0xFACE_B002)), (vec![0x7F], vec![0xC3]));
        assert!([0xFF00_0015, 0xFF00_0023, 7, Q046].iter().all(|version| salts(*version).is_empty()));
    }

    #[test]
    fn version_2_numbers_its_packets_differently() {
        let types = |version| [0xC0, 0xD0, 0xE0, 0xF0].map(|first| packet_type(version, first));
        assert_eq!(types(V1), [Type::Initial, Type::ZeroRtt, Type::Handshake, Type::Retry]);
        assert_eq!(types(V2), [Type::Retry, Type::Initial, Type::ZeroRtt, Type::Handshake]);
    }
}
