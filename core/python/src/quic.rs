//! QUIC connections as columns and as Python records.

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use wire::address;
use wire::records::QuicRow;

use crate::columns::{Column, coded, floats, integers};
use crate::rows::{Maker, Record};

/// Return a column; None if there is none of that name.
pub(crate) fn column<'py>(py: Python<'py>, rows: &[QuicRow], name: &str) -> PyResult<Option<Column<'py>>> {
    let numbers = |number: fn(&QuicRow) -> u64| integers(py, rows.iter().map(|row| number(row).cast_signed()));
    let texts = |text: fn(&QuicRow) -> String| coded(py, rows.iter().map(text));
    Ok(Some(match name {
        "time" => floats(py, rows.iter().map(|row| row.time)),
        "started" => floats(py, rows.iter().map(|row| row.started)),
        "duration" => floats(py, rows.iter().map(|row| row.duration)),
        "client_port" => numbers(|row| row.client.1.into()),
        "server_port" => numbers(|row| row.server.1.into()),
        "ech" => numbers(|row| row.ech.into()),
        "zero_rtt" => numbers(|row| row.zero_rtt),
        "retry" => numbers(|row| row.retry.into()),
        "migrated" => numbers(|row| row.migrated.into()),
        "client_packets" => numbers(|row| row.client_packets),
        "client_bytes" => numbers(|row| row.client_bytes),
        "server_packets" => numbers(|row| row.server_packets),
        "server_bytes" => numbers(|row| row.server_bytes),
        "client" => texts(|row| address::text(row.client.0))?,
        "server" => texts(|row| address::text(row.server.0))?,
        "version" => texts(|row| row.version.clone())?,
        "server_name" => texts(|row| row.server_name.clone())?,
        "alpn" => texts(|row| row.alpn.clone())?,
        "ja4" => texts(|row| row.ja4.clone())?,
        "user_agent" => texts(|row| row.user_agent.clone())?,
        _ => return Ok(None),
    }))
}

/// Return one `QuicConnection` per row.
pub(crate) fn records(py: Python<'_>, rows: &[QuicRow]) -> PyResult<Vec<Record>> {
    let maker = Maker::of(py, "QuicConnection")?;
    rows.iter().map(|row| maker.make(fields(py, row)?)).collect()
}

fn fields<'py>(py: Python<'py>, row: &QuicRow) -> PyResult<Bound<'py, PyTuple>> {
    let (client, server) = (address::text(row.client.0), address::text(row.server.0));
    let ends = (row.time, client, row.client.1, server, row.server.1, row.started).into_pyobject(py)?;
    let hello = (&row.version, &row.server_name, &row.alpn, &row.ja4, row.ech).into_pyobject(py)?;
    let course = (row.zero_rtt, row.retry, row.migrated).into_pyobject(py)?;
    let volume = (row.client_packets, row.client_bytes, row.server_packets, row.server_bytes).into_pyobject(py)?;
    let rest = (row.duration, &row.user_agent).into_pyobject(py)?;
    let mut all = ends.as_sequence().concat(hello.as_sequence())?;
    for part in [course.as_sequence(), volume.as_sequence(), rest.as_sequence()] {
        all = all.concat(part)?;
    }
    Ok(all.cast_into::<PyTuple>()?)
}
