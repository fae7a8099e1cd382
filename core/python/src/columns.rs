//! Columns of a batch as NumPy arrays, and their dictionaries as lists.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use wire::address;
use wire::datagrams::{Datagram, DnsAnswer, IpPacket};
use wire::owners::Owner;
use wire::records::{Batch as WireBatch, Codes, Ending, NO_REQUEST};

use crate::batch::Kind;
use crate::contents;
use crate::handshakes;
use crate::lookups;
use crate::quic;
use crate::strains;

/// A column for Python.
pub(crate) enum Column<'py> {
    /// Codes, and the texts they stand for.
    Texts(Bound<'py, PyArray1<i32>>, Bound<'py, PyList>),
    /// Whole numbers.
    Integers(Bound<'py, PyArray1<i64>>),
    /// Times or durations in seconds.
    Floats(Bound<'py, PyArray1<f64>>),
}

/// Codes of the rows of `asked`, and the list of their texts.
struct AskedTexts {
    codes: Vec<i32>,
    values: Py<PyList>,
}

/// The columns derived from requests that were asked for so far, as bits. What was asked for once is asked for again.
#[derive(Debug, Default)]
pub(crate) struct Habit(AtomicU8);

impl Habit {
    fn note(&self, name: &str) {
        if let Some(bit) = DERIVED.iter().position(|(known, _)| *known == name) {
            self.0.fetch_or(1 << bit, Ordering::Relaxed);
        }
    }

    /// Derive the columns that will be asked for, in any thread.
    pub(crate) fn prepare(&self, wire: &WireBatch) -> HashMap<&'static str, Codes> {
        let bits = self.0.load(Ordering::Relaxed);
        let wanted = DERIVED.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 != 0);
        wanted.map(|(_, (name, derive))| (*name, derive(wire))).collect()
    }
}

type Derive = fn(&WireBatch) -> Codes;

/// Columns of requests that are derived from others, which takes time for each row.
const DERIVED: [(&str, Derive); 5] = [
    ("target", WireBatch::targets),
    ("authority", WireBatch::authorities),
    ("domain", WireBatch::domains),
    ("path", WireBatch::paths),
    ("section", WireBatch::sections),
];

/// A batch of the crate `wire`, and the lists of texts created from it.
pub(crate) struct Columns {
    pub(crate) wire: WireBatch,
    pub(crate) packets: Vec<IpPacket>,
    pub(crate) answers: Vec<DnsAnswer>,
    /// Indexes of packets and of DNS answers in the list of datagrams.
    pub(crate) packet_places: Vec<usize>,
    pub(crate) answer_places: Vec<usize>,
    lists: HashMap<&'static str, Py<PyList>>,
    asked: HashMap<String, AskedTexts>,
    prepared: HashMap<&'static str, Codes>,
    habit: Option<Arc<Habit>>,
}

impl Columns {
    pub(crate) fn new(mut wire: WireBatch) -> Self {
        let (mut packets, mut answers) = (Vec::new(), Vec::new());
        let (mut packet_places, mut answer_places) = (Vec::new(), Vec::new());
        for (place, datagram) in std::mem::take(&mut wire.datagrams).into_iter().enumerate() {
            match datagram {
                Datagram::Packet(packet) => {
                    packets.push(packet);
                    packet_places.push(place);
                }
                Datagram::Answer(answer) => {
                    answers.push(answer);
                    answer_places.push(place);
                }
            }
        }
        let (lists, asked) = (HashMap::new(), HashMap::new());
        let (prepared, habit) = (HashMap::new(), None);
        Self { wire, packets, answers, packet_places, answer_places, lists, asked, prepared, habit }
    }

    /// Use columns that were derived before, and note which others are asked for.
    pub(crate) fn prepared(self, prepared: HashMap<&'static str, Codes>, habit: Arc<Habit>) -> Self {
        Self { prepared, habit: Some(habit), ..self }
    }

