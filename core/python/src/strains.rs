//! What wears out servers as columns and as Python records.

use std::net::IpAddr;

use pyo3::prelude::*;
use wire::address;
use wire::records::StrainRow;

use crate::columns::{Column, coded, floats, integers};
use crate::rows::{Maker, Record};

/// Return a column; None if there is none of that name.
pub(crate) fn column<'py>(py: Python<'py>, rows: &[StrainRow], name: &str) -> PyResult<Option<Column<'py>>> {
    let numbers = |number: fn(&StrainRow) -> u64| integers(py, rows.iter().map(|row| number(row).cast_signed()));
    Ok(Some(match name {
        "time" => floats(py, rows.iter().map(|row| row.time)),
        "since" => floats(py, rows.iter().map(|row| row.since)),
        "client_port" => numbers(|row| row.client.1.into()),
        "server_port" => numbers(|row| row.server.1.into()),
        "amount" => numbers(|row| row.amount),
        "bytes" => numbers(|row| row.bytes),
        "client" => coded(py, rows.iter().map(|row| client(row.client.0)))?,
        "server" => coded(py, rows.iter().map(|row| address::text(row.server.0)))?,
        "kind" => coded(py, rows.iter().map(|row| row.kind.name()))?,
        _ => return Ok(None),
    }))
}

/// Return one `Strain` per row.
pub(crate) fn records(py: Python<'_>, rows: &[StrainRow]) -> PyResult<Vec<Record>> {
    let maker = Maker::of(py, "Strain")?;
    let one = |row: &StrainRow| {
        let (client, server) = (client(row.client.0), address::text(row.server.0));
        let (port, server_port, kind) = (row.client.1, row.server.1, row.kind.name());
        let fields = (row.time, client, port, server, server_port, kind, row.since, row.amount, row.bytes);
        maker.make(fields.into_pyobject(py)?)
    };
    rows.iter().map(one).collect()
}

fn client(address: Option<IpAddr>) -> String {
    address.map(address::text).unwrap_or_default()
}
