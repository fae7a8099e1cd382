//! Checks that must hold for every batch.

use wire::health::Health;
use wire::records::{Batch, Codes, HandshakeFacts, HandshakeRow, Interner, Kind, NO_REQUEST, Outcome};

/// Totals of everything a decoder returned.
#[derive(Debug, Default)]
pub struct Totals {
    records: u64,
    requests: u64,
    exchanges: u64,
}

impl Totals {
    /// Add a batch.
    ///
    /// # Panics
    /// Panics if its columns do not match each other or their dictionaries.
    pub fn add(&mut self, batch: &Batch) {
        check(batch);
        self.records += batch.order.len() as u64;
        self.requests += batch.requests.len() as u64;
        self.exchanges += batch.exchanges.time.len() as u64;
    }

    /// Compare the totals with the decoder's counters.
    ///
    /// # Panics
    /// Panics if they differ.
    pub fn check(&self, health: &Health) {
        assert!(self.requests <= health.requests && self.exchanges <= health.exchanges);
        assert!(self.requests + self.exchanges + health.lost >= health.requests + health.exchanges);
        if health.lost == 0 {
            assert_eq!((self.requests, self.exchanges), (health.requests, health.exchanges));
        }
        assert!(health.unreadable.values().all(|count| *count >= 0), "{:?}", health.unreadable);
    }
}

fn check(batch: &Batch) {
    let of = |kind| batch.order.iter().filter(|one| **one == kind).count();
    let (asked, exchanges) = (&batch.asked, &batch.exchanges);
    assert_eq!(of(Kind::Request), batch.requests.len());
    assert_eq!(of(Kind::Exchange), exchanges.time.len());
    assert_eq!(of(Kind::Connection), batch.connections.len());
    assert_eq!(of(Kind::Hello), batch.hellos.len());
    assert_eq!(of(Kind::Handshake), batch.handshakes.len());
    batch.handshakes.iter().for_each(told);
    assert_eq!(of(Kind::Content), batch.contents.len());
    contents(batch);
    assert_eq!(of(Kind::Datagram), batch.datagrams.len());
    assert_eq!(of(Kind::Quic), batch.quic.len());
    assert!(batch.quic.iter().all(|row| row.time >= row.started && row.duration >= 0.0), "times go back");
    assert_eq!(of(Kind::Strain), batch.strains.len());
    let rows = asked.len() as u32;
    assert!(batch.requests.iter().all(|row| *row < rows));
    assert!(exchanges.asked.iter().all(|row| *row == NO_REQUEST || *row < rows));
    let columns = [
        (&asked.client, &batch.addresses, asked.len()),
        (&asked.server, &batch.addresses, asked.len()),
        (&asked.method, &batch.methods, asked.len()),
        (&asked.host, &batch.hosts, asked.len()),
        (&asked.version, &batch.versions, asked.len()),
        (&asked.user_agent, &batch.user_agents, asked.len()),
        (&asked.referrer, &batch.referrers, asked.len()),
        (&exchanges.client, &batch.addresses, exchanges.time.len()),
        (&exchanges.server, &batch.addresses, exchanges.time.len()),
        (&exchanges.content_type, &batch.content_types, exchanges.time.len()),
    ];
    coded(&asked.sources(), &batch.addresses, asked.len());
    coded(&exchanges.sources(), &batch.addresses, exchanges.time.len());
    for (codes, texts, length) in columns {
        coded(codes, texts, length);
    }
    for column in [batch.domains(), batch.authorities(), batch.paths(), batch.sections(), batch.targets()] {
        let Codes { codes, texts } = column;
        let codes: Vec<u32> = codes.into_iter().map(i32::cast_unsigned).collect();
        coded(&codes, &texts, asked.len());
    }
    for column in
        [batch.protocols(), batch.operations(), batch.close_reasons(), batch.tls_versions(), batch.server_names()]
    {
        let Codes { codes, texts } = column;
        let codes: Vec<u32> = codes.into_iter().map(i32::cast_unsigned).collect();
        coded(&codes, &texts, exchanges.time.len());
    }
    exchanges.response_time.iter().chain(&exchanges.total_time).for_each(|span| assert!(span.is_nan() || *span >= 0.0));
    let sizes = exchanges.request_bytes.iter().chain(&exchanges.response_bytes).chain(&exchanges.missing_bytes);
    assert!(sizes.into_iter().all(|size| *size >= 0), "negative sizes");
}

/// Check that each content follows its exchange, and has no longer bodies than that.
fn contents(batch: &Batch) {
    let mut rows = batch.contents.iter();
    let (mut exchanges, mut before) = (0_u32, Kind::Request);
    for kind in &batch.order {
        exchanges += u32::from(*kind == Kind::Exchange);
        if *kind == Kind::Content {
            assert_eq!(before, Kind::Exchange);
            let content = rows.next().unwrap_or_else(|| panic!("a content is missing"));
            assert_eq!(content.exchange + 1, exchanges);
            for (kept, size) in [(&content.request, content.request_bytes), (&content.response, content.response_bytes)]
            {
                let body = kept.as_ref().map_or(0, |kept| kept.body.len());
                assert!(body as u64 <= size, "{body} of {size} bytes are kept");
            }
            let (host, path) = batch.host_and_path(content);
            assert!(!host.chars().chain(path.chars()).any(char::is_control));
        }
        before = *kind;
    }
}

fn told(handshake: &HandshakeRow) {
    let HandshakeFacts { server_name, offered_alpn, alpn, version, cipher, ja4, certificate, handshake_time, .. } =
        handshake.facts.as_ref();
    let certificate = certificate.as_deref().cloned().unwrap_or_default();
    let texts = [server_name, offered_alpn, alpn, version, cipher, ja4];
    for text in texts.into_iter().chain([&certificate.subject, &certificate.names, &certificate.issuer]) {
        assert!(!text.chars().any(char::is_control), "{text:?} has control characters");
    }
    let timed = handshake.outcome == Outcome::Established && !ja4.is_empty();
    assert!(handshake_time.is_none_or(|span| timed && span >= 0.0));
    for time in [certificate.not_before, certificate.not_after].into_iter().flatten() {
        assert!((-62_135_596_800.0..253_402_300_800.0).contains(&time), "{time} is in no year from 1 to 9999");
    }
}

fn coded(codes: &[u32], texts: &Interner, length: usize) {
    assert_eq!(codes.len(), length);
    for code in codes {
        let text = texts.get(*code).unwrap_or_else(|| panic!("{code} is in no dictionary"));
        assert!(!text.chars().any(char::is_control), "{text:?} has control characters");
    }
}
