//! A catalogue of every schema that there ever was is brought to the present one when its archive is opened.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use muniment_record::{Digest, Receipt};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row};

use super::fixture::{Document, House, archive_all, audit, id_of, now};
use super::postgres::Postgres;
use crate::catalogue::{CATALOGUE, CatalogueAt, PostgresSettings, migrations};
use crate::{Archive, BatchId, DiskStore, Ledger, ObjectStore, Registration};

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

/// The same in PostgreSQL.
async fn turn_back_postgres(connection: &mut PgConnection, schema: &str, version: i64) {
    let run = async |connection: &mut PgConnection, statement: String| {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.unwrap();
    };
    let aside = format!("ALTER SCHEMA {schema} RENAME TO {schema}_present; CREATE SCHEMA {schema}");
    run(connection, aside).await;
    let every = migrations::postgres();
    let earlier = every.iter().filter(|step| step.version <= version).cloned().collect();
    sqlx::migrate::Migrator::with_migrations(earlier).run(&mut *connection).await.unwrap();
    let columns = format!(
        "SELECT table_name, string_agg(column_name, ', ') FROM information_schema.columns
         WHERE table_schema = '{schema}' AND table_name NOT LIKE '\\_%' GROUP BY table_name"
    );
    let tables = sqlx::query(AssertSqlSafe(columns)).fetch_all(&mut *connection).await.unwrap();
    // Rows may come before those that they refer to.
    run(connection, "SET session_replication_role = replica".to_owned()).await;
    for table in &tables {
        let (table, columns): (String, String) = (table.get(0), table.get(1));
        let copy = format!(
            "INSERT INTO {schema}.{table} ({columns}) OVERRIDING SYSTEM VALUE
             SELECT {columns} FROM {schema}_present.{table}"
        );
        run(connection, copy).await;
    }
    for (table, column) in [("arrivals", "number"), ("outbox", "sequence")] {
        let go_on = format!(
            "SELECT setval(pg_get_serial_sequence('{schema}.{table}', '{column}'), max({column}))
             FROM {schema}.{table}"
        );
        run(connection, go_on).await;
    }
    run(connection, format!("DROP SCHEMA {schema}_present CASCADE")).await;
}

