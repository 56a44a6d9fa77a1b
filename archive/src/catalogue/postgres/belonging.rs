use async_trait::async_trait;

use super::super::belonging::Belonging;
use super::super::cells::{signed, text};
use super::{PostgresCatalogue, look_up, write};
use crate::Error;

#[async_trait]
impl Belonging for PostgresCatalogue {
    async fn store_id(&self) -> Result<Option<String>, Error> {
        let row = sqlx::query("SELECT id FROM store").fetch_optional(&self.pool).await.map_err(look_up())?;
        row.map(|row| text(&row, "id")).transpose()
    }

    async fn give_to_store(&self, id: &str) -> Result<(), Error> {
        sqlx::query("INSERT INTO store (only_row, id) VALUES (1, $1) ON CONFLICT (only_row) DO UPDATE SET id = excluded.id")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(write())?;
        Ok(())
    }

    async fn number_changes_behind(&self, number: u64) -> Result<(), Error> {
        sqlx::query("SELECT setval(pg_get_serial_sequence('outbox', 'sequence'), $1)")
            .bind(signed(number))
            .execute(&self.pool)
            .await
            .map_err(write())?;
        Ok(())
    }
}
