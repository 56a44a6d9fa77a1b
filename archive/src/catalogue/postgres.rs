//! The catalogue in PostgreSQL: one schema of a database, for the programs of any number of machines.
//!
//! Statements of a transaction go over the network one by one, so what concerns many records is written with arrays. The
//! transactions that give out positions of the log and sequences of the outbox queue at a lock of `log_entries`, which they
//! take first: positions have no gaps, and a reader of the outbox never passes over a sequence that becomes visible later.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Postgres, Row, Transaction};
use tokio::sync::Mutex;

use super::cells::text;
use super::{Catalogue, Held, Right, migrations};
use crate::Error;

mod belonging;
mod enter;
mod fixity;
mod holds;
mod intake;
mod order;
mod queue;
mod records;
mod tables;

/// The most sessions that one process has open, those for its locks not counted.
const SESSIONS: u32 = 8;
/// The longest name of a schema, in bytes, so that those beside it have names too.
const LONGEST_NAME: usize = 50;

/// What the server is to hold each session to, whatever its defaults are.
const SESSION: [(&str, &str); 7] = [
    // What is acknowledged is on its disk.
    ("synchronous_commit", "on"),
    // A machine that lost its power, or its network, is found out after a minute, and the locks and rights of its sessions are given to
    // others; by default that takes two hours.
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
    // The same where an answer was on its way to it: keepalives are not sent then.
    ("tcp_user_timeout", "60s"),
    // Between two statements of a transaction there is a moment's work: whoever takes longer has stopped with locks that all wait for.
    ("idle_in_transaction_session_timeout", "60s"),
    // As long as SQLite waits. Transactions take moments, so whoever waits longer waits for something that hangs; an error that passes.
    ("lock_timeout", "30s"),
];

/// Where a catalogue lies in PostgreSQL.
#[derive(Clone)]
pub struct PostgresSettings {
    options: Box<PgConnectOptions>,
    schema: String,
}

impl PostgresSettings {
    /// Reads an address like `postgres://user:password@host/database` and takes the name of a schema in that database: small
    /// letters, digits and underscores. Whatever the address leaves out has libpq's defaults, TLS (`sslmode`) too.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] where one of them cannot be used. The address is not repeated: it may hold a password.
    pub fn new(address: &str, schema: &str) -> Result<Self, Error> {
        let options = PgConnectOptions::from_str(address).map_err(|_| {
            Error::Setting("the address of PostgreSQL is not of the form postgres://user@host/database")
        })?;
        let is_name = schema.starts_with(|c: char| c.is_ascii_lowercase())
            && schema.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
            && schema.len() <= LONGEST_NAME;
        if !is_name {
            return Err(Error::Setting(
                "the schema's name must be of small letters, digits and underscores, a letter first, at most 50",
            ));
        }
        // Statements may be logged at their level only: their values are personal data.
        let options = options.application_name("muniment").disable_statement_logging();
        Ok(Self { options: Box::new(options), schema: schema.to_owned() })
    }

    fn options(&self, schema: &str) -> PgConnectOptions {
        let options = self.options.as_ref().clone().options([("search_path", schema)]);
        options.options(SESSION)
    }

    pub(crate) async fn connect(&self) -> Result<PgConnection, Error> {
        let options = self.options(&self.schema);
        PgConnection::connect_with(&options).await.map_err(Error::catalogue("connect to PostgreSQL"))
    }

    #[cfg(test)]
    pub(crate) async fn drop_schema(&self) {
        let mut connection = self.connect().await.unwrap();
        let statement = format!("DROP SCHEMA {} CASCADE", self.schema);
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    fn beside(&self) -> String {
        format!("{}_new", self.schema)
    }

    /// What a lock in the database is known by.
    fn lock_name(&self, what: &str) -> String {
        format!("muniment {} {what}", self.schema)
    }
}

impl fmt::Display for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.options.get_database().unwrap_or("the user's database");
        write!(f, "PostgreSQL on {}: {database}, schema {}", self.options.get_host(), self.schema)
    }
}

impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not derived: the options hold the password.
        write!(f, "PostgresSettings({self})")
    }
}

/// A catalogue in a schema of a database.
#[derive(Debug)]
pub(crate) struct PostgresCatalogue {
    pool: PgPool,
    settings: PostgresSettings,
}

