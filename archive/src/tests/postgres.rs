//! A real PostgreSQL server for tests, on a free port of this machine, with data in a temporary folder.

#![allow(unreachable_pub, dead_code, reason = "tests of the program use this too, each its part")]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A server; it ends with the value.
#[derive(Debug)]
pub struct Postgres {
    process: Mutex<Child>,
    port: u16,
    folder: TempDir,
    schemas: AtomicU32,
}

impl Postgres {
    /// The server of this process, which ends with its last user.
    pub fn shared() -> Arc<Self> {
        static SERVER: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
        server.upgrade().unwrap_or_else(|| {
            let started = Arc::new(Self::start());
            *server = Arc::downgrade(&started);
            started
        })
    }

    /// Starts a server of its own and waits until it answers.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        if is_root() {
            // PostgreSQL refuses to run as root; its package has made an account.
            let owned = Command::new("chown").arg("postgres").arg(folder.path()).status();
            assert!(owned.is_ok_and(|status| status.success()), "there is no account postgres");
        }
        let data = folder.path().join("data");
        let made = program("initdb")
            .args(["-A", "trust", "-U", "muniment", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        // A port may be taken by somebody else before the server has it.
        for _ in 0..5 {
            let port = free_port();
            let mut process = spawn(folder.path(), port);
            if answers(&mut process, port) {
                return Self { process: Mutex::new(process), port, folder, schemas: AtomicU32::new(0) };
            }
            process.kill().ok();
            process.wait().ok();
        }
        let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        panic!("PostgreSQL does not start: {log}");
    }

    /// The address of its database.
    pub fn address(&self) -> String {
        format!("postgres://muniment@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    /// The name of a schema that nobody uses yet.
    pub fn new_schema(&self) -> String {
        format!("muniment_{}", self.schemas.fetch_add(1, Ordering::Relaxed))
    }

    /// Kills the server in the midst of what it does, and starts it again.
    pub fn kill_and_restart(&self) {
        self.kill();
        self.start_again();
    }

    /// Kills the server in the midst of what it does.
    pub fn kill(&self) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        // Its other processes see that the first one is gone, and end.
        process.kill().expect("the server is killed");
        process.wait().expect("the server ends");
    }

    /// Starts a server that was killed, with what it had, and waits until it answers.
    pub fn start_again(&self) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            *process = spawn(self.folder.path(), self.port);
            // Until the last of them has ended, a new server refuses to start.
            if answers(&mut process, self.port) {
                return;
            }
            process.kill().ok();
            process.wait().ok();
            assert!(Instant::now() < deadline, "PostgreSQL does not start again");
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let process = self.process.get_mut().unwrap_or_else(PoisonError::into_inner);
        process.kill().ok();
        process.wait().ok();
        // The others of its processes end by themselves; what they still write is not waited for.
        fs::remove_dir_all(self.folder.path()).ok();
    }
}

fn spawn(folder: &Path, port: u16) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).expect("a log");
    program("postgres")
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"])
        .arg("-c")
        .arg(format!("unix_socket_directories={}", folder.display()))
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("PostgreSQL is started")
}

fn answers(process: &mut Child, port: u16) -> bool {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline && matches!(process.try_wait(), Ok(None)) {
        let asked = program("pg_isready").args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]).status();
        if asked.is_ok_and(|status| status.success()) {
            return true;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    false
}

/// A program of PostgreSQL, which Debian does not put on the path, run under an account that it accepts.
fn program(name: &str) -> Command {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let paths = versions.map(|version| version.path().join("bin").join(name));
    let found = paths.filter(|path| path.exists()).max().unwrap_or_else(|| PathBuf::from(name));
    if !is_root() {
        return Command::new(found);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(found);
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").expect("this process").uid() == 0
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("a bound port").port()
}
