//! Builds Python records from rows, for callers that need single ones: the log, filters, and plug-ins.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple, PyType};
use wire::address;
use wire::records::{Ending, Kind as Given, NO_REQUEST, NO_STATUS};

use crate::attribute;
use crate::batch::Kind;
use crate::columns::Columns;
use crate::contents;
use crate::handshakes;
use crate::lookups;
use crate::owners;
use crate::quic;
use crate::strains;
use crate::tails::Tails;

pub(crate) type Record = Py<PyAny>;

/// Records already built; those of one kind are built together.
#[derive(Default)]
pub(crate) struct Rows {
    /// Requests by row of `asked`.
    asked: Option<Vec<Record>>,
    exchanges: Option<Vec<Record>>,
    contents: Option<Vec<Record>>,
}

/// Builds named tuples of one class directly, because their constructor, written in Python, takes four times as long.
pub(crate) struct Maker<'py> {
    class: Bound<'py, PyType>,
    new: Bound<'py, PyAny>,
}

impl<'py> Maker<'py> {
    pub(crate) fn of(py: Python<'py>, class: &str) -> PyResult<Self> {
        let class = attribute(py, "traffic.records", class)?.cast_into::<PyType>()?;
        Ok(Self { class, new: attribute(py, "builtins", "tuple")?.getattr("__new__")? })
    }

    pub(crate) fn make(&self, fields: Bound<'py, PyTuple>) -> PyResult<Record> {
        Ok(self.new.call1((&self.class, fields))?.unbind())
    }
}

/// A list of texts as Python objects, ready for records.
pub(crate) struct Texts<'py>(pub(crate) Bound<'py, PyList>);

impl<'py> Texts<'py> {
    pub(crate) fn get(&self, code: Option<&u32>) -> PyResult<Bound<'py, PyAny>> {
        self.0.get_item(code.copied().unwrap_or_default() as usize)
    }
}

impl Rows {
    /// Return all records in the order in which they were emitted.
    pub(crate) fn all<'py>(&mut self, py: Python<'py>, columns: &mut Columns) -> PyResult<Bound<'py, PyList>> {
        let kinds = [Kind::Request, Kind::Exchange, Kind::Connection, Kind::Hello, Kind::Handshake, Kind::Quic];
        let mut lists =
            kinds.into_iter().map(|kind| Ok(self.of(py, columns, kind)?.into_iter())).collect::<PyResult<Vec<_>>>()?;
        let mut datagrams = self.datagrams(py, columns)?.into_iter();
        let mut lookups = lookups::records(py, columns)?.into_iter();
        let mut contents = self.of(py, columns, Kind::Content)?.into_iter();
        let mut strains = strains::records(py, &columns.wire.strains)?.into_iter();
        let mut found = Vec::with_capacity(columns.wire.order.len());
        for given in &columns.wire.order {
            let next = match given {
                Given::Datagram => datagrams.next().map(|record| record.into_bound(py)),
                Given::Content => contents.next(),
                Given::Lookup => lookups.next().map(|record| record.into_bound(py)),
                Given::Strain => strains.next().map(|record| record.into_bound(py)),
                _ => lists.get_mut(*given as usize).and_then(Iterator::next),
            };
            found.extend(next);
        }
        PyList::new(py, found)
    }

    /// Return the records of one kind.
    pub(crate) fn of<'py>(
        &mut self,
        py: Python<'py>,
        columns: &mut Columns,
        kind: Kind,
    ) -> PyResult<Bound<'py, PyList>> {
        match kind {
            Kind::Request => {
                let asked = self.asked(py, columns)?;
                let rows = columns.wire.requests.iter().filter_map(|row| asked.get(*row as usize));
                PyList::new(py, rows.collect::<Vec<_>>())
            }
            Kind::Exchange => PyList::new(py, self.exchanges(py, columns)?),
            Kind::Connection => PyList::new(py, connections(py, columns)?),
            Kind::Hello => PyList::new(py, hellos(py, columns)?),
            Kind::Handshake => {
                let maker = Maker::of(py, "TlsHandshake")?;
                let rows = columns.wire.handshakes.iter().map(|row| maker.make(handshakes::fields(py, row)?));
                PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)
            }
            Kind::Packet => PyList::new(py, packets(py, columns)?),
            Kind::Answer => PyList::new(py, answers(py, columns)?),
            Kind::Quic => PyList::new(py, quic::records(py, &columns.wire.quic)?),
            Kind::Lookup => PyList::new(py, lookups::records(py, columns)?),
            Kind::Content => PyList::new(py, self.contents(py, columns)?),
            Kind::Strain => PyList::new(py, strains::records(py, &columns.wire.strains)?),
            Kind::Other => Ok(PyList::empty(py)),
        }
    }

    fn datagrams(&mut self, py: Python<'_>, columns: &Columns) -> PyResult<Vec<Record>> {
        let mut all: Vec<(usize, Record)> = Vec::new();
        all.extend(columns.packet_places.iter().copied().zip(packets(py, columns)?));
        all.extend(columns.answer_places.iter().copied().zip(answers(py, columns)?));
        all.sort_by_key(|(place, _)| *place);
        Ok(all.into_iter().map(|(_, record)| record).collect())
    }

    fn asked(&mut self, py: Python<'_>, columns: &mut Columns) -> PyResult<&Vec<Record>> {
        if self.asked.is_none() {
            self.asked = Some(requests(py, columns)?);
        }
        Ok(self.asked.get_or_insert_default())
    }

    fn contents(&mut self, py: Python<'_>, columns: &mut Columns) -> PyResult<&Vec<Record>> {
        if self.contents.is_none() {
            self.contents = Some(contents::records(py, columns)?);
        }
        Ok(self.contents.get_or_insert_default())
    }

    fn exchanges(&mut self, py: Python<'_>, columns: &mut Columns) -> PyResult<&Vec<Record>> {
        if self.exchanges.is_none() {
            let asked = self.asked(py, columns)?;
            self.exchanges = Some(exchanges(py, columns, asked)?);
        }
        Ok(self.exchanges.get_or_insert_default())
    }
}

