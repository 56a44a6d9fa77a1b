//! Which store a catalogue belongs to.
//!
//! A store has a name that it was given at random, in the object `store-id`, and a catalogue remembers the name of its store. A catalogue that
//! was moved away, or whose store was, names another one: so whoever still has the configuration from before the move is refused, instead of
//! taking in what nobody else will see and signing a second log.

use ring::rand::{SecureRandom, SystemRandom};

use crate::catalogue::Catalogue;
use crate::{Error, ErrorKind, ObjectStore};

const STORE_ID: &str = "store-id";
/// In a store that an archive was moved to: the name of the store that it came from.
const MOVED_FROM: &str = "moved-from";

/// The name of a store, if it has one.
pub(crate) fn of_store(objects: &dyn ObjectStore) -> Result<Option<String>, Error> {
    read(objects, STORE_ID)
}

/// The name of a store, which gets one where it has none.
pub(crate) fn given_to_store(objects: &dyn ObjectStore) -> Result<String, Error> {
    match of_store(objects)? {
        Some(id) => Ok(id),
        None => {
            let id = draw()?;
            objects.put(STORE_ID, format!("{id}\n").as_bytes())?;
            Ok(id)
        }
    }
}

/// Holds a catalogue against the store that it is opened with. Where one of them does not know yet, it is told.
///
/// # Errors
///
/// [`Error::Moved`] where the catalogue belongs to another store.
pub(crate) async fn require_own(catalogue: &dyn Catalogue, objects: &dyn ObjectStore) -> Result<(), Error> {
    match (catalogue.store_id().await?, of_store(objects)?) {
        (Some(known), Some(id)) if known == id => Ok(()),
        (Some(_), Some(_)) => Err(Error::Moved { path: catalogue.place() }),
        // The store was put back without it.
        (Some(known), None) => objects.put(STORE_ID, format!("{known}\n").as_bytes()),
        (None, _) => catalogue.give_to_store(&given_to_store(objects)?).await,
    }
}

/// Whether a catalogue belongs to another store than this one, for all that they say.
pub(crate) async fn is_of_another(
    catalogue: &dyn Catalogue,
    objects: &dyn ObjectStore,
) -> Result<bool, Error> {
    Ok(match (catalogue.store_id().await?, of_store(objects)?) {
        (Some(known), Some(id)) => known != id,
        _ => false,
    })
}

/// Begins, or goes on with, the copy of a store into another.
///
/// # Errors
///
/// [`Error::ArchiveExists`] where the other store holds anything but an earlier copy of this one.
pub(crate) fn begin_copy(from: &dyn ObjectStore, to: &dyn ObjectStore) -> Result<(), Error> {
    let id = given_to_store(from)?;
    if read(to, MOVED_FROM)?.is_some_and(|origin| origin == id) {
        return Ok(());
    }
    let mut is_taken = of_store(to)?.is_some();
    for directory in ["ocfl", "blobs", "log"] {
        to.list(directory, &mut |_| {
            is_taken = true;
            false
        })?;
    }
    if is_taken {
        return Err(Error::ArchiveExists { path: "the place that the archive is to be moved to".to_owned() });
    }
    to.put(MOVED_FROM, format!("{id}\n").as_bytes())
}

/// Lets a catalogue that was left behind belong to no store.
pub(crate) async fn give_away(catalogue: &dyn Catalogue) -> Result<(), Error> {
    catalogue.give_to_store("moved").await
}

fn read(objects: &dyn ObjectStore, name: &str) -> Result<Option<String>, Error> {
    match objects.get(name) {
        Ok(bytes) => {
            let text = String::from_utf8(bytes).map_err(|_| Error::damaged(name, "not UTF-8"))?;
            Ok(Some(text.trim_end().to_owned()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn draw() -> Result<String, Error> {
    let mut random = [0; 16];
    SystemRandom::new().fill(&mut random).map_err(|_| Error::Stopped)?;
    Ok(format!("{:032x}", u128::from_be_bytes(random)))
}