    pub(crate) fn len(&self, kind: Kind) -> usize {
        match kind {
            Kind::Request => self.wire.requests.len(),
            Kind::Exchange => self.wire.exchanges.time.len(),
            Kind::Connection => self.wire.connections.len(),
            Kind::Hello => self.wire.hellos.len(),
            Kind::Handshake => self.wire.handshakes.len(),
            Kind::Packet => self.packets.len(),
            Kind::Answer => self.answers.len(),
            Kind::Quic => self.wire.quic.len(),
            Kind::Lookup => self.wire.lookups.len(),
            Kind::Content => self.wire.contents.len(),
            Kind::Strain => self.wire.strains.len(),
            Kind::Other => 0,
        }
    }

    /// Return a column; None if the kind has no such column.
    pub(crate) fn column<'py>(&mut self, py: Python<'py>, kind: Kind, name: &str) -> PyResult<Option<Column<'py>>> {
        Ok(match kind {
            Kind::Request => self.of_requests(py, name)?,
            Kind::Exchange => self.of_exchanges(py, name)?,
            Kind::Connection => self.of_connections(py, name)?,
            Kind::Hello => self.of_hellos(py, name)?,
            Kind::Handshake => handshakes::column(py, &self.wire.handshakes, name)?,
            Kind::Packet => self.of_packets(py, name)?,
            Kind::Answer => self.of_answers(py, name)?,
            Kind::Quic => quic::column(py, &self.wire.quic, name)?,
            Kind::Lookup => lookups::column(self, py, name)?,
            Kind::Content => contents::column(py, &self.wire.contents, name),
            Kind::Strain => strains::column(py, &self.wire.strains, name)?,
            Kind::Other => None,
        })
    }

    fn of_requests<'py>(&mut self, py: Python<'py>, name: &str) -> PyResult<Option<Column<'py>>> {
        let asked = &self.wire.asked;
        let rows = self.wire.requests.iter().map(|row| *row as usize);
        let found = match name {
            "time" => floats(py, rows.filter_map(|row| asked.time.get(row).copied())),
            "client_port" => {
                integers(py, rows.filter_map(|row| asked.client_port.get(row).map(|port| i64::from(*port))))
            }
            "server_port" => {
                integers(py, rows.filter_map(|row| asked.server_port.get(row).map(|port| i64::from(*port))))
            }
            "ordinal" => integers(py, rows.filter_map(|row| asked.ordinal.get(row).map(|number| *number as i64))),
            _ => {
                let rows: Vec<u32> = self.wire.requests.clone();
                return self.gathered(py, name, &rows);
            }
        };
        Ok(Some(found))
    }

    fn of_exchanges<'py>(&mut self, py: Python<'py>, name: &str) -> PyResult<Option<Column<'py>>> {
        let columns = &self.wire.exchanges;
        let asked = |row: &u32| *row as usize;
        let found = match name {
            "time" => floats(py, columns.time.iter().copied()),
            "request_time" => {
                let times = &self.wire.asked.time;
                floats(py, columns.asked.iter().map(|row| times.get(asked(row)).copied().unwrap_or(f64::NAN)))
            }
            "response_time" => floats(py, columns.response_time.iter().copied()),
            "total_time" => floats(py, columns.total_time.iter().copied()),
            "duration" => {
                let times = &self.wire.asked.time;
                let started = |row: &u32| times.get(asked(row)).copied().unwrap_or(f64::NAN);
                floats(py, columns.time.iter().zip(&columns.asked).map(|(end, row)| end - started(row)))
            }
            "answered" => floats(py, columns.answered.iter().copied()),
            "client_port" => integers(py, columns.client_port.iter().map(|port| i64::from(*port))),
            "server_port" => integers(py, columns.server_port.iter().map(|port| i64::from(*port))),
            "status" => integers(py, columns.status.iter().copied()),
            "request_bytes" => integers(py, columns.request_bytes.iter().copied()),
            "response_bytes" => integers(py, columns.response_bytes.iter().copied()),
            "missing_bytes" => integers(py, columns.missing_bytes.iter().copied()),
            "ordinal" => {
                let ordinals = &self.wire.asked.ordinal;
                integers(
                    py,
                    columns.asked.iter().map(|row| ordinals.get(asked(row)).map_or(-1, |number| *number as i64)),
                )
            }
            "client" => return self.address_column(py, columns.client.iter().map(|code| code.cast_signed()).collect()),
            "server" => return self.address_column(py, columns.server.iter().map(|code| code.cast_signed()).collect()),
            "source" => return self.address_column(py, columns.sources().into_iter().map(u32::cast_signed).collect()),
            "content_type" => {
                let codes = columns.content_type.iter().map(|code| code.cast_signed()).collect();
                Column::Texts(PyArray1::from_vec(py, codes), self.list(py, "content_type")?.into_bound(py))
            }
            "response_headers" => {
                let codes = columns.headers.iter().map(|code| code.cast_signed()).collect();
                Column::Texts(PyArray1::from_vec(py, codes), self.list(py, "headers")?.into_bound(py))
            }
            "ending" => {
                let codes = columns.ending.iter().map(|code| i32::from(*code)).collect();
                Column::Texts(PyArray1::from_vec(py, codes), self.list(py, "ending")?.into_bound(py))
            }
            "domain" => return self.exchange_domains(py),
            "grpc_status" => integers(py, columns.dense(-1, |row| row.grpc_status.map_or(-1, i64::from)).into_iter()),
            "control_frames" => integers(py, columns.dense(0, |row| row.control_frames.cast_signed()).into_iter()),
            "fragments" => integers(py, columns.dense(0, |row| row.fragments.cast_signed()).into_iter()),
            "close_code" => integers(py, columns.dense(-1, |row| row.close_code.map_or(-1, i64::from)).into_iter()),
            "request_messages" => integers(py, columns.dense(0, |row| row.request_messages.cast_signed()).into_iter()),
            "response_messages" => {
                integers(py, columns.dense(0, |row| row.response_messages.cast_signed()).into_iter())
            }
            "first_message_time" => {
                let seconds = columns.dense(f64::NAN, |row| row.first_message_time.unwrap_or(f64::NAN));
                floats(py, seconds.into_iter())
            }
            "oddities" => texts(py, columns.oddity_texts())?,
            "response_oddities" => integers(py, columns.response_oddities().into_iter()),
            "protocol" => texts(py, self.wire.protocols())?,
            "operation" => texts(py, self.wire.operations())?,
            "close_reason" => texts(py, self.wire.close_reasons())?,
            "process_id" => integers(py, columns.owners.process_ids(columns.time.len()).into_iter()),
            name if let Some(text) = owner_text(name) => texts(py, columns.owners.texts(columns.time.len(), text))?,
            "tls_version" => texts(py, self.wire.tls_versions())?,
            "server_name" => texts(py, self.wire.server_names())?,
            _ => {
                let rows = columns.asked.clone();
                return self.gathered(py, name, &rows);
            }
        };
        Ok(Some(found))
    }

    /// Return the domains of exchanges. Without a request it is the server's address.
    fn exchange_domains<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Column<'py>>> {
        let addresses = self.list(py, "address")?;
        let Some(domains) = self.asked_texts(py, "domain")? else {
            return Ok(None);
        };
        let (codes, values) = (domains.codes.clone(), domains.values.clone_ref(py));
        let exchanges = &self.wire.exchanges;
        if !exchanges.asked.contains(&NO_REQUEST) {
            return self.gathered(py, "domain", &exchanges.asked.clone());
        }
        let shift = values.bind(py).len() as i32;
        let rows = exchanges.asked.iter().zip(&exchanges.server);
        let codes =
            rows.map(|(row, server)| codes.get(*row as usize).copied().unwrap_or_else(|| shift + server.cast_signed()));
        let all = values.bind(py).as_sequence().concat(addresses.bind(py).as_sequence())?.cast_into::<PyList>()?;
        Ok(Some(Column::Texts(PyArray1::from_vec(py, codes.collect()), all)))
    }

    fn address_column<'py>(&mut self, py: Python<'py>, codes: Vec<i32>) -> PyResult<Option<Column<'py>>> {
        Ok(Some(Column::Texts(PyArray1::from_vec(py, codes), self.list(py, "address")?.into_bound(py))))
    }

    /// Return a text of requests at these rows of `asked`; None if there is no request.
    fn gathered<'py>(&mut self, py: Python<'py>, name: &str, rows: &[u32]) -> PyResult<Option<Column<'py>>> {
        Ok(self.asked_texts(py, name)?.map(|texts| {
            let codes = rows.iter().map(|row| texts.codes.get(*row as usize).copied().unwrap_or(-1)).collect();
            Column::Texts(PyArray1::from_vec(py, codes), texts.values.bind(py).clone())
        }))
    }

    fn asked_texts(&mut self, py: Python<'_>, name: &str) -> PyResult<Option<&AskedTexts>> {
        if !self.asked.contains_key(name) {
            let Some(made) = self.make_asked(py, name)? else {
                return Ok(None);
            };
            self.asked.insert(name.to_owned(), made);
        }
        Ok(self.asked.get(name))
    }

    fn make_asked(&mut self, py: Python<'_>, name: &str) -> PyResult<Option<AskedTexts>> {
        let asked = &self.wire.asked;
        let (codes, list) = match name {
            "client" => (&asked.client, "address"),
            "server" => (&asked.server, "address"),
            "method" => (&asked.method, "method"),
            "host" => (&asked.host, "host"),
            "version" => (&asked.version, "version"),
            "user_agent" => (&asked.user_agent, "user_agent"),
            "referrer" => (&asked.referrer, "referrer"),
            "request_headers" => (&asked.headers, "headers"),
            "source" => (&asked.sources(), "address"),
            _ => return self.derive(name).map(|codes| derived(py, codes)).transpose(),
        };
        let codes = codes.iter().map(|code| code.cast_signed()).collect();
        Ok(Some(AskedTexts { codes, values: self.list(py, list)? }))
    }

    /// Return a derived column of requests; None if there is no such column.
    fn derive(&mut self, name: &str) -> Option<Codes> {
        let (_, derive) = DERIVED.iter().find(|(known, _)| *known == name)?;
        if let Some(habit) = &self.habit {
            habit.note(name);
        }
        Some(self.prepared.remove(name).unwrap_or_else(|| derive(&self.wire)))
    }

    /// Return the texts of one of the batch's dictionaries.
    pub(crate) fn list(&mut self, py: Python<'_>, name: &'static str) -> PyResult<Py<PyList>> {
        if let Some(known) = self.lists.get(name) {
            return Ok(known.clone_ref(py));
        }
        let wire = &self.wire;
        let texts = match name {
            "address" => &wire.addresses,
            "method" => &wire.methods,
            "host" => &wire.hosts,
            "version" => &wire.versions,
            "user_agent" => &wire.user_agents,
            "referrer" => &wire.referrers,
            "content_type" => &wire.content_types,
            "lookup_name" => &wire.lookups.names,
            "headers" if wire.headers.is_empty() => return self.keep(py, name, vec![""]),
            "headers" => &wire.headers,
            _ => return self.keep(py, name, Ending::ALL.iter().map(|ending| ending.name()).collect()),
        };
        let texts = texts.texts().map(|text| PyString::new(py, text)).collect::<Vec<_>>();
        let made = PyList::new(py, texts)?.unbind();
        self.lists.insert(name, made.clone_ref(py));
        Ok(made)
    }

    fn keep(&mut self, py: Python<'_>, name: &'static str, texts: Vec<&str>) -> PyResult<Py<PyList>> {
        let made = PyList::new(py, texts)?.unbind();
        self.lists.insert(name, made.clone_ref(py));
        Ok(made)
    }

    fn of_connections<'py>(&mut self, py: Python<'py>, name: &str) -> PyResult<Option<Column<'py>>> {
        let rows = &self.wire.connections;
        Ok(Some(match name {
            "time" => floats(py, rows.iter().map(|row| row.time)),
            "started" => floats(py, rows.iter().map(|row| row.started)),
            "connect_time" => floats(py, rows.iter().map(|row| row.connect_time.unwrap_or(f64::NAN))),
            "client_port" => integers(py, rows.iter().map(|row| i64::from(row.client.1))),
            "server_port" => integers(py, rows.iter().map(|row| i64::from(row.server.1))),
            "requests" => integers(py, rows.iter().map(|row| row.requests as i64)),
            "resent_bytes" => integers(py, rows.iter().map(|row| row.resent_bytes as i64)),
            "client" => coded(py, rows.iter().map(|row| address::text(row.client.0)))?,
            "server" => coded(py, rows.iter().map(|row| address::text(row.server.0)))?,
            "ending" => coded(py, rows.iter().map(|row| row.ending.name().to_owned()))?,
            _ => return Ok(None),
        }))
    }

    fn of_hellos<'py>(&mut self, py: Python<'py>, name: &str) -> PyResult<Option<Column<'py>>> {
        let rows = &self.wire.hellos;
        Ok(Some(match name {
            "time" => floats(py, rows.iter().map(|row| row.time)),
            "client_port" => integers(py, rows.iter().map(|row| i64::from(row.client.1))),
            "server_port" => integers(py, rows.iter().map(|row| i64::from(row.server.1))),
            "client" => coded(py, rows.iter().map(|row| address::text(row.client.0)))?,
            "server" => coded(py, rows.iter().map(|row| address::text(row.server.0)))?,
            "server_name" => coded(py, rows.iter().map(|row| row.server_name.clone()))?,
            _ => return Ok(None),
        }))
    }

    fn of_packets<'py>(&mut self, py: Python<'py>, name: &str) -> PyResult<Option<Column<'py>>> {
        let rows = &self.packets;
        Ok(Some(match name {
            "time" => floats(py, rows.iter().map(|row| row.time)),
            "protocol" => integers(py, rows.iter().map(|row| i64::from(row.protocol))),
            "source_port" => integers(py, rows.iter().map(|row| i64::from(row.source_port))),
            "destination_port" => integers(py, rows.iter().map(|row| i64::from(row.destination_port))),
            "length" => integers(py, rows.iter().map(|row| row.length as i64)),
            "source" => coded(py, rows.iter().map(|row| address::text(row.source)))?,
            "destination" => coded(py, rows.iter().map(|row| address::text(row.destination)))?,
            _ => return Ok(None),
        }))
    }

    fn of_answers<'py>(&mut self, py: Python<'py>, name: &str) -> PyResult<Option<Column<'py>>> {
        let rows = &self.answers;
        Ok(Some(match name {
            "time" => floats(py, rows.iter().map(|row| row.time)),
            "code" => integers(py, rows.iter().map(|row| i64::from(row.code))),
            "client" => coded(py, rows.iter().map(|row| address::text(row.client)))?,
            "server" => coded(py, rows.iter().map(|row| address::text(row.server)))?,
            "name" => coded(py, rows.iter().map(|row| row.name.clone()))?,
            _ => return Ok(None),
        }))
    }
}

