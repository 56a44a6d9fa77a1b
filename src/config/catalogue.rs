use serde::{Deserialize, Serialize};

/// Where the archive's catalogue lies: exact look-ups, ledger, queue and the order of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CatalogueConfig {
    /// Which engine keeps it.
    pub kind: CatalogueKind,
    /// Of PostgreSQL: a file of the home with the address, `postgres://user:password@host/database`. Where none is named, the
    /// environment has it, in `DATABASE_URL`.
    pub address: String,
    /// Of PostgreSQL: the schema in that database.
    pub schema: String,
}

/// The engines that keep a catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CatalogueKind {
    /// SQLite, in a file of the home: for the programs of one machine.
    Sqlite,
    /// PostgreSQL: for any number of machines.
    Postgres,
}

impl Default for CatalogueConfig {
    fn default() -> Self {
        Self {
            kind: CatalogueKind::Sqlite,
            address: "keys/postgres.address".to_owned(),
            schema: "muniment".to_owned(),
        }
    }
}
