//! The bounds of the decoder, as `Config` sets them. Each is kept, and what goes beyond it is counted in `Health`.

/// How much the decoder may hold, and for how long (seconds of packet time).
#[derive(Clone, Debug)]
pub struct Limits {
    /// Characters of a string from the wire.
    pub string_length: usize,
    /// TCP connections followed at a time, and as many again that were closed lately.
    pub connections: usize,
    /// Requests of one connection that wait for a response.
    pub pending_requests: usize,
    /// Bytes of one message head, of one chunk-size line, and of one trailer section.
    pub header_bytes: usize,
    /// Header fields of one message.
    pub headers: usize,
    /// Bytes of segments of one connection that wait for an earlier one.
    pub connection_buffer: usize,
    /// Names of TLS servers that are counted apart.
    pub server_names: usize,
    /// Bytes held for all connections: waiting segments, heads, waiting requests; and for IP fragments.
    pub total_buffer: usize,
    /// Segments of one connection that wait for an earlier one.
    pub held_segments: usize,
    /// Until missing bytes are taken as lost.
    pub gap_timeout: f64,
    /// Of silence, until a connection is forgotten.
    pub connection_timeout: f64,
    /// That stragglers of a closed connection are recognised and passed over.
    pub closed_timeout: f64,
    /// To wait for the rest of an IP datagram.
    pub fragment_timeout: f64,
    /// Records that wait to be taken.
    pub waiting_records: usize,
    /// Characters of their texts.
    pub waiting_characters: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            string_length: 1024,
            connections: 65536,
            pending_requests: 256,
            header_bytes: 65536,
            headers: 256,
            connection_buffer: 1 << 20,
            server_names: 200,
            total_buffer: 64 << 20,
            held_segments: 256,
            gap_timeout: 1.0,
            connection_timeout: 600.0,
            closed_timeout: 5.0,
            fragment_timeout: 30.0,
            waiting_records: 250_000,
            waiting_characters: 32 << 20,
        }
    }
}
