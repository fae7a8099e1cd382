//! The crate `features`: describes requests in a few bytes.

use pyo3::prelude::*;

/// See `core.pyi`.
#[pyfunction]
pub(crate) fn request_features(head: &[u8], body: &[u8]) -> String {
    let mut text = String::with_capacity(2 * features::COUNT);
    if let Some(vector) = features::of(head, body) {
        vector.write_hex(&mut text);
    }
    text
}

/// See `core.pyi`.
#[pyfunction]
pub(crate) fn feature_names() -> Vec<&'static str> {
    features::NAMES.to_vec()
}