fn requests(py: Python<'_>, columns: &mut Columns) -> PyResult<Vec<Record>> {
    let maker = Maker::of(py, "Request")?;
    let mut texts = |name| Ok::<_, PyErr>(Texts(columns.list(py, name)?.into_bound(py)));
    let (addresses, methods, hosts) = (texts("address")?, texts("method")?, texts("host")?);
    let (versions, user_agents, referrers) = (texts("version")?, texts("user_agent")?, texts("referrer")?);
    let headers = texts("headers")?;
    let asked = &columns.wire.asked;
    let sources = asked.sources();
    let one = |row: usize| {
        let first = (
            asked.time.get(row),
            addresses.get(asked.client.get(row))?,
            asked.client_port.get(row),
            addresses.get(asked.server.get(row))?,
            asked.server_port.get(row),
            methods.get(asked.method.get(row))?,
            hosts.get(asked.host.get(row))?,
            asked.target(row),
            versions.get(asked.version.get(row))?,
            user_agents.get(asked.user_agent.get(row))?,
            referrers.get(asked.referrer.get(row))?,
            asked.ordinal.get(row),
        )
            .into_pyobject(py)?;
        let second = (headers.get(asked.headers.get(row))?, addresses.get(sources.get(row))?).into_pyobject(py)?;
        maker.make(first.as_sequence().concat(second.as_sequence())?.cast_into::<PyTuple>()?)
    };
    (0..asked.len()).map(one).collect()
}

