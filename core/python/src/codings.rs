//! Content codings.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Undo the content codings of a body; see `core.pyi`.
#[pyfunction]
pub(crate) fn decode_content<'py>(
    py: Python<'py>,
    body: &[u8],
    codings: &[u8],
    longest: usize,
) -> (Bound<'py, PyBytes>, String, bool) {
    let decoded = py.detach(|| codings::decode(body, codings, longest));
    (PyBytes::new(py, &decoded.plain), decoded.problem, decoded.more)
}
