//! Contents of exchanges as Python records.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use wire::content::Kept;
use wire::records::Content;

use crate::columns::{Column, Columns, floats};
use crate::rows::{Maker, Record, Texts};

/// Return a column; None if there is none of that name. Only what puts rows in order is a column.
pub(crate) fn column<'py>(py: Python<'py>, rows: &[Content], name: &str) -> Option<Column<'py>> {
    (name == "time").then(|| floats(py, rows.iter().map(|row| row.time)))
}

/// Return one `Content` per row. The bytes move to Python, so that they are in memory once.
pub(crate) fn records(py: Python<'_>, columns: &mut Columns) -> PyResult<Vec<Record>> {
    let maker = Maker::of(py, "Content")?;
    let addresses = Texts(columns.list(py, "address")?.into_bound(py));
    let mut made = Vec::with_capacity(columns.wire.contents.len());
    for place in 0..columns.wire.contents.len() {
        let Some(row) = columns.wire.contents.get_mut(place) else {
            break;
        };
        let (request, response) = (row.request.take(), row.response.take());
        if let Some(row) = columns.wire.contents.get(place) {
            let start = ends(py, columns, &addresses, row)?;
            let request = said(py, request, row.request_bytes)?;
            let response = said(py, response, row.response_bytes)?;
            let rest = (row.missing_bytes,).into_pyobject(py)?;
            let fields = start.as_sequence().concat(request.as_sequence())?.concat(response.as_sequence())?;
            made.push(maker.make(fields.concat(rest.as_sequence())?.cast_into::<PyTuple>()?)?);
        }
    }
    Ok(made)
}

fn ends<'py>(
    py: Python<'py>,
    columns: &Columns,
    addresses: &Texts<'py>,
    row: &Content,
) -> PyResult<Bound<'py, PyTuple>> {
    let (exchanges, at) = (&columns.wire.exchanges, row.exchange as usize);
    let (host, path) = columns.wire.host_and_path(row);
    let fields = (
        row.time,
        addresses.get(exchanges.client.get(at))?,
        exchanges.client_port.get(at),
        addresses.get(exchanges.server.get(at))?,
        exchanges.server_port.get(at),
        host,
        path,
    );
    fields.into_pyobject(py)
}

/// Return the head, the body and the whole size of the body of a message.
fn said(py: Python<'_>, kept: Option<Box<Kept>>, size: u64) -> PyResult<Bound<'_, PyTuple>> {
    let kept = kept.as_deref();
    let part = |bytes: Option<&Vec<u8>>| PyBytes::new(py, bytes.map_or(&[], Vec::as_slice));
    (part(kept.map(|kept| &kept.head)), part(kept.map(|kept| &kept.body)), size).into_pyobject(py)
}
