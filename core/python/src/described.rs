//! The crate `features`: describes requests in a few bytes.

use pyo3::prelude::*;

/// See `core.pyi`.
#[pyfunction]
pub(crate) fn request_features(head: &[u8], body: &[u8]) -> String {
    features::of(head, body).map(|vector| vector.hex()).unwrap_or_default()
}

/// See `core.pyi`.
#[pyfunction]
pub(crate) fn feature_names() -> Vec<&'static str> {
    features::NAMES.to_vec()
}