/// Every column and index of a schema in PostgreSQL.
async fn schema_in_postgres(connection: &mut PgConnection, schema: &str) -> Vec<String> {
    let made = format!(
        "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
         FROM information_schema.columns WHERE table_schema = '{schema}'
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = '{schema}' ORDER BY 1"
    );
    let rows = sqlx::query(AssertSqlSafe(made)).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// An archive with five records and a document that is on its way in.
struct Filled {
    batch: BatchId,
    ledger: Ledger,
    receipt: Receipt,
}

impl Filled {
    async fn fill(house: &House, archive: &Archive) -> Self {
        let batch = archive_all(house, archive, 0..5).await;
        Document::new(house, 5, 0).register(archive, &batch).await;
        let (ledger, receipt) =
            (archive.ledger(&batch).await.unwrap(), archive.receipt(id_of(3)).await.unwrap());
        Self { batch, ledger, receipt }
    }

    /// What was on its way in is taken up, and the archive is whole afterwards.
    async fn goes_on(&self, house: &House, archive: &Archive, version: i64) {
        let recovered = archive.recover(now()).await.unwrap();
        assert!(recovered.damaged.is_empty(), "schema {version}: {recovered:?}");
        assert_eq!(archive.ledger(&self.batch).await.unwrap(), self.ledger, "schema {version}");
        assert_eq!(archive.receipt(id_of(3)).await.unwrap(), self.receipt, "schema {version}");
        assert_eq!(archive.find("H05.12-260224-0003-KQ1").await.unwrap(), [id_of(3)], "schema {version}");
        let record = archive.record(id_of(3)).await.unwrap();
        assert_eq!(archive.holder_of(&record.sha256).await.unwrap(), Some(id_of(3)), "schema {version}");
        let waiting = Document::new(house, 5, 0);
        let resumed = waiting.register(archive, &self.batch).await;
        assert!(matches!(resumed, Registration::Resumed { id, .. } if id == id_of(5)), "schema {version}");
        waiting.deposit(archive, &self.batch).await.unwrap();
        archive.hold(id_of(3), "", now()).await.unwrap();
        let report = audit(archive).await;
        assert!(report.is_clean() && report.records == 6, "schema {version}: {report}");
        assert_eq!(archive.outbox(0, 10).await.unwrap().len(), 6, "schema {version}");
    }
}

#[tokio::test]
async fn a_catalogue_of_every_earlier_schema_is_brought_to_the_present_one() {
    let last = migrations::sqlite().iter().map(|step| step.version).max().unwrap();
    for version in 1..=last {
        let (house, archive) = House::new().await;
        let filled = Filled::fill(&house, &archive).await;
        archive.close().await;
        drop(archive);
        let file = house.home().join(CATALOGUE);
        let present = schema(&file).await;
        turn_back(&file, version).await;
        assert_eq!(schema(&file).await == present, version == last, "schema {version}");
        let archive = Archive::open(&house.home()).await.unwrap();
        assert_eq!(schema(&file).await, present, "schema {version}");
        filled.goes_on(&house, &archive, version).await;
    }
}

#[tokio::test]
async fn a_catalogue_of_every_earlier_schema_of_postgres_is_brought_to_the_present_one() {
    let last = migrations::postgres().iter().map(|step| step.version).max().unwrap();
    let server = Postgres::shared();
    for version in 1..=last {
        let name = server.new_schema();
        let settings = PostgresSettings::new(&server.address(), &name).unwrap();
        let house = House::empty();
        fs::create_dir_all(house.home()).unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(DiskStore::open(&house.home()).unwrap());
        let at = CatalogueAt::Postgres(settings.clone());
        let archive = Archive::create_on(at.clone(), Arc::clone(&store)).await.unwrap();
        let filled = Filled::fill(&house, &archive).await;
        archive.close().await;
        let mut connection = settings.connect().await.unwrap();
        let present = schema_in_postgres(&mut connection, &name).await;
        turn_back_postgres(&mut connection, &name, version).await;
        let before = schema_in_postgres(&mut connection, &name).await;
        assert_eq!(before == present, version == last, "schema {version}");
        let archive = Archive::open_on(at, store).await.unwrap();
        assert_eq!(schema_in_postgres(&mut connection, &name).await, present, "schema {version}");
        filled.goes_on(&house, &archive, version).await;
        archive.close().await;
    }
}

/// The migrations that were released, and the SHA-256 of each.
const RELEASED: [(&str, &str); 12] = [
    ("sqlite/0001_catalogue.sql", "88fd4fa790bc0a020a7908c3c81b1d2aa21b2d9498893bfe99e7550a0222c7fa"),
    ("sqlite/0002_log.sql", "edf4bcb82ec4572d958950eca0d2b57e1158363059d37c9601984d786a93ce05"),
    ("sqlite/0003_canonical_codes.sql", "2bae476dbc78f93fb44c71ef02f4123ee3d871aad9f21c8b28c12d7b849a61b6"),
    ("sqlite/0004_log_published.sql", "a9917cac2cbcf02bfaf62872ee74791b7995b3cb241a25840764d2badfe3677f"),
    ("sqlite/0005_versions.sql", "f64ce9f9c080cf1e317b7350cd4e9021f28df08d6e04fffbc526315b0352ec27"),
    ("sqlite/0006_fixity.sql", "a5ded2f6bc8a7cb135df77638d391bf2ca1067adad8ba6897cb65fbe9a3d6de9"),
    ("sqlite/0007_queue.sql", "d33abb070977e365a82efa2cb498b435f5d9330a595d59d9253ebb956300b3bd"),
    ("sqlite/0008_holds.sql", "8609864fc0fcf19bf09ea0e0d8eed1febf444d431c00e0c336d1991b6ab84a63"),
    ("sqlite/0009_store.sql", "573d8fcbe45497ff15b08a92142040191296715339d1085a61aa7073db146178"),
    ("postgres/0001_catalogue.sql", "9aab296c808d0a692a03a8e7fc4d1dfff67d8529d868ede8934bf5f9554b02d8"),
    ("postgres/0002_holds.sql", "65741ce5e7921e04abee7f0efef77cb71eb1988d138ff8e4599e672dd2bf27d9"),
    ("postgres/0003_store.sql", "db2da82fd4b66128660cf8cf1dbf1a82c9a8fccf168c050ae2b02f17e68a5e5b"),
];

#[test]
fn a_migration_that_was_released_never_changes() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    for (name, digest) in RELEASED {
        let text = fs::read(migrations.join(name)).unwrap_or_default();
        assert_eq!(
            Digest::of(&text).to_string(),
            digest,
            "{name} was released: catalogues that have it refuse another text under its number. Put it back as it was, \
             and write a new migration for what is to change; one that is released now is added to RELEASED"
        );
    }
}