fn exchanges(py: Python<'_>, columns: &mut Columns, asked: &[Record]) -> PyResult<Vec<Record>> {
    let maker = Maker::of(py, "Exchange")?;
    let mut texts = |name| Ok::<_, PyErr>(Texts(columns.list(py, name)?.into_bound(py)));
    let (addresses, content_types, endings) = (texts("address")?, texts("content_type")?, texts("ending")?);
    let headers = texts("headers")?;
    let rows = &columns.wire.exchanges;
    let sources = rows.sources();
    let (mut odd, mut tails) = (rows.oddities.iter().peekable(), Tails::of(py, &columns.wire)?);
    let mut described = rows.features.iter().peekable();
    let owned = owners::Fields::of(py, &rows.owners)?;
    let mut made = Vec::with_capacity(rows.time.len());
    for row in 0..rows.time.len() {
        let odd = odd.next_if(|odd| odd.row as usize == row);
        let request = rows.asked.get(row).filter(|asked| **asked != NO_REQUEST);
        let ending = u32::from(rows.ending.get(row).copied().unwrap_or(Ending::Complete as u8));
        let first = (
            rows.time.get(row),
            addresses.get(rows.client.get(row))?,
            rows.client_port.get(row),
            addresses.get(rows.server.get(row))?,
            rows.server_port.get(row),
            request.and_then(|place| asked.get(*place as usize)),
            rows.status.get(row).filter(|status| **status != NO_STATUS),
            rows.request_bytes.get(row),
        )
            .into_pyobject(py)?;
        let second = (
            rows.response_bytes.get(row),
            rows.response_time.get(row).filter(|seconds| !seconds.is_nan()),
            rows.total_time.get(row).filter(|seconds| !seconds.is_nan()),
            content_types.get(rows.content_type.get(row))?,
            rows.missing_bytes.get(row),
            endings.get(Some(&ending))?,
            rows.answered.get(row).filter(|seconds| !seconds.is_nan()),
            PyTuple::new(py, odd.map(|odd| odd.names.as_slice()).unwrap_or_default())?,
            headers.get(rows.headers.get(row))?,
        )
            .into_pyobject(py)?;
        let third = tails.row(row)?;
        let of_response = odd.map_or(0, |odd| odd.of_response);
        let features = described.next_if(|(described, _)| *described as usize == row);
        let features = features.map_or_else(String::new, |(_, features)| features.hex());
        let last = (addresses.get(sources.get(row))?, of_response, features).into_pyobject(py)?;
        let fields = first.as_sequence().concat(second.as_sequence())?.concat(third.as_sequence())?;
        let fields = fields.concat(owned.row(row).as_sequence())?;
        let fields = fields.concat(last.as_sequence())?;
        made.push(maker.make(fields.cast_into::<PyTuple>()?)?);
    }
    Ok(made)
}

fn connections(py: Python<'_>, columns: &Columns) -> PyResult<Vec<Record>> {
    let maker = Maker::of(py, "TcpConnection")?;
    let one = |row: &wire::records::ConnectionRow| {
        let fields = (
            row.time,
            address::text(row.client.0),
            row.client.1,
            address::text(row.server.0),
            row.server.1,
            row.started,
            row.connect_time,
            row.requests,
            row.resent_bytes,
            row.ending.name(),
        );
        maker.make(fields.into_pyobject(py)?)
    };
    columns.wire.connections.iter().map(one).collect()
}

fn hellos(py: Python<'_>, columns: &Columns) -> PyResult<Vec<Record>> {
    let maker = Maker::of(py, "TlsHello")?;
    let one = |row: &wire::records::HelloRow| {
        let (client, server) = (address::text(row.client.0), address::text(row.server.0));
        let fields = (row.time, client, row.client.1, server, row.server.1, &row.server_name);
        maker.make(fields.into_pyobject(py)?)
    };
    columns.wire.hellos.iter().map(one).collect()
}

fn packets(py: Python<'_>, columns: &Columns) -> PyResult<Vec<Record>> {
    let maker = Maker::of(py, "IpPacket")?;
    let one = |row: &wire::datagrams::IpPacket| {
        let (source, destination) = (address::text(row.source), address::text(row.destination));
        let fields = (row.time, source, destination, row.protocol, row.source_port, row.destination_port, row.length);
        maker.make(fields.into_pyobject(py)?)
    };
    columns.packets.iter().map(one).collect()
}

fn answers(py: Python<'_>, columns: &Columns) -> PyResult<Vec<Record>> {
    let maker = Maker::of(py, "DnsAnswer")?;
    let one = |row: &wire::datagrams::DnsAnswer| {
        let addresses =
            PyTuple::new(py, row.addresses.iter().map(|address| address::text(*address)).collect::<Vec<_>>())?;
        let fields = (row.time, address::text(row.client), address::text(row.server), &row.name, row.code, addresses);
        maker.make(fields.into_pyobject(py)?)
    };
    columns.answers.iter().map(one).collect()
}
