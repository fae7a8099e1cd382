//! Owners of connections: what the resolver reports, and the fields of exchange records from `process` on.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use wire::address;
use wire::owners::{End, Listener, Owner};
use wire::records::OwnerColumn;

/// Process, its number, user; container, its number and image; pod.
pub(crate) type OwnerFields = (String, Option<u32>, String, String, String, String, String);
/// Address and port of the client, and of the server.
pub(crate) type Ends = (String, u16, String, u16);
/// The ends of a connection, when its owner was found, and its place in a list of owners.
pub(crate) type Connection = (String, u16, String, u16, f64, usize);
/// Network, address and port of a socket, whether several processes share it, and its owner's place in a list.
pub(crate) type ListenerFields = (u32, String, u16, bool, usize);

/// A connection and its owner, found at a time.
pub(crate) type Learned = (End, End, f64, Arc<Owner>);

/// Convert the ends of a connection.
pub(crate) fn written((client, server): (End, End)) -> Ends {
    (address::text(client.0), client.1, address::text(server.0), server.1)
}

/// Convert connections and their owners.
pub(crate) fn connections(owners: Vec<OwnerFields>, connections: Vec<Connection>) -> PyResult<Vec<Learned>> {
    let owners = read(owners);
    let one = |(client, client_port, server, server_port, time, place): Connection| {
        let ends = ((parsed(&client)?, client_port), (parsed(&server)?, server_port));
        Ok((ends.0, ends.1, time, owner(&owners, place)?))
    };
    connections.into_iter().map(one).collect()
}

/// Convert listening sockets and their owners.
pub(crate) fn listeners(owners: Vec<OwnerFields>, listeners: Vec<ListenerFields>) -> PyResult<Vec<Listener>> {
    let owners = read(owners);
    let one = |(network, address, port, shared, place): ListenerFields| {
        Ok(Listener { network, end: (parsed(&address)?, port), shared, owner: owner(&owners, place)? })
    };
    listeners.into_iter().map(one).collect()
}

/// Convert the addresses of this host, each with its network.
pub(crate) fn local(addresses: Vec<(String, u32)>) -> PyResult<HashMap<IpAddr, u32>> {
    addresses.into_iter().map(|(address, network)| Ok((parsed(&address)?, network))).collect()
}

fn read(owners: Vec<OwnerFields>) -> Vec<Arc<Owner>> {
    let one = |fields: OwnerFields| {
        let (process, process_id, user, container, container_id, container_image, pod) = fields;
        Arc::new(Owner { process, process_id, user, container, container_id, container_image, pod })
    };
    owners.into_iter().map(one).collect()
}

fn parsed(text: &str) -> PyResult<IpAddr> {
    text.parse().map_err(|_| PyValueError::new_err(format!("not an IP address: {text:?}")))
}

fn owner(owners: &[Arc<Owner>], place: usize) -> PyResult<Arc<Owner>> {
    owners.get(place).cloned().ok_or_else(|| PyValueError::new_err(format!("no owner {place}")))
}

/// The fields of exchange records that name the owner. Rows of one owner share a tuple.
pub(crate) struct Fields<'py, 'a> {
    column: &'a OwnerColumn,
    owners: Vec<Bound<'py, PyTuple>>,
    nobody: Bound<'py, PyTuple>,
}

impl<'py, 'a> Fields<'py, 'a> {
    pub(crate) fn of(py: Python<'py>, column: &'a OwnerColumn) -> PyResult<Self> {
        let owners = column.owners().iter().map(|owner| fields(py, owner)).collect::<PyResult<_>>()?;
        Ok(Self { column, owners, nobody: fields(py, &Owner::default())? })
    }

    /// Return the fields of a row.
    pub(crate) fn row(&self, row: usize) -> &Bound<'py, PyTuple> {
        self.column.place(row).and_then(|place| self.owners.get(place)).unwrap_or(&self.nobody)
    }
}

fn fields<'py>(py: Python<'py>, owner: &Owner) -> PyResult<Bound<'py, PyTuple>> {
    let Owner { process, process_id, user, container, container_id, container_image, pod } = owner;
    (process, process_id, user, container, container_id, container_image, pod).into_pyobject(py)
}
