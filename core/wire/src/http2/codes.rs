//! Error codes of RST_STREAM and GOAWAY (RFC 9113 section 7), as oddities.

/// The code of no error.
pub(super) const NO_ERROR: u32 = 0;
const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const STREAM_CLOSED: u32 = 5;
const FRAME_SIZE_ERROR: u32 = 6;

const RESETS: [&str; 14] = [
    "RST_STREAM NO_ERROR",
    "RST_STREAM PROTOCOL_ERROR",
    "RST_STREAM INTERNAL_ERROR",
    "RST_STREAM FLOW_CONTROL_ERROR",
    "RST_STREAM SETTINGS_TIMEOUT",
    "RST_STREAM STREAM_CLOSED",
    "RST_STREAM FRAME_SIZE_ERROR",
    "RST_STREAM REFUSED_STREAM",
    "RST_STREAM CANCEL",
    "RST_STREAM COMPRESSION_ERROR",
    "RST_STREAM CONNECT_ERROR",
    "RST_STREAM ENHANCE_YOUR_CALM",
    "RST_STREAM INADEQUATE_SECURITY",
    "RST_STREAM HTTP_1_1_REQUIRED",
];
const GOODBYES: [&str; 14] = [
    "GOAWAY NO_ERROR",
    "GOAWAY PROTOCOL_ERROR",
    "GOAWAY INTERNAL_ERROR",
    "GOAWAY FLOW_CONTROL_ERROR",
    "GOAWAY SETTINGS_TIMEOUT",
    "GOAWAY STREAM_CLOSED",
    "GOAWAY FRAME_SIZE_ERROR",
    "GOAWAY REFUSED_STREAM",
    "GOAWAY CANCEL",
    "GOAWAY COMPRESSION_ERROR",
    "GOAWAY CONNECT_ERROR",
    "GOAWAY ENHANCE_YOUR_CALM",
    "GOAWAY INADEQUATE_SECURITY",
    "GOAWAY HTTP_1_1_REQUIRED",
];

/// Return the oddity of RST_STREAM with a code; None if the capture lost the code.
pub(super) fn reset(code: Option<u32>) -> &'static str {
    named(&RESETS, code).unwrap_or("RST_STREAM with another code")
}

/// Return whether a code says that the other side broke the protocol.
pub(super) fn blames_peer(code: Option<u32>) -> bool {
    matches!(code, Some(PROTOCOL_ERROR | FLOW_CONTROL_ERROR | STREAM_CLOSED | FRAME_SIZE_ERROR))
}

/// Return the oddity of GOAWAY with a code; None if the capture lost the code.
pub(super) fn goodbye(code: Option<u32>) -> &'static str {
    named(&GOODBYES, code).unwrap_or("GOAWAY with another code")
}

fn named(names: &[&'static str], code: Option<u32>) -> Option<&'static str> {
    names.get(code? as usize).copied()
}
