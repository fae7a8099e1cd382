//! DNS lookups as columns and as records.

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};
use wire::address;
use wire::dns::{self, LookupColumns, NO_RCODE, NO_TYPE};
use wire::records::Ending;

use crate::columns::{Column, Columns, floats, integers};
use crate::rows::{Maker, Record, Texts};

/// Return a column; None if there is no such column.
pub(crate) fn column<'py>(columns: &mut Columns, py: Python<'py>, name: &str) -> PyResult<Option<Column<'py>>> {
    let (addresses, names) = (columns.list(py, "address")?, columns.list(py, "lookup_name")?);
    let rows = &columns.wire.lookups;
    Ok(Some(match name {
        "time" => floats(py, rows.time.iter().copied()),
        "started" => floats(py, rows.started.iter().copied()),
        "response_time" => floats(py, rows.response_time.iter().copied()),
        "client_port" => integers(py, rows.client_port.iter().map(|port| i64::from(*port))),
        "server_port" => integers(py, rows.server_port.iter().map(|port| i64::from(*port))),
        "answers" => integers(py, rows.answers.iter().map(|number| i64::from(*number))),
        "retries" => integers(py, rows.retries.iter().map(|number| i64::from(*number))),
        "size" => integers(py, rows.size.iter().map(|number| i64::from(*number))),
        "truncated" => integers(py, rows.truncated.iter().map(|truncated| i64::from(*truncated))),
        "client" => texts(py, &rows.client, addresses),
        "server" => texts(py, &rows.server, addresses),
        "name" => texts(py, &rows.name, names),
        _ => return small(py, rows, name),
    }))
}

/// Return a column of few different texts.
fn small<'py>(py: Python<'py>, rows: &LookupColumns, name: &str) -> PyResult<Option<Column<'py>>> {
    let table = match name {
        "kind" => Table::of(py, rows.kind.iter().map(|kind| u32::from(*kind)), kind),
        "transport" => Table::of(py, rows.transport.iter().map(|transport| u32::from(*transport)), transport),
        "type" => Table::of(py, rows.record_type.iter().copied(), record_type),
        "rcode" => Table::of(py, rows.rcode.iter().map(|rcode| u32::from(*rcode)), rcode),
        "flags" => Table::of(py, rows.flags.iter().map(|flags| u32::from(*flags)), flags),
        "dnssec" => Table::of(py, rows.seen.iter().map(|seen| u32::from(*seen)), seen),
        "operation" => Table::of(py, rows.operation.iter().map(|operation| u32::from(*operation)), operation),
        "ending" => Table::of(py, rows.ending.iter().map(|ending| u32::from(*ending)), ending),
        "ede" => errors(py, rows),
        _ => return Ok(None),
    };
    Ok(Some(Column::Texts(PyArray1::from_vec(py, table.codes), PyList::new(py, table.texts)?)))
}

/// Codes of rows, and the texts that they stand for.
struct Table<'py> {
    codes: Vec<i32>,
    texts: Vec<Bound<'py, PyString>>,
}

impl<'py> Table<'py> {
    /// Number the distinct values in order of their first appearance. All but `NO_TYPE` have at most 16 bits.
    fn of(py: Python<'py>, values: impl Iterator<Item = u32>, text: fn(u32) -> String) -> Self {
        let (mut known, mut texts) = (vec![-1_i32; (1 << 16) + 1], Vec::new());
        let codes = values
            .map(|value| {
                let Some(code) = known.get_mut(value.min(1 << 16) as usize) else { return -1 };
                if *code < 0 {
                    *code = texts.len() as i32;
                    texts.push(PyString::new(py, &text(value)));
                }
                *code
            })
            .collect();
        Self { codes, texts }
    }

    fn get(&self, row: usize) -> Option<&Bound<'py, PyString>> {
        self.texts.get(usize::try_from(*self.codes.get(row)?).ok()?)
    }
}

fn kind(code: u32) -> String {
    dns::KINDS.get(code as usize).copied().unwrap_or_default().to_owned()
}

fn transport(code: u32) -> String {
    dns::TRANSPORTS.get(code as usize).copied().unwrap_or_default().to_owned()
}

