//! The parent's side: starts a child, hears it, and ends it.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::CHILD_ARGUMENT;
use super::wire::{Answer, Message, Order, Task};
use crate::{Error, Limits, Monitor};

/// The most that a child may answer: the text of 5,000 dense pages is a tenth of it.
const MOST_ANSWER_BYTES: u64 = 512 << 20;

/// The most of a child's complaints that is kept.
const MOST_COMPLAINT_BYTES: u64 = 16 << 10;

/// What a child is told of the environment: where programs and the recogniser's data are.
const KEPT_VARIABLES: [&str; 2] = ["PATH", "LD_LIBRARY_PATH"];

/// Bytes of a file that a child goes through in a second at least: hashing, skimming and copying, on a slow disk.
const BYTES_A_SECOND: u64 = 16 << 20;

/// How much there is to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) pages: u32,
    /// Of the files that the child reads itself.
    pub(super) bytes: u64,
}

impl Size {
    /// One look, and no file.
    pub(super) const NOTHING: Self = Self { pages: 1, bytes: 0 };
}

/// Lets a child do `task` on the document `name` of this size; `bytes` follow the order.
pub(super) fn run(
    program: &Path,
    name: &str,
    limits: &Limits,
    size: Size,
    task: Task,
    bytes: &[u8],
    monitor: &dyn Monitor,
) -> Result<Answer, Error> {
    // Before its first page a child goes through the whole file.
    let seconds = limits.page_seconds.max(1).saturating_add(size.bytes / BYTES_A_SECOND);
    let processor_seconds =
        seconds.max(limits.ocr_seconds).saturating_mul(u64::from(size.pages).saturating_add(1));
    let order = Order { limits: limits.clone(), processor_seconds, task };
    let mut order = serde_json::to_vec(&order).map_err(|error| Error::NotContained(error.to_string()))?;
    order.push(b'\n');
    let failed = |error: io::Error| Error::NotContained(format!("a child does not start: {error}"));
    let mut child = start(program).map_err(failed)?;
    let (Some(mut input), Some(output), Some(complaints)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Error::NotContained("a child's pipes are missing".to_owned()));
    };
    let (sender, messages) = channel();
    thread::scope(|scope| {
        // A child that does not read its order is judged by its end, not by the broken pipe.
        scope.spawn(move || input.write_all(&order).and_then(|()| input.write_all(bytes)));
        scope.spawn(move || hear(output, &sender));
        let complaints = scope.spawn(move || {
            let mut text = Vec::new();
            let _ = complaints.take(MOST_COMPLAINT_BYTES).read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut end = None;
        let mut overdue = false;
        loop {
            match messages.recv_timeout(Duration::from_secs(seconds)) {
                Ok(Message::Page { page, of }) => monitor.page_done(page, of),
                Ok(last) => end = Some(last),
                Err(RecvTimeoutError::Timeout) => {
                    overdue = true;
                    break;
                }
                // It closed its output: it has ended, or is to be ended.
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = finish(&mut child);
        let complaints = complaints.join().unwrap_or_default();
        let status = status.map_err(|error| Error::NotContained(format!("a child is lost: {error}")))?;
        match end {
            _ if overdue => Err(Error::TookTooLong { name: name.to_owned(), seconds }),
            Some(Message::Done(answer)) if status.success() => Ok(answer),
            Some(Message::Failed(error)) if status.success() => Err(error),
            _ => Err(verdict(name, limits, status, &complaints)),
        }
    })
}

fn start(program: &Path) -> io::Result<Child> {
    let kept = KEPT_VARIABLES.iter().filter_map(|&name| Some((name, env::var_os(name)?)));
    Command::new(program)
        .arg(CHILD_ARGUMENT)
        .env_clear()
        .envs(kept)
        .current_dir("/")
        // A group of its own, so that what it starts can be ended with it.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// Passes a child's messages on until it closes its output, babbles, or says too much.
fn hear(output: ChildStdout, sender: &Sender<Message>) {
    let mut reader = BufReader::new(output.take(MOST_ANSWER_BYTES));
    let mut line = Vec::new();
    while let Ok(1..) = reader.read_until(b'\n', &mut line) {
        let Ok(message) = serde_json::from_slice(&line) else { return };
        if sender.send(message).is_err() {
            return;
        }
        line.clear();
    }
}

/// Ends a child's whole group, and leaves no zombie.
///
/// The child is not yet waited for, so its number, which is the group's, cannot be another's. A child that has ended by
/// itself keeps the status that it ended with.
fn finish(child: &mut Child) -> io::Result<ExitStatus> {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    child.wait()
}

/// Why a child ended without an answer.
fn verdict(name: &str, limits: &Limits, status: ExitStatus, complaints: &str) -> Error {
    let name = name.to_owned();
    // The words of Rust's own handler, which then aborts.
    let no_memory =
        complaints.contains("memory allocation of") || complaints.contains("Cannot allocate memory");
    match status.signal().and_then(Signal::from_named_raw) {
        _ if no_memory => Error::TookTooMuchMemory { name, limit: limits.memory_bytes },
        Some(Signal::XCPU) => Error::TookTooLong { name, seconds: limits.page_seconds },
        Some(Signal::XFSZ) => Error::TooLarge {
            name,
            detail: format!("what it becomes is over the limit of {} bytes", limits.output_bytes),
        },
        _ => Error::Crashed { name, detail: status.to_string() },
    }
}
