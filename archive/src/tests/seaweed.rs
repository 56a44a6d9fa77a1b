//! A real S3 server for tests: SeaweedFS on free ports of this machine, with data in a temporary folder.

#![allow(unreachable_pub, reason = "tests of the program use this too")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The key that the server knows.
pub const ACCESS_KEY: &str = "muniment";
pub const SECRET_KEY: &str = "only-for-tests";

/// A server of its own for one test; it ends with the value.
#[derive(Debug)]
pub struct SeaweedFs {
    process: Child,
    ports: Vec<u16>,
    folder: TempDir,
}

/// Which of the server's ports speaks S3.
const S3_PORT: usize = 6;

impl SeaweedFs {
    /// Starts a server and waits until it answers.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let identity = format!(
            r#"{{"identities": [{{"name": "muniment", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                "credentials": [{{"accessKey": "{ACCESS_KEY}", "secretKey": "{SECRET_KEY}"}}]}}]}}"#
        );
        fs::write(folder.path().join("s3.json"), identity).expect("the identities are written");
        for name in ["data", "tmp"] {
            fs::create_dir(folder.path().join(name)).expect("a folder of the server's");
        }
        // A port may be taken by somebody else before the server has it.
        for _ in 0..5 {
            let ports = free_ports();
            let mut process = spawn(folder.path(), &ports);
            if answers(&mut process, ports[S3_PORT]) {
                return Self { process, ports, folder };
            }
            process.kill().ok();
            process.wait().ok();
        }
        let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        panic!("SeaweedFS does not start: {log}");
    }

    /// The server's address.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[S3_PORT])
    }

    /// Kills the server, with SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }

    /// Starts a server that was killed again, with what it had, and waits until it answers.
    #[allow(dead_code, reason = "tests of the program do not kill it")]
    pub fn start_again(&mut self) {
        for _ in 0..5 {
            self.process = spawn(self.folder.path(), &self.ports);
            if answers(&mut self.process, self.ports[S3_PORT]) {
                return;
            }
            self.kill();
        }
        panic!("SeaweedFS does not start again");
    }

    /// Makes a bucket.
    pub fn make_bucket(&self, name: &str) {
        self.shell(&format!("s3.bucket.create -name {name}"));
    }

    /// Makes a bucket whose objects can be locked (S3 Object Lock).
    pub fn make_bucket_with_locks(&self, name: &str) {
        self.shell(&format!("s3.bucket.create -name {name} -withLock"));
    }

    /// Says something to the server's own shell.
    pub fn shell(&self, line: &str) {
        let master = fs::read_to_string(self.folder.path().join("master")).expect("the master's address");
        let mut shell = Command::new(weed())
            .args(["shell", "-master", &master])
            .env("TMPDIR", self.folder.path().join("tmp"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the shell starts");
        let mut input = shell.stdin.take().expect("the shell's input");
        writeln!(input, "{line}\nexit").expect("the shell listens");
        drop(input);
        let output = shell.wait_with_output().expect("the shell ends");
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for SeaweedFs {
    fn drop(&mut self) {
        self.kill();
        // Sockets beside its ports for gRPC, of which no option says where they lie.
        for port in &self.ports {
            for part in ["master", "volume", "filer", "s3"] {
                fs::remove_file(format!("/tmp/seaweedfs-{part}-grpc-{port}.sock")).ok();
            }
        }
    }
}

/// The server's program, which `scripts/tools.sh test` installs.
fn weed() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let candidates = [root.join(".venv/bin/weed"), root.join("../.venv/bin/weed")];
    let found = candidates.into_iter().find(|path| path.exists());
    found.expect("SeaweedFS is not installed; run: scripts/tools.sh test")
}

fn free_ports() -> Vec<u16> {
    let listeners: Vec<TcpListener> =
        (0..8).map(|_| TcpListener::bind(("127.0.0.1", 0)).expect("a free port")).collect();
    listeners.iter().map(|listener| listener.local_addr().expect("a bound port").port()).collect()
}

/// Starts the server on eight ports.
fn spawn(folder: &Path, ports: &[u16]) -> Child {
    let (master, grpc) = (ports[0], ports[1]);
    fs::write(folder.join("master"), format!("127.0.0.1:{master}.{grpc}")).expect("a file");
    let names = [
        "master.port",
        "master.port.grpc",
        "volume.port",
        "volume.port.grpc",
        "filer.port",
        "filer.port.grpc",
        "s3.port",
        "s3.port.grpc",
    ];
    let log = fs::File::create(folder.join("log")).expect("a log");
    Command::new(weed())
        .arg("server")
        .args(["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", "-volume.max=40"])
        .args(["-master.volumeSizeLimitMB=128", "-master.telemetry=false"])
        // These listen on one port whatever else is said, so a second server would not come up.
        .args(["-s3.port.iceberg=0", "-s3.port.lance=0"])
        .arg(format!("-dir={}", folder.join("data").display()))
        // Else these sockets lie in /tmp and stay there.
        .arg(format!("-filer.localSocket={}", folder.join("filer.sock").display()))
        .arg(format!("-s3.localSocket={}", folder.join("s3.sock").display()))
        .env("TMPDIR", folder.join("tmp"))
        .arg(format!("-s3.config={}", folder.join("s3.json").display()))
        .args(names.iter().zip(ports).map(|(name, port)| format!("-{name}={port}")))
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("SeaweedFS is started")
}

/// Whether the server comes to answer a request, which it refuses without a signature.
fn answers(process: &mut Child, port: u16) -> bool {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline && matches!(process.try_wait(), Ok(None)) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
            stream.set_read_timeout(Some(Duration::from_secs(5))).ok();
            stream.write_all(b"GET / HTTP/1.0\r\n\r\n").ok();
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).ok();
            if line.contains(" 403 ") {
                return true;
            }
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    false
}
