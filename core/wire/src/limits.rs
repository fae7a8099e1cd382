//! The decoder's limits, as set by `Config`. Whatever exceeds one is counted in `Health`.

use crate::forwarding::TrustedProxies;

/// How much the decoder may buffer, and for how long (in seconds of packet time).
#[derive(Clone, Debug)]
pub struct Limits {
    /// Maximum characters of a string from the wire.
    pub string_length: usize,
    /// Maximum TCP connections followed at a time; as many closed ones are remembered.
    pub connections: usize,
    /// Maximum unanswered requests per connection.
    pub pending_requests: usize,
    /// Maximum bytes of a message head, of a chunk-size line, and of a trailer section.
    pub header_bytes: usize,
    /// Maximum header fields per message.
    pub headers: usize,
    /// Maximum bytes remembered of each HPACK table, one per direction of an HTTP/2 connection.
    pub header_table: usize,
    /// Maximum streams of an HTTP/2 connection whose exchanges are not complete.
    pub streams: usize,
    /// Maximum frames of an HTTP/2 header block.
    pub continuations: usize,
    /// Maximum bytes of out-of-order segments per connection.
    pub connection_buffer: usize,
    /// Maximum TLS server names counted separately.
    pub server_names: usize,
    /// Maximum bytes buffered for all connections: segments, heads, unanswered requests and IP fragments.
    pub total_buffer: usize,
    /// Maximum out-of-order segments per connection.
    pub held_segments: usize,
    /// Names, in lower case, of header fields to keep besides those that are always read.
    pub named_fields: Vec<Vec<u8>>,
    /// The proxies that may name the client of a request.
    pub trusted_proxies: TrustedProxies,
    /// How long to wait for missing bytes before they count as lost.
    pub gap_timeout: f64,
    /// How long a connection may be idle before it is forgotten.
    pub connection_timeout: f64,
    /// How long to recognise and ignore stragglers of a closed connection; if it was reset, `connection_timeout`.
    pub closed_timeout: f64,
    /// How long to wait for the missing fragments of an IP datagram.
    pub fragment_timeout: f64,
    /// Maximum DNS queries that wait for an answer.
    pub pending_lookups: usize,
    /// How long to wait for the answer to a DNS query.
    pub dns_timeout: f64,
    /// Maximum connections whose owners are remembered; 0 if nobody asks for owners.
    pub owners: usize,
    /// Maximum TLS connections whose secrets are kept until they are needed.
    pub secrets: usize,
    /// Maximum bytes per TLS connection that wait for its secrets.
    pub undecrypted_buffer: usize,
    /// How long they wait.
    pub key_wait: f64,
    /// Number of records that wait to be taken.
    pub waiting_records: usize,
    /// Maximum characters of the strings in waiting records.
    pub waiting_characters: usize,
    /// Maximum bytes of a body that are kept for a content record.
    pub inspected_body: usize,
    /// Maximum bytes of content records that wait to be taken.
    pub waiting_content: usize,
    /// Whether exchanges get the features of their requests.
    pub features: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            string_length: 1024,
            connections: 65536,
            pending_requests: 256,
            header_bytes: 65536,
            headers: 256,
            header_table: 65536,
            streams: 1000,
            continuations: 64,
            connection_buffer: 1 << 20,
            server_names: 200,
            total_buffer: 64 << 20,
            held_segments: 256,
            named_fields: Vec::new(),
            trusted_proxies: TrustedProxies::default(),
            gap_timeout: 1.0,
            connection_timeout: 600.0,
            closed_timeout: 5.0,
            fragment_timeout: 30.0,
            pending_lookups: 32768,
            dns_timeout: 15.0,
            owners: 0,
            secrets: 100_000,
            undecrypted_buffer: 1 << 18,
            key_wait: 5.0,
            waiting_records: 250_000,
            waiting_characters: 32 << 20,
            inspected_body: 1 << 17,
            waiting_content: 64 << 20,
            features: false,
        }
    }
}

impl Limits {
    /// Return the limits with no more kept of a body than features need, because nobody else needs it.
    #[must_use]
    pub fn for_features(self) -> Self {
        Self { inspected_body: self.inspected_body.min(features::LONGEST_BODY), ..self }
    }
}
