//! The crates `wire`, `features`, `codings`, `patterns`, `prefilter`, `proxy` and `lockdown` as a Python module. It only converts types and
//! releases the GIL while they work.
//!
//! `core.pyi` is the contract.

mod batch;
mod codings;
mod columns;
mod contents;
mod decoder;
mod decoders;
mod described;
mod frames;
mod handshakes;
mod lock;
mod lookups;
mod owners;
mod patterns;
mod prefilter;
mod proxy;
mod quic;
mod rows;
mod strains;
mod tails;

use pyo3::prelude::*;

#[pymodule]
mod http_monitor_core {
    #[pymodule_export]
    use super::batch::{Batch, Table};
    #[pymodule_export]
    use super::codings::decode_content;
    #[pymodule_export]
    use super::decoder::Decoder;
    #[pymodule_export]
    use super::decoders::Decoders;
    #[pymodule_export]
    use super::described::{feature_names, request_features};
    #[pymodule_export]
    use super::frames::{pcap_frames, pcapng_frames, ring_frames};
    #[pymodule_export]
    use super::lock::lock_down;
    #[pymodule_export]
    use super::patterns::{Keywords, Patterns, card_numbers, ibans};
    #[pymodule_export]
    use super::prefilter::Prefilter;
    #[pymodule_export]
    use super::proxy::Proxy;
}

/// Import an attribute of one of our Python modules.
pub(crate) fn attribute<'py>(py: Python<'py>, module: &str, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(module)?.getattr(name)
}
