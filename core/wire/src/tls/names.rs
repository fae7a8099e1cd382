//! The names of versions, alerts and groups.

/// Return the name of a version, such as `TLS 1.3`; drafts are said to be such.
pub(crate) fn version(number: u16) -> String {
    match number.to_be_bytes() {
        [0, 2] => "SSL 2.0".to_owned(),
        [3, 0] => "SSL 3.0".to_owned(),
        [3, minor] => format!("TLS 1.{}", minor - 1),
        [0x7F | 0xFB, draft] => format!("TLS 1.3 draft {draft}"), // 0xFB: an implementation's own
        _ => format!("0x{number:04X}"),
    }
}

/// Return the registered name of an alert (IANA, TLS Alerts), or its number.
pub(crate) fn alert(description: u8) -> String {
    let name = match description {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        52 => "too_many_cids_requested",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        117 => "general_error",
        120 => "no_application_protocol",
        121 => "ech_required",
        _ => return description.to_string(),
    };
    name.to_owned()
}

/// Return the name of a group if quantum computers are not expected to break it (IANA, TLS Supported Groups).
pub(crate) fn post_quantum(group: u16) -> Option<&'static str> {
    Some(match group {
        0x0200 => "MLKEM512",
        0x0201 => "MLKEM768",
        0x0202 => "MLKEM1024",
        0x11EB => "SecP256r1MLKEM768",
        0x11EC => "X25519MLKEM768",
        0x11ED => "SecP384r1MLKEM1024",
        0x11EE => "curveSM2MLKEM768",
        0x4138 => "CECPQ2",
        0x6399 => "X25519Kyber768Draft00",
        0x639A => "SecP256r1Kyber768Draft00",
        0xFE30 => "X25519Kyber512Draft00",
        0xFE31 => "X25519Kyber768Draft00",
        _ => return None,
    })
}
