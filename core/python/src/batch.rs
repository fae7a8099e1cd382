//! A batch and its tables, as described in `traffic.batch`.

use std::collections::HashMap;

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyType};
use wire::records::Batch as WireBatch;

use crate::attribute;
use crate::columns::{Column, Columns};
use crate::rows::Rows;

/// A kind of record with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Request,
    Exchange,
    Connection,
    Hello,
    Handshake,
    Packet,
    Answer,
    Quic,
    Lookup,
    Content,
    Strain,
    /// Any other class, whose table is empty.
    Other,
}

impl Kind {
    fn of(class: &Bound<'_, PyType>) -> PyResult<Self> {
        Ok(match class.name()?.to_str()? {
            "Request" => Self::Request,
            "Exchange" => Self::Exchange,
            "TcpConnection" => Self::Connection,
            "TlsHello" => Self::Hello,
            "TlsHandshake" => Self::Handshake,
            "IpPacket" => Self::Packet,
            "DnsAnswer" => Self::Answer,
            "QuicConnection" => Self::Quic,
            "DnsLookup" => Self::Lookup,
            "Content" => Self::Content,
            "Strain" => Self::Strain,
            _ => Self::Other,
        })
    }
}

/// Records of all kinds; see `core.pyi`.
#[pyclass(module = "http_monitor_core")]
pub(crate) struct Batch {
    columns: Columns,
    rows: Rows,
    /// Columns already given to Python.
    given: HashMap<(Kind, String), Py<PyAny>>,
}

impl Batch {
    pub(crate) fn new(wire: WireBatch) -> Self {
        Self::of(Columns::new(wire))
    }

    pub(crate) fn of(columns: Columns) -> Self {
        Self { columns, rows: Rows::default(), given: HashMap::new() }
    }

    /// Return a column, created on first use.
    fn column(&mut self, py: Python<'_>, kind: Kind, name: String, texts: bool) -> PyResult<Py<PyAny>> {
        if let Some(known) = self.given.get(&(kind, name.clone())) {
            return Ok(known.clone_ref(py));
        }
        let made = match self.columns.column(py, kind, &name)? {
            Some(Column::Texts(codes, values)) if texts => {
                attribute(py, "traffic.batch", "Texts")?.call1((codes, values))?
            }
            Some(Column::Integers(numbers)) if !texts => numbers.into_any(),
            Some(Column::Floats(numbers)) if !texts => numbers.into_any(),
            _ => return Err(PyKeyError::new_err(name)),
        };
        let made = made.unbind();
        self.given.insert((kind, name), made.clone_ref(py));
        Ok(made)
    }
}

#[pymethods]
impl Batch {
    fn __len__(&self) -> usize {
        self.columns.wire.order.len()
    }

    /// Return the records of one kind.
    fn table(slf: Bound<'_, Self>, kind: &Bound<'_, PyType>) -> PyResult<Table> {
        Ok(Table { kind: Kind::of(kind)?, batch: slf.unbind() })
    }

    /// Return all records in the order in which they were emitted.
    fn records<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let Self { columns, rows, .. } = self;
        rows.all(py, columns)
    }
}

/// The records of one kind; see `core.pyi`.
#[pyclass(frozen, module = "http_monitor_core")]
pub(crate) struct Table {
    kind: Kind,
    batch: Py<Batch>,
}

#[pymethods]
impl Table {
    fn __len__(&self, py: Python<'_>) -> usize {
        self.batch.borrow(py).columns.len(self.kind)
    }

    /// Return a column of texts: codes and the texts they stand for.
    fn texts(&self, py: Python<'_>, name: String) -> PyResult<Py<PyAny>> {
        self.batch.borrow_mut(py).column(py, self.kind, name, true)
    }

    /// Return a column of numbers.
    fn numbers(&self, py: Python<'_>, name: String) -> PyResult<Py<PyAny>> {
        self.batch.borrow_mut(py).column(py, self.kind, name, false)
    }

    /// Return the features of requests: of each exchange, a row of bytes.
    fn features<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<u8>>> {
        if self.kind != Kind::Exchange {
            return Err(PyKeyError::new_err("features"));
        }
        let bytes = self.batch.borrow(py).columns.wire.features();
        let rows = bytes.len() / features::COUNT;
        PyArray1::from_vec(py, bytes).reshape([rows, features::COUNT])
    }

    /// Return one record per row.
    fn records<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let mut batch = self.batch.borrow_mut(py);
        let Batch { columns, rows, .. } = &mut *batch;
        rows.of(py, columns, self.kind)
    }
}
