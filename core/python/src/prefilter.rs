//! The crate `prefilter`: which exchanges no rule of a WAF can match.

use std::sync::Arc;

use prefilter::{Check, Condition, Exchange, Limits, Part, Step, Subject, Test, Which};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

type PySubject = (String, Option<Vec<u8>>, Vec<Vec<u8>>, bool);
type PyStep = (String, Option<(String, usize, Vec<u8>, Vec<u8>)>);
type PyTest = (Vec<PySubject>, Vec<PyStep>, bool, (String, Vec<u8>, Vec<Vec<u8>>), bool);

/// See `core.pyi`.
#[pyclass(frozen)]
pub(crate) struct Prefilter(pub(crate) Arc<prefilter::Prefilter>);

#[pymethods]
impl Prefilter {
    #[new]
    fn new(conditions: Vec<(String, Vec<PyTest>)>, most_arguments: usize, longest_body: usize) -> PyResult<Self> {
        let conditions = conditions.into_iter().map(condition).collect::<PyResult<Vec<_>>>()?;
        let limits = Limits { arguments: most_arguments, body: longest_body };
        prefilter::Prefilter::new(&conditions, limits).map(|made| Self(Arc::new(made))).map_err(PyValueError::new_err)
    }

    #[getter]
    fn unbounded(&self) -> Vec<String> {
        self.0.unbounded().to_vec()
    }

    fn may_match(&self, request: &[u8], request_body: &[u8], response: &[u8], response_body: &[u8]) -> bool {
        self.0.may_match(&exchange(request, request_body, response, response_body))
    }

    fn reason(&self, request: &[u8], request_body: &[u8], response: &[u8], response_body: &[u8]) -> Option<String> {
        self.0.reason(&exchange(request, request_body, response, response_body)).map(str::to_owned)
    }
}

fn exchange<'a>(
    request_head: &'a [u8],
    request_body: &'a [u8],
    response_head: &'a [u8],
    response_body: &'a [u8],
) -> Exchange<'a> {
    Exchange { request_head, request_body, response_head, response_body }
}

fn condition((rule, tests): (String, Vec<PyTest>)) -> PyResult<Condition> {
    Ok(Condition { rule, tests: tests.into_iter().map(test).collect::<PyResult<_>>()? })
}

fn test((subjects, steps, at_each_step, check, negated): PyTest) -> PyResult<Test> {
    let (name, argument, list) = check;
    Ok(Test {
        subjects: subjects.into_iter().map(subject).collect::<PyResult<_>>()?,
        steps: steps.into_iter().map(step).collect(),
        at_each_step,
        check: Check::named(&name, &argument, list).ok_or_else(|| unknown("operator", &name))?,
        negated,
    })
}

fn subject((part, name, except, counted): PySubject) -> PyResult<Subject> {
    let which = match name {
        Some(name) => Which::Named(name),
        None if except.is_empty() => Which::All,
        None => Which::Except(except),
    };
    Ok(Subject { part: Part::named(&part).ok_or_else(|| unknown("part", &part))?, which, counted })
}

fn step((name, capture): PyStep) -> Step {
    match capture {
        Some((pattern, group, before, after)) => Step::Capture { pattern, group, before, after },
        None => Step::named(&name),
    }
}

fn unknown(what: &str, name: &str) -> PyErr {
    PyValueError::new_err(format!("unknown {what}: {name}"))
}
