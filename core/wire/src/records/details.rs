//! What only few exchanges have: kept apart from the columns of all exchanges, so that HTTP/1 pays nothing for it.

use std::sync::Arc;

use super::batch::ExchangeColumns;

/// What HTTP/2, gRPC, WebSocket, server-sent events and operations add to an exchange. The default is an HTTP/1
/// exchange.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// `h2`, `grpc`, `grpc-web` or `websocket`; empty for HTTP/1, where the version of the request says it.
    pub protocol: &'static str,
    /// `package.Service/Method` of gRPC, SOAP action, GraphQL `query Name`, or JSON-RPC method; empty if none.
    pub operation: String,
    /// gRPC status code.
    pub grpc_status: Option<u32>,
    /// Messages of the client: gRPC or WebSocket.
    pub request_messages: u64,
    /// Messages of the server: gRPC, WebSocket, or server-sent events.
    pub response_messages: u64,
    /// Seconds from the first byte of the request to the first message of the response.
    pub first_message_time: Option<f64>,
    /// Status code of the WebSocket's closing handshake (RFC 6455 section 7.4).
    pub close_code: Option<u16>,
    /// Reason given with it.
    pub close_reason: String,
    /// Pings, pongs and Close frames of a WebSocket.
    pub control_frames: u64,
    /// Frames that continue a message of a WebSocket.
    pub fragments: u64,
    /// What the exchange was decrypted from; None in the clear.
    pub secured: Option<Arc<Secured>>,
}

/// The TLS connection of an exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secured {
    /// Name of the version, such as `TLS 1.3`.
    pub version: String,
    /// The server name that the client asked for, in lower case; empty if it named none.
    pub server_name: String,
}

impl Details {
    /// Return the characters of its texts.
    #[cold]
    pub(crate) fn characters(&self) -> usize {
        self.operation.chars().count() + self.close_reason.chars().count()
    }
}

/// Return the protocol of HTTP/1 requests of a version, as in ALPN (RFC 7301); empty if the version is unknown.
pub(crate) fn protocol_of(version: &str) -> String {
    if version.is_empty() { String::new() } else { format!("http/{version}") }
}

impl ExchangeColumns {
    /// Add the details of the next row.
    #[cold]
    pub(super) fn describe(&mut self, details: Details) {
        self.details.push((self.time.len() as u32, details));
    }

    /// Return a column with a value of the details of each row; `absent` stands in rows without details.
    #[must_use]
    pub fn dense<T: Clone>(&self, absent: T, mut value: impl FnMut(&Details) -> T) -> Vec<T> {
        let mut column = vec![absent; self.time.len()];
        for (row, details) in &self.details {
            if let Some(place) = column.get_mut(*row as usize) {
                *place = value(details);
            }
        }
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::batch::EndCodes;
    use crate::records::{Asked, Batch, Codes, Ending, Exchange, NO_REQUEST};

    const ENDS: EndCodes = EndCodes { client: 0, client_port: 50000, server: 0, server_port: 80, source: 0 };

    fn exchange(details: Option<Details>) -> Exchange {
        Exchange {
            time: 1.0,
            status: Some(200),
            request_bytes: 0,
            response_bytes: 0,
            response_time: None,
            total_time: None,
            content_type: String::new(),
            headers: String::new(),
            missing_bytes: 0,
            ending: Ending::Complete,
            answered: None,
            oddities: Vec::new(),
            response_oddities: 0,
            details: details.map(Box::new),
        }
    }

    fn words(codes: &Codes) -> Vec<&str> {
        codes.codes.iter().map(|code| codes.texts.get(code.cast_unsigned()).unwrap()).collect()
    }

    #[test]
    fn protocols_and_operations_of_a_batch() {
        let mut batch = Batch::default();
        let call = Details { protocol: "grpc", operation: "shop.Cart/Add".to_owned(), ..Details::default() };
        let plain = Details { protocol: "h2", ..Details::default() };
        let query = Details { operation: "query Cart".to_owned(), ..Details::default() };
        for (version, details) in [("1.1", None), ("2", Some(call)), ("2", Some(plain)), ("1.1", Some(query))] {
            let asked = Asked::new(1.0, 1, [b"GET", b"a", b"/", version.as_bytes(), b"", b""], "", 100);
            let row = batch.push_asked(ENDS, &asked);
            batch.push_exchange(ENDS, row, exchange(details), None);
        }
        batch.push_exchange(ENDS, NO_REQUEST, exchange(None), None);
        assert_eq!(words(&batch.protocols()), ["http/1.1", "grpc", "h2", "http/1.1", ""]);
        assert_eq!(words(&batch.operations()), ["", "shop.Cart/Add", "", "query Cart", ""]);
        assert_eq!(words(&batch.close_reasons()), [""; 5]);
    }

    #[test]
    fn rows_without_details_have_the_absent_value() {
        let details = Details { grpc_status: Some(5), ..Details::default() };
        let columns = ExchangeColumns { time: vec![1.0; 3], details: vec![(1, details)], ..ExchangeColumns::default() };
        assert_eq!(columns.dense(None, |details| details.grpc_status), [None, Some(5), None]);
    }

    #[test]
    fn versions_name_protocols() {
        let found: Vec<String> = ["", "0.9", "1.1"].into_iter().map(protocol_of).collect();
        assert_eq!(found, ["", "http/0.9", "http/1.1"]);
    }
}