/// The word in the name of the lock that is shared by all who have the catalogue open.
const OPEN: &str = "open";

pub(super) async fn is_taken(settings: &PostgresSettings) -> Result<bool, Error> {
    let mut connection = settings.connect().await?;
    let taken = has_schema(&mut connection, &settings.schema).await;
    connection.close().await.ok();
    taken
}

/// Makes an empty catalogue: the schema, which must not be there, with all its tables.
pub(super) async fn create(settings: &PostgresSettings) -> Result<(), Error> {
    let beside = create_beside(settings).await?;
    beside.close().await;
    swap(settings).await
}

/// Opens the catalogue.
pub(super) async fn open(settings: &PostgresSettings) -> Result<PostgresCatalogue, Error> {
    let mut session = settings.connect().await?;
    if !try_lock(&mut session, "pg_try_advisory_lock_shared", &settings.lock_name(OPEN)).await? {
        return Err(Error::InUse { path: settings.to_string() });
    }
    if !has_schema(&mut session, &settings.schema).await? {
        return Err(Error::CatalogueMissing { path: settings.to_string() });
    }
    // Each session of the catalogue says so again, those of later too: a lock ends with its session.
    let catalogue = PostgresCatalogue::connect(settings, &settings.schema, true).await;
    session.close().await.ok();
    catalogue
}

/// Opens the catalogue without saying that it is open.
pub(super) async fn open_alone(settings: &PostgresSettings) -> Result<PostgresCatalogue, Error> {
    if !is_taken(settings).await? {
        return Err(Error::CatalogueMissing { path: settings.to_string() });
    }
    PostgresCatalogue::connect(settings, &settings.schema, false).await
}

pub(super) async fn lock_for_rebuild(settings: &PostgresSettings) -> Result<Option<Held>, Error> {
    lock(settings, OPEN).await
}

/// Makes an empty catalogue in a schema beside the present one.
pub(super) async fn create_beside(settings: &PostgresSettings) -> Result<PostgresCatalogue, Error> {
    let (mut connection, beside) = (settings.connect().await?, settings.beside());
    // The name was checked; identifiers cannot be bound.
    let statements = format!("DROP SCHEMA IF EXISTS {beside} CASCADE; CREATE SCHEMA {beside}");
    let made = sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await;
    made.map_err(Error::catalogue("make a schema in PostgreSQL"))?;
    connection.close().await.ok();
    PostgresCatalogue::connect(settings, &beside, false).await
}

/// Puts the new catalogue in the old one's place.
pub(super) async fn swap(settings: &PostgresSettings) -> Result<(), Error> {
    let mut connection = settings.connect().await?;
    swap_in(&mut connection, settings).await?;
    connection.close().await.ok();
    Ok(())
}

/// Puts the new catalogue in the old one's place by the very session that holds the right to: a server that was started anew, and has
/// let others open the old one since, knows neither.
pub(super) async fn swap_under(settings: &PostgresSettings, right: &Held) -> Result<(), Error> {
    match right {
        Held::Session(session) => swap_in(&mut *session.lock().await, settings).await,
        Held::File(_) => Err(Error::InUse { path: settings.to_string() }),
    }
}

/// Puts the new catalogue in the old one's place, in one transaction; the old one stays as `…_old`.
async fn swap_in(session: &mut PgConnection, settings: &PostgresSettings) -> Result<(), Error> {
    let (schema, beside) = (&settings.schema, settings.beside());
    // Whoever reads what is removed, as a backup does, is waited for: a rebuild of hours is not to end for that.
    let mut statements = String::from("BEGIN; SET LOCAL lock_timeout = 0;");
    if has_schema(session, schema).await? {
        statements += &format!(
            "DROP SCHEMA IF EXISTS {schema}_old CASCADE; ALTER SCHEMA {schema} RENAME TO {schema}_old;"
        );
    }
    statements += &format!("ALTER SCHEMA {beside} RENAME TO {schema}; COMMIT");
    let swapped = sqlx::raw_sql(AssertSqlSafe(statements)).execute(session).await;
    swapped.map_err(Error::catalogue("put the new catalogue in place"))?;
    crate::point::reached("new-catalogue-moved");
    Ok(())
}

