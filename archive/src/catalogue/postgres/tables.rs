use async_trait::async_trait;
use sqlx::AssertSqlSafe;

use super::super::cells::signed;
use super::super::tables::{Cell, Table, Tables};
use super::{PostgresCatalogue, look_up, write};
use crate::Error;

#[async_trait]
impl Tables for PostgresCatalogue {
    async fn read_table(&self, table: &Table, passed_over: u64, limit: u32) -> Result<Vec<Vec<Cell>>, Error> {
        let (name, columns, key) = (table.name, table.columns(), table.key());
        let statement = format!("SELECT {columns} FROM {name} ORDER BY {key} LIMIT $1 OFFSET $2");
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(i64::from(limit))
            .bind(signed(passed_over))
            .fetch_all(&self.pool)
            .await
            .map_err(look_up())?;
        rows.iter().map(|row| table.row(row)).collect()
    }

    async fn write_table(&self, table: &Table, rows: &[Vec<Cell>]) -> Result<(), Error> {
        let (name, columns) = (table.name, table.columns());
        let places: Vec<String> = (1..=table.columns.len()).map(|number| format!("${number}")).collect();
        let places = places.join(", ");
        let statement = format!("INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE VALUES ({places})");
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
        for (table, column) in [("arrivals", "number"), ("outbox", "sequence")] {
            let statement = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), coalesce(max({column}), 0) + 1, false)
                 FROM {table}"
            );
            sqlx::query(AssertSqlSafe(statement)).execute(&self.pool).await.map_err(write())?;
        }
        Ok(())
    }
}
