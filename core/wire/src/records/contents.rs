//! What the parties of an exchange said, for those who inspect it.

use features::{Describer, Vector as Features};

use super::batch::{Batch, Exchange};
use super::derived::{Target, domain};
use crate::content::{Kept, released};
use crate::context::Context;
use crate::http2::UNKNOWN;

/// The content of an exchange.
#[derive(Debug)]
pub struct Content {
    /// Capture time of the request, or of the response if there was none.
    pub time: f64,
    /// Row of the exchange in the batch.
    pub exchange: u32,
    /// What is kept of the request; None if it was not seen.
    pub request: Option<Box<Kept>>,
    /// Size of the whole request body in bytes.
    pub request_bytes: u64,
    /// What is kept of the response; None if it was not seen.
    pub response: Option<Box<Kept>>,
    /// Size of the whole response body in bytes.
    pub response_bytes: u64,
    /// Bytes of both that the capture lost.
    pub missing_bytes: u64,
}

impl Content {
    /// Return the content of an exchange whose request started at `started`; None if nothing is kept of it. What is kept
    /// is no longer charged.
    #[inline]
    pub(crate) fn of(
        cx: &mut Context<'_>,
        kept: [Option<Box<Kept>>; 2],
        exchange: &Exchange,
        started: Option<f64>,
    ) -> Option<Self> {
        if kept.iter().all(Option::is_none) { None } else { Some(Self::given(cx, kept, exchange, started)) }
    }

    #[cold]
    fn given(cx: &mut Context<'_>, kept: [Option<Box<Kept>>; 2], exchange: &Exchange, started: Option<f64>) -> Self {
        let [request, response] = kept.map(|kept| released(cx, kept));
        Self {
            time: started.or(exchange.answered).unwrap_or(exchange.time),
            exchange: 0,
            request,
            request_bytes: exchange.request_bytes,
            response,
            response_bytes: exchange.response_bytes,
            missing_bytes: exchange.missing_bytes,
        }
    }

    /// Return the features of the request; None if nothing is kept of it, or not all of its head.
    #[cold]
    pub(super) fn features(&self, describer: &mut Describer) -> Option<Features> {
        self.request.as_ref()?.features(describer)
    }

    /// Return the content of an exchange that became something else after the heads.
    pub(crate) fn of_heads(self) -> Self {
        Self { request_bytes: 0, response_bytes: 0, missing_bytes: 0, ..self }
    }

    /// Return its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        let kept = [&self.request, &self.response].into_iter().flatten();
        size_of::<Self>() + kept.map(|kept| kept.memory()).sum::<usize>()
    }
}

impl Batch {
    /// Return the host that a content's request names, in lower case without port, and its path without query; empty where
    /// they are unknown.
    #[must_use]
    pub fn host_and_path(&self, content: &Content) -> (String, String) {
        let Some(row) = self.exchanges.asked.get(content.exchange as usize).map(|row| *row as usize) else {
            return Default::default();
        };
        let (Some(method), Some(host)) = (self.asked.method.get(row), self.asked.host.get(row)) else {
            return Default::default();
        };
        let asked = Target {
            connect: self.methods.get(*method) == Some("CONNECT"),
            host: self.hosts.get(*host).unwrap_or_default(),
            target: self.asked.target(row),
            server: "",
        };
        let mut name = String::new();
        domain(&asked, &mut name);
        (known(name), known(asked.path().to_owned()))
    }
}

fn known(text: String) -> String {
    if text.as_bytes() == UNKNOWN { String::new() } else { text }
}
