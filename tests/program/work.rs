//! The queue and its workers: on one machine with SQLite, and on several with SeaweedFS and PostgreSQL while they are killed.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::{House, copy_folder, samples};
use crate::postgres::Postgres;
use crate::seaweed::{ACCESS_KEY, SECRET_KEY, SeaweedFs};

/// A page of one bit a pixel that no other number gives: a TIFF without compression.
fn page(number: u32) -> Vec<u8> {
    const WIDTH: u32 = 496;
    const HEIGHT: u32 = 704;
    let row = WIDTH / 8;
    let mut tiff = Vec::new();
    let entries: [(u16, u16, u32, u32); 11] = [
        (256, 4, 1, WIDTH),
        (257, 4, 1, HEIGHT),
        (258, 3, 1, 1),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8 + 2 + 11 * 12 + 4 + 16),
        (278, 4, 1, HEIGHT),
        (279, 4, 1, row * HEIGHT),
        (282, 5, 1, 8 + 2 + 11 * 12 + 4),
        (283, 5, 1, 8 + 2 + 11 * 12 + 4 + 8),
        (296, 3, 1, 2),
    ];
    tiff.extend(b"II*\0\x08\0\0\0");
    tiff.extend(11_u16.to_le_bytes());
    for (tag, kind, count, value) in entries {
        tiff.extend(tag.to_le_bytes());
        tiff.extend(kind.to_le_bytes());
        tiff.extend(count.to_le_bytes());
        tiff.extend(value.to_le_bytes());
    }
    tiff.extend(0_u32.to_le_bytes());
    for _ in 0..2 {
        tiff.extend(100_u32.to_le_bytes());
        tiff.extend(1_u32.to_le_bytes());
    }
    for y in 0..HEIGHT {
        for x in 0..row {
            // The number's bits as bars below each other.
            let is_bar = (8..54).contains(&x) && y / 20 < 32 && number >> (y / 20) & 1 == 1 && y % 20 < 12;
            tiff.push(if is_bar { 0 } else { 0xff });
        }
    }
    tiff
}

/// Writes documents with these numbers into a folder: small pages, each with a result code of its own.
pub fn write_documents(folder: &Path, numbers: std::ops::Range<u32>) {
    fs::create_dir_all(folder).expect("a folder");
    let model = fs::read_to_string(samples().join("0001-business.json")).expect("a sample's metadata");
    for number in numbers {
        let mut fields: Value = serde_json::from_str(&model).expect("metadata");
        fields["result_code"] = json!(format!("000.00.91.H05-251208-{:05}-KQ1", 20_000 + number));
        fields["symbol"] = json!(format!("{number}/GCN-THU"));
        fs::write(folder.join(format!("{number:05}.json")), fields.to_string()).expect("metadata is written");
        fs::write(folder.join(format!("{number:05}.tif")), page(number)).expect("a page is written");
    }
}

fn count(house: &House, state: &str) -> u64 {
    let queue = house.run(["--json", "queue"]).expect(0).json();
    queue["count"][state].as_u64().expect("a count")
}

