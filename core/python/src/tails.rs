//! The last fields of exchange records, from `protocol` on: what protocols other than HTTP/1 add.

use std::iter::Peekable;
use std::slice::Iter;

use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use wire::records::{Batch as WireBatch, Codes, Details};

/// Builds these fields row by row. Rows without details share one tuple per protocol, since most rows have none.
pub(crate) struct Tails<'py, 'a> {
    py: Python<'py>,
    protocols: Codes,
    names: Vec<Bound<'py, PyString>>,
    /// Fields of a row without details, by the code of its protocol.
    plain: Vec<Bound<'py, PyTuple>>,
    details: Peekable<Iter<'a, (u32, Details)>>,
}

impl<'py, 'a> Tails<'py, 'a> {
    pub(crate) fn of(py: Python<'py>, wire: &'a WireBatch) -> PyResult<Self> {
        let protocols = wire.protocols();
        let names: Vec<_> = protocols.texts.texts().map(|name| PyString::new(py, name)).collect();
        let plain = names.iter().map(|name| fields(py, name, &Details::default())).collect::<PyResult<_>>()?;
        Ok(Self { py, protocols, names, plain, details: wire.exchanges.details.iter().peekable() })
    }

    /// Return the fields of a row; rows must be asked for in ascending order.
    pub(crate) fn row(&mut self, row: usize) -> PyResult<Bound<'py, PyTuple>> {
        let code = self.protocols.codes.get(row).copied().unwrap_or_default().cast_unsigned() as usize;
        let details = self.details.next_if(|(place, _)| *place as usize == row).map(|(_, details)| details);
        match (details, self.names.get(code), self.plain.get(code)) {
            (Some(details), Some(name), _) => fields(self.py, name, details),
            (None, _, Some(plain)) => Ok(plain.clone()),
            _ => fields(self.py, &PyString::new(self.py, ""), &Details::default()),
        }
    }
}

fn fields<'py>(py: Python<'py>, protocol: &Bound<'py, PyString>, details: &Details) -> PyResult<Bound<'py, PyTuple>> {
    let Details { operation, grpc_status, request_messages, response_messages, .. } = details;
    let Details { first_message_time, close_code, close_reason, control_frames, fragments, secured, .. } = details;
    let (version, server_name) =
        secured.as_ref().map_or(("", ""), |secured| (secured.version.as_str(), secured.server_name.as_str()));
    (
        protocol,
        operation,
        grpc_status,
        request_messages,
        response_messages,
        first_message_time,
        close_code,
        close_reason,
        control_frames,
        fragments,
        version,
        server_name,
    )
        .into_pyobject(py)
}
