//! Backing the catalogue up and restoring it, by the commands of docs/operating.md.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::house::House;
use crate::postgres::Postgres;
use crate::work::{on_postgres, write_documents};

fn done(output: Output) -> Vec<u8> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn run(program: &str, args: &[&str]) -> Vec<u8> {
    done(Command::new(program).args(args).output().expect("the program is installed"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

/// Takes some documents in, keeps the catalogue with `back_up`, takes more in, loses the catalogue and has `restore` put the kept one
/// back. Nothing of what was said to be archived is lost, nor what waited in the queue, and the log goes on.
fn loses_nothing(house: &House, back_up: impl Fn(&Path), restore: impl Fn(&Path)) {
    let (scans, later, kept) = (house.path("scans"), house.path("later"), house.path("catalogue.backup"));
    write_documents(&scans, 0..2);
    house.take(&[&scans], 0);
    let queued = house.path("queued");
    write_documents(&queued, 2..4);
    house.run(["take", "--queue", text(&queued)]).expect(0);
    back_up(&kept);
    // Put back at once, it is the one that there was.
    restore(&kept);
    assert_eq!(house.audit_is_clean(), 2);

    write_documents(&later, 4..7);
    house.take(&[&later], 0);
    let checkpoint = house.path("checkpoint");
    fs::write(&checkpoint, house.run(["log", "checkpoint"]).expect(0).stdout).expect("a checkpoint is kept");
    restore(&kept);
    let refused = house.run(["take", text(&scans)]).expect(70);
    assert!(refused.stderr.contains("rebuild"), "{}", refused.stderr);
    let rebuilt = house.run(["--json", "rebuild"]).expect(0).json();
    assert_eq!((&rebuilt["records"], &rebuilt["not_archived"]), (&5.into(), &2.into()), "{rebuilt}");
    let proof = house.path("proof");
    house.run(["log", "prove", "--since", text(&checkpoint), "-o", text(&proof)]).expect(0);
    house.run(["log", "check", text(&proof), "--since", text(&checkpoint)]).expect(0);
    house.run(["work", "--until-empty"]).expect(0);
    assert_eq!(house.audit_is_clean(), 7);
    for (folder, documents) in [(&scans, 2), (&queued, 2), (&later, 3)] {
        let again = house.take(&[folder], 0);
        assert_eq!(again["ledger"]["duplicate"]["documents"], documents, "{again}");
    }
    let found = house.run(["--json", "search", "số:6/GCN-THU"]).expect(0).json();
    assert_eq!(found["hits"].as_array().map(Vec::len), Some(1), "{found}");
}

#[test]
fn a_catalogue_in_sqlite_comes_back_from_its_backup() {
    let house = House::without_ocr();
    let catalogue = house.home().join("archive/catalog.sqlite");
    let back_up = |kept: &Path| drop(run("sqlite3", &[text(&catalogue), &format!(".backup {}", text(kept))]));
    let restore = |kept: &Path| {
        for suffix in ["", "-wal", "-shm"] {
            fs::remove_file(format!("{}{suffix}", text(&catalogue))).ok();
        }
        fs::copy(kept, &catalogue).expect("the backup is put back");
    };
    loses_nothing(&house, back_up, restore);
}

#[test]
fn a_catalogue_in_postgresql_comes_back_from_its_backup() {
    let database = Postgres::start();
    let house = on_postgres(&database);
    let address = database.address();
    let back_up = |kept: &Path| {
        let dump = run("pg_dump", &["--format=custom", "--schema=muniment", &address]);
        fs::write(kept, dump).expect("the backup is kept");
    };
    let restore = |kept: &Path| {
        run("psql", &["--quiet", "--command=DROP SCHEMA IF EXISTS muniment CASCADE", &address]);
        run("pg_restore", &["--exit-on-error", &format!("--dbname={address}"), text(kept)]);
    };
    loses_nothing(&house, back_up, restore);
}
