//! The crate `lockdown`: locks this process down.

use std::path::PathBuf;

use lockdown::{Grants, lock};
use pyo3::prelude::*;

/// See `core.pyi`.
#[pyfunction]
#[pyo3(signature = (*, read, write, create, devices, families, connects))]
pub(crate) fn lock_down(
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
    create: Vec<PathBuf>,
    devices: Vec<PathBuf>,
    families: Vec<i32>,
    connects: bool,
) -> (i32, bool) {
    let in_force = lock(&Grants { read, write, create, devices, families, connects });
    (in_force.landlock, in_force.seccomp)
}
