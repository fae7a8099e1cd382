//! The secrets of TLS connections, as lines of a key log (draft-ietf-tls-keylogfile), for the reader's decoder.
//!
//! So it gets from the frames what a capture with a key log would give: handshakes, certificates, and what is inside.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use tokio_rustls::rustls::KeyLog;

/// Most bytes of lines that wait; if nobody reads them, they are dropped.
const MOST: usize = 16 << 20;

/// Lines that wait to be taken.
#[derive(Default)]
pub(crate) struct Keys(Mutex<String>);

impl Keys {
    /// Take the lines that came since the last call.
    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KeyLog for Keys {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() > MOST {
            lines.clear();
        }
        lines.push_str(label);
        for part in [client_random, secret] {
            lines.push(' ');
            for byte in part {
                let _ = write!(lines, "{byte:02x}");
            }
        }
        lines.push('\n');
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keys") // and nothing of them
    }
}
