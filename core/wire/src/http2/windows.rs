//! How much more a client lets its server send: the windows that it announces, less what was sent (RFC 9113 section 5.2).

/// The window of the connection, and of each new stream until SETTINGS say another (RFC 9113 section 6.9.2).
const FIRST: i64 = 65_535;

/// The windows of a client. What belongs to one stream is its credit: increments less what was sent on it.
#[derive(Debug)]
pub(super) struct Windows {
    /// Whether nothing of it was missed.
    known: bool,
    initial: i64,
    connection: i64,
    /// Bytes that were sent in all.
    pub(super) sent: u64,
}

impl Windows {
    /// Create the windows of a connection that is read from its start, or not.
    pub(super) fn new(from_start: bool) -> Self {
        Self { known: from_start, initial: FIRST, connection: FIRST, sent: 0 }
    }

    /// Note that a frame of the client, or content of the server, may have been missed.
    pub(super) fn lose(&mut self) {
        self.known = false;
    }

    /// Set the window with which streams start, also those that are open (RFC 9113 section 6.9.2).
    pub(super) fn start_with(&mut self, size: u32) {
        self.initial = size.into();
    }

    /// Extend the window of the connection.
    pub(super) fn extend(&mut self, size: u32) {
        self.connection = self.connection.saturating_add(size.into());
    }

    /// Note what was sent on any stream.
    pub(super) fn send(&mut self, size: usize) {
        self.connection = self.connection.saturating_sub(size as i64);
        self.sent = self.sent.wrapping_add(size as u64);
    }

    /// Return how much more may be sent on a stream with this credit; None if unknown.
    pub(super) fn left(&self, credit: i64) -> Option<i64> {
        self.known.then(|| self.connection.min(self.initial.saturating_add(credit)))
    }
}
