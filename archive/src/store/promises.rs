//! The promises of an [`ObjectStore`], one by one: what is not tried here is not promised.

use jiff::{SignedDuration, Timestamp};

use super::side_by_side::side_by_side;
use super::{Content, ObjectStore, Parcel, Tree};
use crate::{Error, ErrorKind};

/// A promise that a store does not keep.
#[derive(Debug, thiserror::Error)]
#[error("the store does not keep a promise: {promise}")]
pub struct BrokenPromise {
    /// The promise.
    pub promise: &'static str,
    /// The error that showed it, where there was one.
    #[source]
    pub cause: Option<Error>,
}

/// Below this directory all is written, and removed again where all promises were kept.
const PLACE: &str = "promises";
/// Beyond what a server takes in one piece.
const LARGE: usize = (17 << 20) + 3;

/// Tries every promise of [`ObjectStore`] but those of locks ([`keeps_its_locks`]), below the directory `promises` of a store, where there must be
/// nothing yet.
///
/// # Errors
///
/// The first promise that is not kept.
pub fn keeps_its_promises(store: &dyn ObjectStore) -> Result<(), BrokenPromise> {
    what_is_put_is_got(store)?;
    nothing_is_overwritten(store)?;
    parts_are_read(store)?;
    listings_are_whole(store)?;
    many_write_at_once(store)?;
    trees_are_written(store)?;
    what_is_deleted_is_gone(store)
}

/// Tries what [`ObjectStore`] promises of locks: a store that has them enforces them, and one that has none says so. Objects of this
/// stay behind below the directories `promises` and `locks`, for some minutes from `now` on.
///
/// # Errors
///
/// The first promise that is not kept.
pub fn keeps_its_locks(store: &dyn ObjectStore, now: Timestamp) -> Result<(), BrokenPromise> {
    let name = place("locked");
    let after = |minutes| now.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(now);
    if !store.has_locks() {
        ask(store.put(&name, b"free"), "an object is put")?;
        let is_refused = |asked: Result<(), Error>| matches!(asked, Err(Error::NoLocks));
        require(is_refused(store.retain(&name, after(3))), "a store without locks retains nothing")?;
        require(is_refused(store.hold(&name, true)), "a store without locks holds nothing")?;
        ask(store.delete(&name), "an object that is not locked is deleted")?;
        return require(
            is_missing(store.get(&name)),
            "an object that is not locked is gone when it is deleted",
        );
    }
    let trial = ask(store.try_locks(now), "locks are tried")?;
    require(trial.is_enforced(), "locks are enforced")?;
    for (length, minutes) in [(5, 3), (LARGE, 3)] {
        let bytes = bytes(length);
        ask(store.put_retained(&name, &bytes, after(minutes)), "an object is put and retained")?;
        require(ask(store.get(&name), "an object is got")? == bytes, "what is retained is got")?;
        ask(store.retain(&name, after(minutes + 1)), "an object is retained for longer")?;
        require(store.retain(&name, after(minutes)).is_err(), "the time of an object is not shortened")?;
        ask(store.hold(&name, true), "an object is held")?;
        ask(store.hold(&name, false), "an object is let go")?;
    }
    Ok(())
}

fn require(kept: bool, promise: &'static str) -> Result<(), BrokenPromise> {
    if kept { Ok(()) } else { Err(BrokenPromise { promise, cause: None }) }
}

fn ask<T>(answer: Result<T, Error>, promise: &'static str) -> Result<T, BrokenPromise> {
    answer.map_err(|cause| BrokenPromise { promise, cause: Some(cause) })
}

