//! The crate `patterns`: finds texts in bodies.

use patterns::{Match, Rule};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// See `core.pyi`.
#[pyclass(frozen, module = "http_monitor_core")]
pub(crate) struct Patterns(patterns::Patterns);

#[pymethods]
impl Patterns {
    #[new]
    fn new(rules: Vec<(String, Vec<String>, f64, Vec<String>)>) -> PyResult<Self> {
        let rules: Vec<Rule> = rules
            .into_iter()
            .map(|(regex, keywords, entropy, allow)| Rule { regex, keywords, entropy, allow })
            .collect();
        let wrong = |error: patterns::RuleError| PyValueError::new_err((error.text, error.rule));
        patterns::Patterns::new(&rules).map(Self).map_err(wrong)
    }

    fn find(&self, py: Python<'_>, text: &[u8], most: usize) -> Vec<(usize, usize, usize)> {
        let found = py.detach(|| self.0.find(text, most));
        found.into_iter().map(|Match { rule, start, end }| (rule, start, end)).collect()
    }
}

/// See `core.pyi`.
#[pyclass(frozen, module = "http_monitor_core")]
pub(crate) struct Keywords(patterns::Keywords);

#[pymethods]
impl Keywords {
    #[new]
    fn new(keywords: Vec<Vec<u8>>) -> PyResult<Self> {
        patterns::Keywords::new(&keywords).map(Self).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    fn find(&self, py: Python<'_>, text: &[u8]) -> Vec<usize> {
        py.detach(|| self.0.find(text))
    }
}

/// See `core.pyi`.
#[pyfunction]
pub(crate) fn card_numbers(py: Python<'_>, text: &[u8], most: usize) -> (Vec<(usize, usize)>, usize) {
    let found = py.detach(|| patterns::cards(text, most));
    (found.places, found.alike)
}

/// See `core.pyi`.
#[pyfunction]
pub(crate) fn ibans(py: Python<'_>, text: &[u8], most: usize) -> Vec<(usize, usize)> {
    py.detach(|| patterns::ibans(text, most))
}
