//! TLS handshakes as columns and as records of `traffic.records.TlsHandshake`.

use std::borrow::Cow;

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use wire::address;
use wire::records::{Certificate, HandshakeRow};

use crate::columns::{Column, coded, floats, integers};

/// Return a column; None if there is no such column.
pub(crate) fn column<'py>(py: Python<'py>, rows: &[HandshakeRow], name: &str) -> PyResult<Option<Column<'py>>> {
    if let Some(read) = text(name) {
        return Ok(Some(coded(py, rows.iter().map(read))?));
    }
    if let Some(read) = number(name) {
        return Ok(Some(integers(py, rows.iter().map(read))));
    }
    Ok(seconds(name).map(|read| floats(py, rows.iter().map(|row| read(row).unwrap_or(f64::NAN)))))
}

fn text(name: &str) -> Option<fn(&HandshakeRow) -> Cow<'_, str>> {
    Some(match name {
        "client" => |row| address::text(row.client.0).into(),
        "server" => |row| address::text(row.server.0).into(),
        "server_name" => |row| Cow::from(&row.facts.server_name),
        "version" => |row| Cow::from(&row.facts.version),
        "cipher" => |row| Cow::from(&row.facts.cipher),
        "alpn" => |row| Cow::from(&row.facts.alpn),
        "offered_alpn" => |row| Cow::from(&row.facts.offered_alpn),
        "ja3" => |row| Cow::from(&row.facts.ja3),
        "ja3s" => |row| Cow::from(&row.facts.ja3s),
        "ja4" => |row| Cow::from(&row.facts.ja4),
        "post_quantum" => |row| row.facts.post_quantum.into(),
        "alert" => |row| Cow::from(&row.facts.alert),
        "alert_side" => |row| row.facts.alert_side.into(),
        "certificate_subject" => |row| certificate(row).map_or_else(Cow::default, |one| Cow::from(&one.subject)),
        "certificate_names" => |row| certificate(row).map_or_else(Cow::default, |one| Cow::from(&one.names)),
        "certificate_issuer" => |row| certificate(row).map_or_else(Cow::default, |one| Cow::from(&one.issuer)),
        "certificate_sha1" => |row| certificate(row).map_or_else(Cow::default, |one| Cow::from(&one.sha1)),
        "certificate_sha256" => |row| certificate(row).map_or_else(Cow::default, |one| Cow::from(&one.sha256)),
        "outcome" => |row| row.outcome.name().into(),
        _ => return None,
    })
}

fn number(name: &str) -> Option<fn(&HandshakeRow) -> i64> {
    Some(match name {
        "client_port" => |row| row.client.1.into(),
        "server_port" => |row| row.server.1.into(),
        "resumed" => |row| row.facts.resumed.into(),
        "hello_retry" => |row| row.facts.hello_retry.into(),
        "ech" => |row| row.facts.ech.into(),
        "starttls" => |row| row.starttls.into(),
        _ => return None,
    })
}

fn seconds(name: &str) -> Option<fn(&HandshakeRow) -> Option<f64>> {
    Some(match name {
        "time" => |row| Some(row.time),
        "started" => |row| Some(row.started),
        "handshake_time" => |row| row.facts.handshake_time,
        "connect_time" => |row| row.connect_time,
        "not_before" => |row| certificate(row)?.not_before,
        "not_after" => |row| certificate(row)?.not_after,
        _ => return None,
    })
}

fn certificate(row: &HandshakeRow) -> Option<&Certificate> {
    row.facts.certificate.as_deref()
}

/// Return the fields of a record.
pub(crate) fn fields<'py>(py: Python<'py>, row: &HandshakeRow) -> PyResult<Bound<'py, PyTuple>> {
    let facts = &row.facts;
    let none = Certificate::default();
    let certificate = certificate(row).unwrap_or(&none);
    let ends =
        (row.time, address::text(row.client.0), row.client.1, address::text(row.server.0), row.server.1, row.started)
            .into_pyobject(py)?;
    let hellos = (
        &facts.server_name,
        &facts.version,
        &facts.cipher,
        &facts.alpn,
        &facts.offered_alpn,
        &facts.ja3,
        &facts.ja3s,
        &facts.ja4,
        facts.resumed,
        facts.hello_retry,
        facts.ech,
        facts.post_quantum,
    )
        .into_pyobject(py)?;
    let course =
        (row.starttls, facts.handshake_time, row.connect_time, &facts.alert, facts.alert_side).into_pyobject(py)?;
    let last = (
        &certificate.subject,
        &certificate.names,
        &certificate.issuer,
        &certificate.sha1,
        &certificate.sha256,
        certificate.not_before,
        certificate.not_after,
        row.outcome.name(),
    )
        .into_pyobject(py)?;
    let fields = ends.as_sequence().concat(hellos.as_sequence())?.concat(course.as_sequence())?;
    Ok(fields.concat(last.as_sequence())?.cast_into::<PyTuple>()?)
}
