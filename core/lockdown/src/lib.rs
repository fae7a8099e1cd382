//! Restricts this process to what it still needs: Landlock for files, TCP and signals, seccomp for system calls.
//!
//! Restrictions are never lifted and are inherited. What the kernel lacks is left out, because this is defence in
//! depth; the result says what is in force. On other systems nothing is.

#![forbid(unsafe_code)]

use std::path::PathBuf;

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
mod calls;
#[cfg(target_os = "linux")]
mod files;

/// What the process may still do. Everything that is not named here is refused.
#[derive(Default)]
pub struct Grants {
    /// Files and folders to read.
    pub read: Vec<PathBuf>,
    /// Folders to read, write, create and delete in.
    pub write: Vec<PathBuf>,
    /// Folders to create files in, and to write to files.
    pub create: Vec<PathBuf>,
    /// Device files to read, write and control.
    pub devices: Vec<PathBuf>,
    /// Families of sockets (`AF_INET`) that may be made.
    pub families: Vec<i32>,
    /// Whether TCP connections may be made.
    pub connects: bool,
}

/// What is in force.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct InForce {
    /// The version of Landlock's interface; 0 without Landlock.
    pub landlock: i32,
    /// Whether system calls are filtered.
    pub seccomp: bool,
}

/// Lock this process down. No other thread may be running: Landlock would not apply to it.
pub fn lock(grants: &Grants) -> InForce {
    InForce { landlock: restrict_files(grants), seccomp: refuse_calls(grants) }
}

#[cfg(target_os = "linux")]
fn restrict_files(grants: &Grants) -> i32 {
    files::restrict(grants).unwrap_or_default()
}

#[cfg(not(target_os = "linux"))]
fn restrict_files(_: &Grants) -> i32 {
    0
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
fn refuse_calls(grants: &Grants) -> bool {
    calls::refuse(&grants.families).is_ok()
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))))]
fn refuse_calls(_: &Grants) -> bool {
    false
}
