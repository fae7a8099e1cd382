//! seccomp: system calls that the program never makes, and that an attacker would (seccomp(2)).
//!
//! They fail with EPERM, as without the right to make them: nothing is killed, because a library may just be trying.

use std::collections::BTreeMap;
use std::env::consts::ARCH;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter_all_threads, sock_filter,
};

/// Calls that are always refused, by reason.
const REFUSED: &[&[c_long]] = &[
    // Another program: commands for alerts run in a process of their own.
    &[libc::SYS_execve, libc::SYS_execveat],
    // The memory and the files of another process.
    &[libc::SYS_ptrace, libc::SYS_process_vm_readv, libc::SYS_process_vm_writev, libc::SYS_process_madvise],
    &[libc::SYS_pidfd_getfd, libc::SYS_kcmp],
    // Parts of the kernel with many holes.
    &[libc::SYS_bpf, libc::SYS_perf_event_open, libc::SYS_userfaultfd],
    &[libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register],
    &[libc::SYS_add_key, libc::SYS_request_key, libc::SYS_keyctl],
    // Other namespaces and file systems, and files by number instead of by path.
    &[libc::SYS_unshare, libc::SYS_setns, libc::SYS_chroot, libc::SYS_pivot_root],
    &[libc::SYS_mount, libc::SYS_umount2, libc::SYS_move_mount, libc::SYS_mount_setattr, libc::SYS_open_tree],
    &[OPEN_TREE_ATTR, libc::SYS_fsopen, libc::SYS_fsconfig, libc::SYS_fsmount, libc::SYS_fspick],
    &[libc::SYS_name_to_handle_at, libc::SYS_open_by_handle_at],
    // The machine: root that stays root may make these.
    &[libc::SYS_init_module, libc::SYS_finit_module, libc::SYS_delete_module],
    &[libc::SYS_kexec_load, libc::SYS_kexec_file_load, libc::SYS_reboot],
    &[libc::SYS_swapon, libc::SYS_swapoff, libc::SYS_acct, libc::SYS_quotactl, libc::SYS_syslog],
    &[libc::SYS_clock_settime, libc::SYS_clock_adjtime, libc::SYS_adjtimex, libc::SYS_settimeofday],
    &[libc::SYS_sethostname, libc::SYS_setdomainname, libc::SYS_personality, libc::SYS_vhangup],
];

/// Calls of this processor only.
#[cfg(target_arch = "x86_64")]
const OWN: &[c_long] = &[libc::SYS_fork, libc::SYS_vfork, libc::SYS_iopl, libc::SYS_ioperm, libc::SYS_modify_ldt];
#[cfg(not(target_arch = "x86_64"))]
const OWN: &[c_long] = &[];

/// Requests to a terminal that type for its user: TIOCSTI and TIOCLINUX, asm-generic/ioctls.h.
const TYPING: [u64; 2] = [0x5412, 0x541c];
const OPEN_TREE_ATTR: c_long = 467;
/// The last call known to us, of Linux 6.17. Later ones do not exist for the program, nor do those of x32.
const LAST: u32 = 469;

const BPF_LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS, linux/bpf_common.h
const BPF_RETURN: u16 = 0x06; // BPF_RET | BPF_K
const BPF_EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const BPF_GREATER: u16 = 0x25; // BPF_JMP | BPF_JGT | BPF_K

/// Refuse these calls, and sockets of other families, for all threads.
pub(crate) fn refuse(families: &[i32]) -> Result<(), Error> {
    let refused = refused(families)?;
    apply_filter_all_threads(&missing())?;
    apply_filter_all_threads(&refused)
}

fn refused(families: &[i32]) -> Result<BpfProgram, BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.iter().copied().flatten().chain(OWN).map(|&call| (call, Vec::new())).collect();
    rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![masked(0, libc::CLONE_THREAD as u64, 0)?])?]);
    rules.insert(libc::SYS_socket, sockets(families)?);
    rules.insert(libc::SYS_ioctl, TYPING.iter().copied().map(control).collect::<Result<_, _>>()?);
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, TargetArch::try_from(ARCH)?)?.try_into()
}

/// Rules that match sockets of other families than these, and raw ones.
fn sockets(families: &[i32]) -> Result<Vec<SeccompRule>, BackendError> {
    if families.is_empty() {
        return Ok(Vec::new());
    }
    let others = families.iter().map(|&family| is(0, SeccompCmpOp::Ne, family as u64)).collect::<Result<_, _>>()?;
    Ok(vec![SeccompRule::new(others)?, SeccompRule::new(vec![masked(1, 0xf, libc::SOCK_RAW as u64)?])?])
}

/// A rule that matches a request to a terminal.
fn control(request: u64) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![is(1, SeccompCmpOp::Eq, request)?])
}

fn masked(argument: u8, mask: u64, value: u64) -> Result<SeccompCondition, BackendError> {
    is(argument, SeccompCmpOp::MaskedEq(mask), value)
}

fn is(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}

/// A filter for what this kernel shall not have: `clone3`, whose flags no filter can read (the C library then uses
/// `clone`), and calls that are newer than this list.
fn missing() -> BpfProgram {
    let absent = u32::from(SeccompAction::Errno(libc::ENOSYS as u32));
    vec![
        step(BPF_LOAD, 0, 0, 0),
        step(BPF_GREATER, 2, 0, LAST),
        step(BPF_EQUAL, 1, 0, libc::SYS_clone3 as u32),
        step(BPF_RETURN, 0, 0, u32::from(SeccompAction::Allow)),
        step(BPF_RETURN, 0, 0, absent),
    ]
}

fn step(code: u16, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refused_call_is_a_known_one() {
        let unknown: Vec<_> =
            REFUSED.iter().copied().flatten().chain(OWN).filter(|&&call| call > LAST.into()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn a_granted_family_adds_a_condition() -> Result<(), BackendError> {
        let lengths = [refused(&[])?.len(), refused(&[libc::AF_UNIX])?.len(), refused(&[1, 2, 10])?.len()];
        assert!(lengths.is_sorted_by(|a, b| a < b), "{lengths:?}");
        Ok(())
    }
}