#[test]
fn what_is_queued_is_kept_and_workers_empty_the_queue() {
    let house = House::without_ocr();
    let scans = house.path("scans");
    write_documents(&scans, 0..6);
    let args = ["--json", "take", "--queue", scans.to_str().expect("a path")];
    let taken = house.run(args).expect(0).json();
    assert_eq!(taken["ledger"]["pending"]["documents"], 6, "{taken}");
    assert_eq!(taken["ledger"]["balances"], true, "{taken}");
    // From now on the archive has them: the scanner's folder may go.
    fs::remove_dir_all(&scans).expect("the scans are removed");
    assert_eq!(count(&house, "ready"), 6);
    // Handed in again, they are there already.
    write_documents(&scans, 0..7);
    let again = house.run(args).expect(0).json();
    assert_eq!(again["ledger"]["duplicate"]["documents"], 6, "{again}");
    assert_eq!(again["ledger"]["pending"]["documents"], 1, "{again}");

    let mut workers: Vec<Child> = (0..2).map(|_| house.start(["work", "--until-empty"])).collect();
    for worker in &mut workers {
        assert!(worker.wait().expect("a worker ends").success());
    }
    let ledger = house.run(["--json", "ledger", taken["batch"].as_str().expect("a batch")]).expect(0).json();
    assert_eq!(ledger[0]["totals"]["archived"]["documents"], 6, "{ledger}");
    assert_eq!(house.audit_is_clean(), 7);
    let found = house.run(["--json", "search", "số:3/GCN-THU"]).expect(0).json();
    assert_eq!(found["hits"].as_array().map(Vec::len), Some(1), "{found}");
    let left: Vec<PathBuf> = fs::read_dir(house.home().join("work"))
        .expect("the workers' places")
        .flat_map(|entry| fs::read_dir(entry.expect("an entry").path()).into_iter().flatten())
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_document_that_fails_for_another_reason_is_set_aside_and_goes_on_when_that_is_mended() {
    let house = House::without_ocr();
    house.configure("tries = 5 ", "tries = 1 ");
    let scans = house.path("scans");
    write_documents(&scans, 0..2);
    house.run(["take", "--queue", scans.to_str().expect("a path")]).expect(0);
    // No authority gives a timestamp.
    house.configure("timestamps = [\"development\"]", "timestamps = [\"http://127.0.0.1:9/\"]");
    house.run(["work", "--until-empty"]).expect(0);
    assert_eq!((count(&house, "set_aside"), count(&house, "ready")), (2, 0));
    let shown = house.run(["queue"]).expect(0);
    assert!(shown.stdout.contains("dấu thời gian") && shown.stdout.contains("--retry"), "{}", shown.stdout);
    let batches = house.run(["--json", "ledger"]).expect(0);
    assert!(batches.stdout.contains("quarantined"), "{}", batches.stdout);

    house.configure("timestamps = [\"http://127.0.0.1:9/\"]", "timestamps = [\"development\"]");
    house.run(["queue", "--retry-all"]).expect(0);
    assert_eq!(count(&house, "ready"), 2);
    house.run(["work", "--until-empty"]).expect(0);
    assert_eq!(house.audit_is_clean(), 2);
}

#[test]
fn a_worker_that_is_told_to_stop_gives_back_what_it_cannot_end() {
    let house = House::without_ocr();
    house.configure("stop_seconds = 60 ", "stop_seconds = 0 ");
    let scans = house.path("scans");
    write_documents(&scans, 0..40);
    house.run(["take", "--queue", scans.to_str().expect("a path")]).expect(0);
    let mut worker = house.start(["work"]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while count(&house, "claimed") == 0 {
        assert!(Instant::now() < deadline, "the worker claims nothing");
    }
    let asked = Command::new("kill").args(["-TERM", &worker.id().to_string()]).status();
    assert!(asked.expect("kill runs").success());
    assert!(worker.wait().expect("the worker ends").success());
    // Leases last for two minutes: what is not claimed now was given back.
    let (ready, claimed) = (count(&house, "ready"), count(&house, "claimed"));
    assert!(claimed == 0 && ready > 0, "{ready} ready, {claimed} claimed");
    house.run(["work", "--until-empty"]).expect(0);
    assert_eq!(house.audit_is_clean(), 40);
}

/// Several machines: homes with the same keys and settings, one bucket, one database.
struct Cluster {
    homes: Vec<House>,
    server: SeaweedFs,
    database: Postgres,
}

impl Cluster {
    fn new(machines: usize) -> Self {
        let (server, database) = (SeaweedFs::start(), Postgres::start());
        server.make_bucket("records");
        let first = House::empty();
        let settings = format!(
            "[ocr]\nengine = \"none\"\n[storage]\nkind = \"s3\"\nendpoint = \"{}\"\nbucket = \"records\"\n\
             credentials = \"\"\n[catalogue]\nkind = \"postgres\"\naddress = \"\"\n\
             [work]\nlease_seconds = 5\nwait_seconds = 1\ntries = 50\n",
            server.endpoint()
        );
        let file = first.path("muniment.toml");
        fs::write(&file, settings).expect("the settings are written");
        let cluster = Self { homes: vec![first], server, database };
        cluster.run(0, &["init", "--config", file.to_str().expect("a path")], 0);
        let mut cluster = cluster;
        for _ in 1..machines {
            let house = House::empty();
            copy_folder(&cluster.homes[0].home(), &house.home());
            cluster.homes.push(house);
        }
        cluster
    }

    fn command(&self, machine: usize) -> Command {
        let mut command = self.homes[machine].command();
        command
            .env("DATABASE_URL", self.database.address())
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
        command
    }

    fn run(&self, machine: usize, args: &[&str], code: i32) -> crate::house::Run {
        let output = self.command(machine).args(args).output().expect("the program runs");
        crate::house::Run::from(output).expect(code)
    }

    fn start(&self, machine: usize, args: &[&str]) -> Child {
        let mut command = self.command(machine);
        let log = fs::OpenOptions::new().create(true).append(true).open(self.homes[machine].path("log"));
        command.args(args).stdout(Stdio::null()).stderr(log.expect("a log"));
        command.spawn().expect("the program starts")
    }
}

/// Three workers on three machines empty one queue while they, and the database, are killed at random.
#[test]
fn every_document_is_archived_once_however_often_workers_and_database_are_killed() {
    let setting = |name: &str, default: u32| {
        env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
    };
    let documents = setting("CLUSTER_DOCUMENTS", 24);
    let kills = setting("CLUSTER_KILLS", 8);
    let cluster = Cluster::new(3);
    let scans = cluster.homes[0].path("scans");
    write_documents(&scans, 0..documents);
    let taken = cluster.run(0, &["--json", "take", "--queue", scans.to_str().expect("a path")], 0).json();
    assert_eq!(taken["ledger"]["pending"]["documents"], documents, "{taken}");
    fs::remove_dir_all(&scans).expect("the scans are removed");

    let mut workers: Vec<Child> =
        (0..3).map(|machine| cluster.start(machine, &["work", "--until-empty"])).collect();
    // Chosen by a fixed sequence, so that a failure can be looked for again; when they fall is up to the machine.
    let mut random = u64::from(setting("CLUSTER_SEED", 1)) | 1;
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let mut killed = 0;
    let mut database_killed = 0;
    while killed < kills {
        std::thread::park_timeout(Duration::from_millis(300 + next(1500)));
        if next(5) == 0 {
            cluster.database.kill_and_restart();
            database_killed += 1;
        }
        let number = usize::try_from(next(3)).expect("a number");
        let worker = &mut workers[number];
        worker.kill().expect("a worker is killed");
        worker.wait().expect("a worker ends");
        killed += 1;
        *worker = cluster.start(number, &["work", "--until-empty"]);
    }
    let deadline = Instant::now() + Duration::from_secs(120 + u64::from(documents));
    for worker in &mut workers {
        while worker.try_wait().expect("a worker").is_none() {
            assert!(Instant::now() < deadline, "the workers do not end");
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }
    let queue = cluster.run(1, &["--json", "queue"], 0).json();
    let none = json!({"ready": 0, "claimed": 0, "put_off": 0, "set_aside": 0});
    assert_eq!(queue["count"], none, "{queue}");
    let batch = taken["batch"].as_str().expect("a batch");
    let ledger = cluster.run(1, &["--json", "ledger", batch], 0).json();
    assert_eq!(ledger[0]["totals"]["archived"]["documents"], documents, "{ledger}");
    let audit = cluster.run(2, &["--json", "audit"], 0).json();
    assert_eq!(audit["objects"], documents, "{audit}");
    // A machine that has lost its index finds them all the same.
    fs::remove_dir_all(cluster.homes[2].home().join("index")).expect("the index is removed");
    let rebuilt = cluster.run(2, &["--json", "rebuild"], 0).json();
    for part in ["objects", "records", "log_entries"] {
        assert_eq!(rebuilt[part], documents, "{part}: {rebuilt}");
    }
    println!(
        "{documents} documents queued, {killed} workers and {database_killed} databases killed: archived {}, objects {}, \
         log entries {}, findings of the audit {}",
        ledger[0]["totals"]["archived"]["documents"],
        rebuilt["objects"],
        rebuilt["log_entries"],
        audit["findings"]
    );
    let found = cluster.run(2, &["--json", "search", "số:7/GCN-THU"], 0).json();
    assert_eq!(found["hits"].as_array().map(Vec::len), Some(1), "{found}");
    drop(cluster.server);
}

/// A home with its catalogue in a database and its records on the disk.
pub fn on_postgres(database: &Postgres) -> House {
    let house = House::empty();
    let (address, file) = (house.path("postgres.address"), house.path("muniment.toml"));
    fs::write(&address, database.address()).expect("an address");
    let catalogue = format!("[catalogue]\nkind = \"postgres\"\naddress = \"{}\"\n", address.display());
    fs::write(&file, format!("[ocr]\nengine = \"none\"\n{catalogue}")).expect("the settings are written");
    house.run(["init", "--config", file.to_str().expect("a path")]).expect(0);
    house
}

/// Starts a worker, and waits until it says that it waits.
fn waiting_worker(house: &House) -> (Child, BufReader<ChildStdout>) {
    let mut worker = house.command();
    let worker = worker.args(["work", "--until-empty"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut worker = worker.spawn().expect("a worker starts");
    let mut said = BufReader::new(worker.stdout.take().expect("what it says"));
    let mut line = String::new();
    while !line.contains("chưa trả lời") {
        line.clear();
        assert!(said.read_line(&mut line).expect("a line") > 0, "the worker does not wait");
    }
    (worker, said)
}

#[test]
fn a_worker_that_comes_before_its_database_waits_for_it() {
    let database = Postgres::start();
    let house = on_postgres(&database);
    let scans = house.path("scans");
    write_documents(&scans, 0..2);
    house.run(["take", "--queue", scans.to_str().expect("a path")]).expect(0);
    database.kill();
    let (mut worker, _said) = waiting_worker(&house);
    let (mut other, _also_said) = waiting_worker(&house);
    let asked = Command::new("kill").args(["-TERM", &other.id().to_string()]).status();
    assert!(asked.expect("kill runs").success());
    assert!(other.wait().expect("the worker ends").success(), "it is told to stop while it waits");
    assert!(worker.try_wait().expect("a worker").is_none(), "the other waits on");
    database.start_again();
    assert!(worker.wait().expect("the worker ends").success());
    assert_eq!(house.audit_is_clean(), 2);
    // What is wrong for another reason is said at once.
    house.configure("kind = \"postgres\"", "kind = \"postgres\"\nschema = \"nowhere\"");
    house.run(["work", "--until-empty"]).expect(70);
}

/// What one machine has archived goes on in a bucket and in PostgreSQL, with everything that was known of it.
#[test]
fn an_archive_of_one_machine_moves_to_a_bucket_and_postgresql() {
    let (server, database) = (SeaweedFs::start(), Postgres::start());
    server.make_bucket("records");
    let house = House::without_ocr();
    let scans = house.path("scans");
    write_documents(&scans, 0..3);
    let taken = house.take(&[&scans], 0);
    write_documents(&scans, 3..5);
    house.run(["take", "--queue", scans.to_str().expect("a path")]).expect(0);
    let batch = taken["batch"].as_str().expect("a batch");
    let before = house.run(["--json", "ledger", batch]).expect(0).json();
    let checkpoint = house.run(["log", "checkpoint"]).expect(0).stdout;

    let credentials = house.path("s3.credentials");
    fs::write(&credentials, format!("{ACCESS_KEY}\n{SECRET_KEY}\n")).expect("credentials");
    let address = house.path("postgres.address");
    fs::write(&address, database.address()).expect("an address");
    let settings = format!(
        "[ocr]\nengine = \"none\"\n[storage]\nkind = \"s3\"\nendpoint = \"{}\"\nbucket = \"records\"\n\
         credentials = \"{}\"\n[catalogue]\nkind = \"postgres\"\naddress = \"{}\"\n",
        server.endpoint(),
        credentials.display(),
        address.display()
    );
    let file = house.path("cluster.toml");
    fs::write(&file, settings).expect("the settings are written");
    let moved = house.run(["--json", "migrate", "--config", file.to_str().expect("a path")]).expect(0).json();
    assert!(moved["objects"].as_u64() > Some(15) && moved["rows"].as_u64() > Some(20), "{moved}");
    // The old place is not needed any more.
    fs::remove_dir_all(house.home().join("archive")).expect("the old archive is removed");

    assert_eq!(house.audit_is_clean(), 3);
    assert_eq!(house.run(["--json", "ledger", batch]).expect(0).json(), before);
    assert_eq!(house.run(["log", "checkpoint"]).expect(0).stdout, checkpoint);
    house.run(["work", "--until-empty"]).expect(0);
    assert_eq!(house.audit_is_clean(), 5);
    let found = house.run(["--json", "search", "số:1/GCN-THU"]).expect(0).json();
    assert_eq!(found["hits"].as_array().map(Vec::len), Some(1), "{found}");
}