fn is_missing<T>(answer: Result<T, Error>) -> bool {
    answer.is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

fn place(name: &str) -> String {
    format!("{PLACE}/{name}")
}

/// Bytes that are unlike at every place.
fn bytes(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

fn what_is_put_is_got(store: &dyn ObjectStore) -> Result<(), BrokenPromise> {
    let names = ["empty", "one", "deep/er/than/one", "urn%3auuid%3a0=ocfl (Mẫu)", "large"];
    for (name, length) in names.into_iter().zip([0, 1, 4096, 5, LARGE]) {
        let (name, bytes) = (place(name), bytes(length));
        require(is_missing(store.get(&name)), "what was not put is not found")?;
        require(matches!(store.head(&name), Ok(None)), "what was not put has no length")?;
        ask(store.put_new(&name, &bytes), "an object is put")?;
        require(ask(store.get(&name), "an object is got")? == bytes, "what is got is what was put")?;
        let found = ask(store.head(&name), "an object is looked at")?;
        require(found == u64::try_from(length).ok(), "an object has the length of what was put")?;
    }
    Ok(())
}

fn nothing_is_overwritten(store: &dyn ObjectStore) -> Result<(), BrokenPromise> {
    let name = place("once");
    ask(store.put_new(&name, b"first"), "an object is put")?;
    ask(store.put_new(&name, b"first"), "the same is put again without harm")?;
    for other in [b"other".to_vec(), bytes(LARGE)] {
        let refused = store.put_new(&name, &other);
        require(
            refused.is_err_and(|error| error.kind() == ErrorKind::AlreadyExists),
            "other bytes under a name that is taken are refused",
        )?;
    }
    require(ask(store.get(&name), "an object is got")? == b"first", "what was refused changed nothing")?;
    ask(store.put(&name, b"second"), "an object is replaced")?;
    require(ask(store.get(&name), "an object is got")? == b"second", "what replaced an object is got")
}

fn parts_are_read(store: &dyn ObjectStore) -> Result<(), BrokenPromise> {
    let name = place("parts");
    ask(store.put_new(&name, b"0123456789"), "an object is put")?;
    for (range, expected) in
        [(0..10, "0123456789"), (3..5, "34"), (8..20, "89"), (10..12, ""), (30..40, ""), (4..4, "")]
    {
        let part = ask(store.get_range(&name, range), "a part of an object is got")?;
        require(part == expected.as_bytes(), "a part is what lies in its range")?;
    }
    require(is_missing(store.get_range(&place("none"), 0..1)), "a part of nothing is not found")
}

fn names_below(store: &dyn ObjectStore, directory: &str) -> Result<Vec<String>, BrokenPromise> {
    let mut names = Vec::new();
    let listed = store.list(directory, &mut |name| {
        names.push(name.to_owned());
        true
    });
    ask(listed, "a directory is listed")?;
    names.sort_unstable();
    Ok(names)
}

fn listings_are_whole(store: &dyn ObjectStore) -> Result<(), BrokenPromise> {
    // More than a server tells at a time.
    let names: Vec<String> =
        (0..1_100).map(|number| place(&format!("list/{:02}/{number:04}", number % 7))).collect();
    let put = side_by_side(store.width(), names.clone(), |name| store.put_new(&name, name.as_bytes()));
    put.into_iter().try_for_each(|put| ask(put, "many objects are put"))?;
    ask(store.put_new(&place("lists"), b""), "an object is put")?;
    let mut expected = names;
    expected.sort_unstable();
    require(
        names_below(store, &place("list"))? == expected,
        "a listing tells every name below, once, and no other",
    )?;
    require(
        names_below(store, &place("nowhere"))?.is_empty(),
        "nothing lies below a directory that is not there",
    )?;
    let mut told = 0;
    let listed = store.list(&place("list"), &mut |_| {
        told += 1;
        told < 3
    });
    ask(listed, "a listing is ended early")?;
    require(told == 3, "a listing that is ended tells no more")
}

fn many_write_at_once(store: &dyn ObjectStore) -> Result<(), BrokenPromise> {
    let numbers: Vec<u8> = (0..64).collect();
    let put = side_by_side(8, numbers, |number| {
        let name = place(&format!("many/{}", number % 16));
        store.put(&name, &[number % 16; 1000])
    });
    put.into_iter().try_for_each(|put| ask(put, "many write at once"))?;
    for number in 0..16 {
        let got = ask(store.get(&place(&format!("many/{number}"))), "an object is got")?;
        require(got == [number; 1000], "of many who write the same, nothing is mixed")?;
    }
    Ok(())
}

fn tree(directory: &str, files: &[(&str, &str)], grows: bool) -> Tree {
    let memory = |text: &str| Content::Memory(text.as_bytes().to_vec());
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), memory(text))).collect();
    Tree { directory: place(directory), files, grows, retained_until: None, agreed: false, vacant: false }
}

fn trees_are_written(store: &dyn ObjectStore) -> Result<(), BrokenPromise> {
    ask(store.put(&place("blobs/b"), b"damaged"), "an object is put")?;
    // Remains of a write that was stopped.
    ask(store.put(&place("trees/1/v1/left"), b"over"), "an object is put")?;
    let parcels = (0..5)
        .map(|number| Parcel {
            blobs: vec![(place("blobs/b"), Content::Memory(b"sound".to_vec()))],
            tree: Some(tree(&format!("trees/{number}"), &[("v1/content/a", "A"), ("root", "1")], false)),
        })
        .collect();
    let written = ask(store.write(parcels), "parcels are written")?;
    written.into_iter().try_for_each(|written| ask(written, "a parcel is written"))?;
    require(ask(store.get(&place("blobs/b")), "a blob is got")? == b"sound", "a damaged blob is replaced")?;
    let expected = [place("trees/1/root"), place("trees/1/v1/content/a")];
    require(
        names_below(store, &place("trees/1"))? == expected,
        "a new tree is what was written, and no more",
    )?;

    let next = tree("trees/1", &[("v2/content/a", "B"), ("root", "2")], true);
    let written = ask(store.write(vec![Parcel { blobs: Vec::new(), tree: Some(next) }]), "a tree grows")?;
    written.into_iter().try_for_each(|written| ask(written, "a tree grows"))?;
    for (path, expected) in [("v1/content/a", "A"), ("v2/content/a", "B"), ("root", "2")] {
        let got = ask(store.get(&place(&format!("trees/1/{path}"))), "a tree's file is got")?;
        require(got == expected.as_bytes(), "a tree that grew has what it had, and what is new")?;
    }

    ask(store.withdraw(&place("trees/1"), "root"), "a tree is withdrawn")?;
    require(
        names_below(store, &place("trees/1"))?.is_empty(),
        "nothing is left of a tree that was withdrawn",
    )?;
    require(names_below(store, &place("trees"))?.len() == 8, "other trees stay")
}

fn what_is_deleted_is_gone(store: &dyn ObjectStore) -> Result<(), BrokenPromise> {
    let names = names_below(store, PLACE)?;
    let deleted = side_by_side(store.width(), names, |name| store.delete(&name));
    deleted.into_iter().try_for_each(|deleted| ask(deleted, "an object is deleted"))?;
    require(is_missing(store.get(&place("once"))), "what was deleted is not found")?;
    require(names_below(store, PLACE)?.is_empty(), "what was deleted is not listed")?;
    ask(store.delete(&place("once")), "what is not there is deleted without harm")
}