async fn has_schema(connection: &mut PgConnection, schema: &str) -> Result<bool, Error> {
    let row = sqlx::query("SELECT 1 FROM pg_namespace WHERE nspname = $1")
        .bind(schema)
        .fetch_optional(connection)
        .await
        .map_err(look_up())?;
    Ok(row.is_some())
}

/// Takes a lock in a session of its own; nothing where another has it.
async fn lock(settings: &PostgresSettings, what: &str) -> Result<Option<Held>, Error> {
    let mut session = settings.connect().await?;
    let taken = try_lock(&mut session, "pg_try_advisory_lock", &settings.lock_name(what)).await?;
    Ok(taken.then(|| Held::Session(Box::new(Mutex::new(session)))))
}

async fn try_lock(session: &mut PgConnection, function: &str, name: &str) -> Result<bool, Error> {
    let statement = format!("SELECT {function}(hashtextextended($1, 0)) AS taken");
    let row = sqlx::query(AssertSqlSafe(statement))
        .bind(name)
        .fetch_one(session)
        .await
        .map_err(Error::catalogue("take a lock in PostgreSQL"))?;
    row.try_get("taken").map_err(look_up())
}

impl PostgresCatalogue {
    async fn connect(settings: &PostgresSettings, schema: &str, says_open: bool) -> Result<Self, Error> {
        let mut pool = PgPoolOptions::new().max_connections(SESSIONS).min_connections(1);
        if says_open {
            let name = settings.lock_name(OPEN);
            pool = pool.after_connect(move |session, _| {
                let name = name.clone();
                Box::pin(async move {
                    let query =
                        sqlx::query("SELECT pg_try_advisory_lock_shared(hashtextextended($1, 0)) AS taken");
                    let taken: bool = query.bind(name).fetch_one(session).await?.try_get("taken")?;
                    let refusal = || sqlx::Error::Protocol("the catalogue is being rebuilt or moved".into());
                    if taken { Ok(()) } else { Err(refusal()) }
                })
            });
        }
        let pool = pool.connect_with(settings.options(schema)).await;
        let pool = pool.map_err(Error::catalogue("connect to PostgreSQL"))?;
        migrations::postgres().run(&pool).await.map_err(Error::Migrate)?;
        Ok(Self { pool, settings: settings.clone() })
    }

    async fn begin(&self) -> Result<Transaction<'static, Postgres>, Error> {
        self.pool.begin().await.map_err(Error::catalogue("begin a transaction of the catalogue"))
    }

    /// Begins a transaction that gives out positions of the log or sequences of the outbox.
    async fn begin_sequencing(&self) -> Result<Transaction<'static, Postgres>, Error> {
        let mut transaction = self.begin().await?;
        sqlx::query("LOCK TABLE log_entries IN EXCLUSIVE MODE")
            .execute(&mut *transaction)
            .await
            .map_err(write())?;
        Ok(transaction)
    }
}

#[async_trait]
impl Catalogue for PostgresCatalogue {
    fn place(&self) -> String {
        self.settings.to_string()
    }

    async fn faults(&self) -> Result<Vec<String>, Error> {
        const RIGHT: [(&str, &str); 3] =
            [("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "on")];
        let mut faults = Vec::new();
        for (setting, right) in RIGHT {
            let row = sqlx::query("SELECT current_setting($1) AS value")
                .bind(setting)
                .fetch_one(&self.pool)
                .await
                .map_err(Error::catalogue("check the catalogue"))?;
            let value = text(&row, "value")?;
            if value != right {
                faults.push(format!("PostgreSQL's {setting} is {value}: what it acknowledges may be lost"));
            }
        }
        Ok(faults)
    }

    async fn take(&self, right: Right) -> Result<Option<Held>, Error> {
        lock(&self.settings, right.as_str()).await
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

fn look_up() -> impl FnOnce(sqlx::Error) -> Error {
    Error::catalogue("look something up in the catalogue")
}

fn write() -> impl FnOnce(sqlx::Error) -> Error {
    Error::catalogue("write to the catalogue")
}

/// Ids as a list that is bound.
fn ids<'a>(records: impl IntoIterator<Item = &'a muniment_record::RecordId>) -> Vec<String> {
    records.into_iter().map(ToString::to_string).collect()
}
