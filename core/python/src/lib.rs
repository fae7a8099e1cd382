//! The crate `wire` as a Python module. Nothing is decided here: types are converted, and the GIL is released meanwhile.
//!
//! `core.pyi` is the contract.

mod batch;
mod columns;
mod decoder;
mod frames;
mod rows;

use pyo3::prelude::*;

#[pymodule]
mod http_monitor_core {
    #[pymodule_export]
    use super::batch::{Batch, Table};
    #[pymodule_export]
    use super::decoder::Decoder;
    #[pymodule_export]
    use super::frames::{pcap_frames, pcapng_frames, ring_frames};
}

/// An attribute of one of our Python modules.
pub(crate) fn attribute<'py>(py: Python<'py>, module: &str, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(module)?.getattr(name)
}
