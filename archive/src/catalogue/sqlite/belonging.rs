use async_trait::async_trait;

use super::super::belonging::Belonging;
use super::super::cells::{signed, text};
use super::{SqliteCatalogue, look_up, write};
use crate::Error;

#[async_trait]
impl Belonging for SqliteCatalogue {
    async fn store_id(&self) -> Result<Option<String>, Error> {
        let row =
            sqlx::query("SELECT id FROM store").fetch_optional(&self.readers).await.map_err(look_up())?;
        row.map(|row| text(&row, "id")).transpose()
    }

    async fn give_to_store(&self, id: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        sqlx::query("INSERT INTO store (only_row, id) VALUES (1, ?) ON CONFLICT (only_row) DO UPDATE SET id = excluded.id")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(write())?;
        transaction.commit().await.map_err(write())
    }

    async fn number_changes_behind(&self, number: u64) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        // It may be written to (sqlite.org/autoinc.html, 2), and nothing keeps it from having two rows of a table.
        sqlx::query("DELETE FROM sqlite_sequence WHERE name = 'outbox'")
            .execute(&mut *transaction)
            .await
            .map_err(write())?;
        sqlx::query("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', ?)")
            .bind(signed(number))
            .execute(&mut *transaction)
            .await
            .map_err(write())?;
        transaction.commit().await.map_err(write())
    }
}
