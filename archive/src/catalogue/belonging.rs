//! What a catalogue belongs to, and what belongs to it: its store, and indexes that follow its changes.

use async_trait::async_trait;

use crate::Error;

/// Which store the catalogue belongs to, by the name that this has given itself ([`crate::identity`]).
#[async_trait]
pub(crate) trait Belonging {
    /// The store's name; none in a catalogue that nobody has opened yet.
    async fn store_id(&self) -> Result<Option<String>, Error>;

    /// Gives the catalogue to a store, whatever it belonged to.
    async fn give_to_store(&self, id: &str) -> Result<(), Error>;

    /// Lets the changes of a new catalogue have numbers behind this one. An index that has followed an earlier catalogue does not think then
    /// that it has them already.
    async fn number_changes_behind(&self, number: u64) -> Result<(), Error>;
}