/// Return the text of an owner in a column; None if it is not one of theirs.
fn owner_text(name: &str) -> Option<fn(&Owner) -> &str> {
    Some(match name {
        "process" => |owner| &owner.process,
        "user" => |owner| &owner.user,
        "container" => |owner| &owner.container,
        "container_id" => |owner| &owner.container_id,
        "container_image" => |owner| &owner.container_image,
        "pod" => |owner| &owner.pod,
        _ => return None,
    })
}

pub(crate) fn floats<'py>(py: Python<'py>, values: impl Iterator<Item = f64>) -> Column<'py> {
    Column::Floats(PyArray1::from_vec(py, values.collect()))
}

pub(crate) fn integers<'py>(py: Python<'py>, values: impl Iterator<Item = i64>) -> Column<'py> {
    Column::Integers(PyArray1::from_vec(py, values.collect()))
}

pub(crate) fn coded<'py>(py: Python<'py>, texts: impl Iterator<Item = impl AsRef<str>>) -> PyResult<Column<'py>> {
    let mut codes = Codes::default();
    for text in texts {
        codes.push(Some(text.as_ref()));
    }
    self::texts(py, codes)
}

fn texts(py: Python<'_>, codes: Codes) -> PyResult<Column<'_>> {
    let made = derived(py, codes)?;
    Ok(Column::Texts(PyArray1::from_vec(py, made.codes), made.values.into_bound(py)))
}

fn derived(py: Python<'_>, codes: Codes) -> PyResult<AskedTexts> {
    let texts = codes.texts.texts().map(|text| PyString::new(py, text)).collect::<Vec<_>>();
    Ok(AskedTexts { codes: codes.codes, values: PyList::new(py, texts)?.unbind() })
}
