//! A catalogue of every schema that there ever was is brought to the present one when its archive is opened.

use std::fs;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use super::fixture::{Document, House, archive_all, audit, id_of, now};
use crate::catalogue::{CATALOGUE, migrations};
use crate::{Archive, Registration};

async fn connect(file: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true).foreign_keys(false);
    options.connect().await.unwrap()
}

/// The first column of what a query finds.
async fn texts(connection: &mut SqliteConnection, query: String) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Every table and index, as they were made.
async fn schema(file: &Path) -> Vec<String> {
    let mut connection = connect(file).await;
    let made = "SELECT name || ': ' || coalesce(sql, '') FROM sqlite_master ORDER BY name".to_owned();
    let made = texts(&mut connection, made).await;
    connection.close().await.unwrap();
    made
}

/// Puts a catalogue of an earlier schema, with all that it can hold, in the present one's place.
async fn turn_back(file: &Path, version: i64) {
    let present = file.with_extension("present");
    fs::rename(file, &present).unwrap();
    let mut old = connect(file).await;
    let every = migrations::sqlite();
    let earlier = every.iter().filter(|step| step.version <= version).cloned().collect();
    sqlx::migrate::Migrator::with_migrations(earlier).run(&mut old).await.unwrap();
    let attach = format!("ATTACH '{}' AS present", present.display());
    sqlx::raw_sql(AssertSqlSafe(attach)).execute(&mut old).await.unwrap();
    let tables =
        "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'
         AND name NOT LIKE 'sqlite%'";
    for table in texts(&mut old, tables.to_owned()).await {
        let columns =
            texts(&mut old, format!("SELECT name FROM pragma_table_info('{table}')")).await.join(", ");
        let copy = format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM present.{table}");
        sqlx::raw_sql(AssertSqlSafe(copy)).execute(&mut old).await.unwrap();
    }
    old.close().await.unwrap();
    fs::remove_file(present).unwrap();
}

#[tokio::test]
async fn a_catalogue_of_every_earlier_schema_is_brought_to_the_present_one() {
    let last = migrations::sqlite().iter().map(|step| step.version).max().unwrap();
    for version in 1..=last {
        let (house, archive) = House::new().await;
        let batch = archive_all(&house, &archive, 0..5).await;
        let waiting = Document::new(&house, 5, 0);
        waiting.register(&archive, &batch).await;
        let (ledger, receipt) =
            (archive.ledger(&batch).await.unwrap(), archive.receipt(id_of(3)).await.unwrap());
        archive.close().await;
        drop(archive);
        let file = house.home().join(CATALOGUE);
        let present = schema(&file).await;
        turn_back(&file, version).await;
        assert_eq!(schema(&file).await == present, version == last, "schema {version}");

        let archive = Archive::open(&house.home()).await.unwrap();
        assert_eq!(schema(&file).await, present, "schema {version}");
        let recovered = archive.recover(now()).await.unwrap();
        assert!(recovered.damaged.is_empty(), "schema {version}: {recovered:?}");
        assert_eq!(archive.ledger(&batch).await.unwrap(), ledger, "schema {version}");
        assert_eq!(archive.receipt(id_of(3)).await.unwrap(), receipt, "schema {version}");
        assert_eq!(archive.find("H05.12-260224-0003-KQ1").await.unwrap(), [id_of(3)], "schema {version}");
        let record = archive.record(id_of(3)).await.unwrap();
        assert_eq!(archive.holder_of(&record.sha256).await.unwrap(), Some(id_of(3)), "schema {version}");
        // What was on its way in is taken up, and the archive is whole afterwards.
        let resumed = waiting.register(&archive, &batch).await;
        assert!(matches!(resumed, Registration::Resumed { id, .. } if id == id_of(5)), "schema {version}");
        waiting.deposit(&archive, &batch).await.unwrap();
        let report = audit(&archive).await;
        assert!(report.is_clean() && report.records == 6, "schema {version}: {report}");
        assert_eq!(archive.outbox(0, 10).await.unwrap().len(), 6, "schema {version}");
    }
}
