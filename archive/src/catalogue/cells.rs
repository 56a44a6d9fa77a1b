//! What stands in a row, whichever engine it comes from.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::Error;

/// A row of text and whole numbers: catalogues keep nothing else.
pub(super) trait Cells {
    /// The text of a column.
    fn text(&self, name: &'static str) -> Result<Option<&str>, Error>;
    /// The number of a column.
    fn integer(&self, name: &'static str) -> Result<Option<i64>, Error>;
}

const READ: &str = "read a row of the catalogue";

impl Cells for SqliteRow {
    fn text(&self, name: &'static str) -> Result<Option<&str>, Error> {
        self.try_get(name).map_err(Error::catalogue(READ))
    }

    fn integer(&self, name: &'static str) -> Result<Option<i64>, Error> {
        self.try_get(name).map_err(Error::catalogue(READ))
    }
}

impl Cells for PgRow {
    fn text(&self, name: &'static str) -> Result<Option<&str>, Error> {
        self.try_get(name).map_err(Error::catalogue(READ))
    }

    fn integer(&self, name: &'static str) -> Result<Option<i64>, Error> {
        self.try_get(name).map_err(Error::catalogue(READ))
    }
}

pub(super) fn text(row: &impl Cells, name: &'static str) -> Result<String, Error> {
    row.text(name)?.map(str::to_owned).ok_or_else(|| unreadable(name))
}

pub(super) fn parsed<T: FromStr>(row: &impl Cells, name: &'static str) -> Result<T, Error> {
    parsed_or_none(row, name)?.ok_or_else(|| unreadable(name))
}

/// The value of a column; nothing where there is none.
pub(super) fn parsed_or_none<T: FromStr>(row: &impl Cells, name: &'static str) -> Result<Option<T>, Error> {
    let parse = |text: &str| text.parse().map_err(|_| unreadable(name));
    row.text(name)?.map(parse).transpose()
}

pub(super) fn json<T: DeserializeOwned>(row: &impl Cells, name: &'static str) -> Result<T, Error> {
    json_or_none(row, name)?.ok_or_else(|| unreadable(name))
}

/// The value that a column holds as JSON; nothing where there is none.
pub(super) fn json_or_none<T: DeserializeOwned>(
    row: &impl Cells,
    name: &'static str,
) -> Result<Option<T>, Error> {
    // What serde says may repeat a value, which may be personal data.
    row.text(name)?.map(|text| serde_json::from_str(text).map_err(|_| unreadable(name))).transpose()
}

pub(super) fn number<T: TryFrom<i64>>(row: &impl Cells, name: &'static str) -> Result<T, Error> {
    let value = row.integer(name)?.and_then(|value| T::try_from(value).ok());
    value.ok_or_else(|| unreadable(name))
}

/// A number as a statement is given it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unreadable(name: &'static str) -> Error {
    Error::damaged("catalogue", format!("a value of column {name} cannot be read"))
}
