//! Whole tables: what is needed to move a catalogue from one engine to another.

use async_trait::async_trait;

use super::cells::Cells;
use crate::Error;

/// A table, the same in both engines.
pub(crate) struct Table {
    pub name: &'static str,
    /// Its columns; the first of them are its key, in whose order it is read.
    pub columns: &'static [Column],
    /// How many columns its key has.
    pub key: usize,
}

/// A column of text or of whole numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    Text(&'static str),
    Number(&'static str),
}

/// What stands in a column of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Text(Option<String>),
    Number(Option<i64>),
}

use Column::{Number as N, Text as T};

/// All tables, those that others refer to first.
pub(crate) const TABLES: [Table; 11] = [
    Table { name: "batches", key: 1, columns: &[T("id"), T("opened_at")] },
    Table {
        name: "arrivals",
        key: 1,
        columns: &[
            N("number"),
            T("batch"),
            T("name"),
            T("source_sha256"),
            N("pages"),
            T("state"),
            T("code"),
            T("detail"),
            T("record"),
            T("lookup_token"),
            T("arrived_at"),
            T("settled_at"),
        ],
    },
    Table {
        name: "records",
        key: 1,
        columns: &[
            T("id"),
            N("version"),
            T("result_code"),
            T("dossier_code"),
            T("symbol_key"),
            T("agency_issuing"),
            T("sha256"),
            T("batch"),
            T("archived_at"),
            T("level"),
            T("intact_at"),
            T("record"),
        ],
    },
    Table { name: "versions", key: 2, columns: &[T("record"), N("version"), T("sha256")] },
    Table { name: "receipts", key: 2, columns: &[T("record"), N("version"), T("receipt")] },
    Table { name: "revisions", key: 1, columns: &[T("record"), N("version"), T("begun_at")] },
    Table { name: "holds", key: 1, columns: &[T("record"), T("since"), T("reason"), T("state")] },
    Table { name: "outbox", key: 1, columns: &[N("sequence"), T("record"), N("version")] },
    Table {
        name: "log_entries",
        key: 1,
        columns: &[N("position"), T("record"), N("version"), T("leaf"), T("companion")],
    },
    Table { name: "log_published", key: 1, columns: &[N("only_row"), N("size")] },
    Table {
        name: "jobs",
        key: 1,
        columns: &[
            T("record"),
            T("task"),
            T("state"),
            N("due_at"),
            N("tries"),
            N("fence"),
            T("worker"),
            T("staged"),
            T("fault"),
        ],
    },
];

impl Column {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Number(name) => name,
        }
    }
}

impl Table {
    /// The names of its columns, as a statement lists them.
    pub(super) fn columns(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name()).collect();
        names.join(", ")
    }

    /// The names of its key's columns.
    pub(super) fn key(&self) -> String {
        let names: Vec<&str> = self.columns[..self.key].iter().map(|column| column.name()).collect();
        names.join(", ")
    }

    pub(super) fn row(&self, row: &impl Cells) -> Result<Vec<Cell>, Error> {
        let cell = |column: &Column| {
            Ok(match column {
                Column::Text(name) => Cell::Text(row.text(name)?.map(str::to_owned)),
                Column::Number(name) => Cell::Number(row.integer(name)?),
            })
        };
        self.columns.iter().map(cell).collect()
    }
}

/// Whole tables.
#[async_trait]
pub(crate) trait Tables {
    /// Rows in the order of the key, so many of them passed over.
    async fn read_table(&self, table: &Table, passed_over: u64, limit: u32) -> Result<Vec<Vec<Cell>>, Error>;

    /// Writes rows, in one transaction.
    async fn write_table(&self, table: &Table, rows: &[Vec<Cell>]) -> Result<(), Error>;

    /// Lets numbers that the engine gives out itself go on behind those that were written.
    async fn go_on_behind(&self) -> Result<(), Error>;
}
