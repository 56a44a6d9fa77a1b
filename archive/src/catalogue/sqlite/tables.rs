use async_trait::async_trait;
use sqlx::AssertSqlSafe;

use super::super::cells::signed;
use super::super::tables::{Cell, Table, Tables};
use super::{SqliteCatalogue, look_up, write};
use crate::Error;

#[async_trait]
impl Tables for SqliteCatalogue {
    async fn read_table(&self, table: &Table, passed_over: u64, limit: u32) -> Result<Vec<Vec<Cell>>, Error> {
        let (name, columns, key) = (table.name, table.columns(), table.key());
        let statement = format!("SELECT {columns} FROM {name} ORDER BY {key} LIMIT ? OFFSET ?");
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(limit)
            .bind(signed(passed_over))
            .fetch_all(&self.readers)
            .await
            .map_err(look_up())?;
        rows.iter().map(|row| table.row(row)).collect()
    }

    async fn write_table(&self, table: &Table, rows: &[Vec<Cell>]) -> Result<(), Error> {
        let (name, columns) = (table.name, table.columns());
        let places = vec!["?"; table.columns.len()].join(", ");
        let statement = format!("INSERT INTO {name} ({columns}) VALUES ({places})");
        let mut transaction = self.begin().await?;
        for row in rows {
            let mut query = sqlx::query(AssertSqlSafe(statement.clone()));
            for cell in row {
                query = match cell {
                    Cell::Text(text) => query.bind(text),
                    Cell::Number(number) => query.bind(number),
                };
            }
            query.execute(&mut *transaction).await.map_err(write())?;
        }
        transaction.commit().await.map_err(write())
    }

    async fn go_on_behind(&self) -> Result<(), Error> {
        // AUTOINCREMENT goes on behind the largest number that was ever written.
        Ok(())
    }
}
