//! What is known of one direction of HTTP/1 between two segments.

use crate::tcp::Place;

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// The head of a message.
    #[default]
    Head,
    /// A body of known length, or the data of a chunk.
    Length,
    /// The line before a chunk.
    ChunkSize,
    /// The line after a chunk.
    ChunkEnd,
    /// The fields after the last chunk.
    Trailer,
    /// A body that ends with the connection.
    Close,
    /// It is not known what: the start of a message is looked for.
    Lost,
    /// It is not HTTP/1: a tunnel, another protocol.
    Opaque,
    /// A body, unless the request was a HEAD, which is not known as it was not seen.
    Doubt,
}

/// Which kind of message a direction carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// From the client.
    Requests,
    /// From the server.
    Responses,
}

/// One direction. Bodies are not kept.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) state: State,
    /// The part of a head or line that came in earlier segments.
    pub(crate) held: Vec<u8>,
    /// Where the message under way starts.
    pub(crate) place: Place,
    pub(crate) chunked: bool,
    /// Bytes of the body, or of its chunk, that are still to come.
    pub(crate) remaining: u64,
    pub(crate) body_bytes: u64,
    /// Bytes of the message that the capture lost.
    pub(crate) missing: u64,
    pub(crate) trailer_bytes: usize,
    /// What was wrong with the message under way.
    pub(crate) oddities: Vec<&'static str>,
    /// What the head announced while that is in doubt.
    pub(crate) announced: State,
}

impl Reader {
    /// What of it is carried over to the record of its message.
    pub(crate) fn progress(&self) -> Progress {
        Progress { body_bytes: self.body_bytes, missing: self.missing, oddities: self.oddities.clone() }
    }
}

/// How much of a message was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) body_bytes: u64,
    pub(crate) missing: u64,
    pub(crate) oddities: Vec<&'static str>,
}
