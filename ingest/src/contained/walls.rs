//! What a child gives up before it opens a file.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use serde::{Deserialize, Serialize};

use crate::{Error, Limits};

/// Files that a child may have open at a time, pipes to its recognisers included.
const MOST_OPEN_FILES: u64 = 512;

/// The walls that a child found itself behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walls {
    /// Whether an attempt to reach the network failed.
    pub network_closed: bool,
    /// Which files can be reached.
    pub files: FileAccess,
}

/// Which files a child can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileAccess {
    /// Its own only.
    Narrowed,
    /// Its own only, but for some ways that the kernel does not guard yet.
    PartlyNarrowed,
    /// All of the user's: the kernel has no Landlock.
    Open,
}

impl fmt::Display for Walls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let network = if self.network_closed { "no network" } else { "THE NETWORK IS OPEN" };
        let files = match self.files {
            FileAccess::Narrowed => "no files but a document's own",
            FileAccess::PartlyNarrowed => "no files but a document's own, as far as the kernel guards them",
            FileAccess::Open => "all files of the user can be read (the kernel has no Landlock)",
        };
        write!(f, "memory and time limited, {network}, {files}")
    }
}

/// The files that a child needs for its document, and folders that they may lie in.
#[derive(Default)]
pub(super) struct Places<'a> {
    pub(super) read: Vec<&'a Path>,
    pub(super) write: Option<&'a Path>,
}

/// Builds the walls; there is no way back.
pub(super) fn build(limits: &Limits, processor_seconds: u64, places: &Places<'_>) -> Result<Walls, Error> {
    let refused = |what: &str, error: &dyn fmt::Display| Error::NotContained(format!("{what}: {error}"));
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| refused("death signal", &error))?;
    let limited = [
        (Resource::Core, 0),
        (Resource::Data, limits.memory_bytes),
        (Resource::Cpu, processor_seconds),
        (Resource::Fsize, limits.output_bytes),
        (Resource::Nofile, MOST_OPEN_FILES),
    ];
    for (resource, most) in limited {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(|error| refused("a resource limit", &error))?;
    }
    let files = narrow_files(places).map_err(|error| refused("file access", &error))?;
    let filter = filter().map_err(|error| refused("system call filter", &error))?;
    seccompiler::apply_filter(&filter).map_err(|error| refused("system call filter", &error))?;
    Ok(Walls { network_closed: UdpSocket::bind(("127.0.0.1", 0)).is_err(), files })
}

/// The system calls that a child does without: the network, other processes, the kernel's keys and mounts, and the ways
/// around this filter. They fail as if not permitted, for a program that tries one has to go on without.
const FORBIDDEN_CALLS: [i64; 40] = [
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
];

fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let not_permitted = libc::EPERM.unsigned_abs();
    let rules: BTreeMap<i64, Vec<seccompiler::SeccompRule>> =
        FORBIDDEN_CALLS.iter().map(|&call| (call, Vec::new())).collect();
    let architecture = env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(not_permitted), architecture)?
        .try_into()
}

/// What programs need to run, and the recogniser's program as Debian installs it.
const SYSTEM_PLACES: [&str; 9] = [
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/opt",
    "/etc/ld.so.cache",
    "/dev/urandom",
    "/sys/devices/system/cpu",
    "/proc/cpuinfo",
];

/// Leaves the places of the document and of the system, where the kernel can.
fn narrow_files(places: &Places<'_>) -> Result<FileAccess, RulesetError> {
    // The newest rights that are asked for; an older kernel guards those that it knows.
    const KNOWN: ABI = ABI::V5;
    let read = AccessFs::from_read(KNOWN);
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))?
        .create()?
        .add_rules(path_beneath_rules(SYSTEM_PLACES, read))?
        .add_rules(path_beneath_rules(split("PATH"), read))?
        .add_rules(path_beneath_rules(["/dev/null"], AccessFs::ReadFile | AccessFs::WriteFile))?
        .add_rules(path_beneath_rules(&places.read, AccessFs::ReadFile))?
        .add_rules(path_beneath_rules(places.write, AccessFs::from_all(KNOWN) & !AccessFs::Execute))?
        .restrict_self()?;
    // What the kernel says is believed only where it can be seen.
    let is_open = File::open("/etc/passwd").is_ok();
    Ok(match status.ruleset {
        _ if is_open => FileAccess::Open,
        RulesetStatus::FullyEnforced => FileAccess::Narrowed,
        RulesetStatus::PartiallyEnforced => FileAccess::PartlyNarrowed,
        RulesetStatus::NotEnforced => FileAccess::Open,
    })
}

/// The absolute folders in a variable like `PATH`.
fn split(variable: &str) -> Vec<PathBuf> {
    let value: OsString = env::var_os(variable).unwrap_or_default();
    env::split_paths(&value).filter(|path| path.is_absolute()).collect()
}