fn record_type(number: u32) -> String {
    if number == NO_TYPE { String::new() } else { dns::record_type(number as u16).into_owned() }
}

fn rcode(number: u32) -> String {
    if number == u32::from(NO_RCODE) { String::new() } else { dns::rcode(number as u16).into_owned() }
}

fn operation(number: u32) -> String {
    dns::operation(number as u8).into_owned()
}

fn flags(bits: u32) -> String {
    named(bits, &dns::FLAGS).join(" ")
}

fn seen(bits: u32) -> String {
    named(bits, &dns::SEEN).join(", ")
}

fn ending(code: u32) -> String {
    Ending::ALL.get(code as usize).map_or("", |ending| ending.name()).to_owned()
}

fn named(bits: u32, names: &[&'static str]) -> Vec<&'static str> {
    names.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 != 0).map(|(_, name)| *name).collect()
}

/// Return the column of Extended DNS Errors, which few rows have.
fn errors<'py>(py: Python<'py>, rows: &LookupColumns) -> Table<'py> {
    let mut table = Table { codes: vec![0; rows.len()], texts: vec![PyString::new(py, "")] };
    for (row, text) in &rows.errors {
        if let Some(code) = table.codes.get_mut(*row as usize) {
            *code = table.texts.len() as i32;
            table.texts.push(PyString::new(py, text));
        }
    }
    table
}

fn texts<'py>(py: Python<'py>, codes: &[u32], values: Py<PyList>) -> Column<'py> {
    let codes = codes.iter().map(|code| code.cast_signed()).collect();
    Column::Texts(PyArray1::from_vec(py, codes), values.into_bound(py))
}

/// Return one record per row.
pub(crate) fn records(py: Python<'_>, columns: &mut Columns) -> PyResult<Vec<Record>> {
    let maker = Maker::of(py, "DnsLookup")?;
    let addresses = Texts(columns.list(py, "address")?.into_bound(py));
    let names = Texts(columns.list(py, "lookup_name")?.into_bound(py));
    let rows = &columns.wire.lookups;
    let kinds = Table::of(py, rows.kind.iter().map(|kind| u32::from(*kind)), kind);
    let transports = Table::of(py, rows.transport.iter().map(|transport| u32::from(*transport)), transport);
    let types = Table::of(py, rows.record_type.iter().copied(), record_type);
    let rcodes = Table::of(py, rows.rcode.iter().map(|rcode| u32::from(*rcode)), rcode);
    let flags = Table::of(py, rows.flags.iter().map(|flags| u32::from(*flags)), flags);
    let seen = Table::of(py, rows.seen.iter().map(|seen| u32::from(*seen)), seen);
    let operations = Table::of(py, rows.operation.iter().map(|operation| u32::from(*operation)), operation);
    let endings = Table::of(py, rows.ending.iter().map(|ending| u32::from(*ending)), ending);
    let errors = errors(py, rows);
    let one = |row: usize| {
        let first = (
            rows.time.get(row),
            addresses.get(rows.client.get(row))?,
            rows.client_port.get(row),
            addresses.get(rows.server.get(row))?,
            rows.server_port.get(row),
            rows.started.get(row).filter(|time| !time.is_nan()),
            kinds.get(row),
            transports.get(row),
            names.get(rows.name.get(row))?,
            types.get(row),
            rcodes.get(row),
        )
            .into_pyobject(py)?;
        let second = (
            rows.answers.get(row),
            PyTuple::new(py, rows.addresses(row).iter().map(|address| address::text(*address)).collect::<Vec<_>>())?,
            flags.get(row),
            rows.response_time.get(row).filter(|seconds| !seconds.is_nan()),
            rows.retries.get(row),
            rows.truncated.get(row),
            seen.get(row),
            errors.get(row),
            rows.size.get(row),
            operations.get(row),
            endings.get(row),
        )
            .into_pyobject(py)?;
        maker.make(first.as_sequence().concat(second.as_sequence())?.cast_into::<PyTuple>()?)
    };
    (0..rows.len()).map(one).collect()
}
