//! A move to another store, another catalogue, or both: nobody goes on at the old place.

use std::sync::Arc;

use super::fixture::{House, archive_all, audit, now};
use super::postgres::Postgres;
use crate::catalogue::CatalogueAt;
use crate::{Archive, DiskStore, Error, ObjectStore, PostgresSettings};

fn store(house: &House, name: &str) -> Arc<dyn ObjectStore> {
    let root = house.dir().join(name);
    std::fs::create_dir_all(&root).unwrap();
    Arc::new(DiskStore::open(&root).unwrap())
}

async fn copied(at: &CatalogueAt, from: &dyn ObjectStore, to: &dyn ObjectStore) -> Result<(), Error> {
    let alone = Archive::alone(at).await.unwrap();
    let copied = Archive::copy_store(&alone, from, to).map(drop);
    alone.give_up().await;
    copied
}

async fn refuses(at: &CatalogueAt, objects: &Arc<dyn ObjectStore>) {
    let refused = Archive::open_on(at.clone(), Arc::clone(objects)).await.map(drop).unwrap_err();
    assert!(matches!(refused, Error::Moved { .. }), "{refused}");
}

#[tokio::test]
async fn nobody_goes_on_where_an_archive_was() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..2).await;
    archive.close().await;
    drop(archive);
    let at = CatalogueAt::from(&house.home());
    let (old, new) =
        (Arc::new(DiskStore::open(&house.home()).unwrap()) as Arc<dyn ObjectStore>, store(&house, "new"));

    // Only the store moves. Twice, as after a stop.
    for _ in 0..2 {
        copied(&at, old.as_ref(), new.as_ref()).await.unwrap();
        let alone = Archive::alone(&at).await.unwrap();
        Archive::hand_over(&alone, None, &at, new.as_ref()).await.unwrap();
        alone.give_up().await;
    }
    refuses(&at, &old).await;
    let rebuilt = Archive::rebuild_on(at.clone(), Arc::clone(&old), now(), true).await.map(drop).unwrap_err();
    assert!(matches!(rebuilt, Error::Moved { .. }), "{rebuilt}");
    let archive = Archive::open_on(at.clone(), Arc::clone(&new)).await.unwrap();
    assert!(audit(&archive).await.is_clean());
    archive.close().await;
    drop(archive);

    // Then only the catalogue.
    let there = CatalogueAt::from(&house.dir().join("catalogue"));
    let alone = Archive::alone(&at).await.unwrap();
    Archive::copy_catalogue(&alone, &at, &there).await.unwrap();
    Archive::hand_over(&alone, Some(&at), &there, new.as_ref()).await.unwrap();
    alone.give_up().await;
    for objects in [&old, &new] {
        refuses(&at, objects).await;
    }
    let archive = Archive::open_on(there, new).await.unwrap();
    assert!(audit(&archive).await.is_clean());
    archive.close().await;
}

#[tokio::test]
async fn an_archive_is_not_moved_over_another() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..1).await;
    archive.close().await;
    drop(archive);
    let at = CatalogueAt::from(&house.home());
    let from = DiskStore::open(&house.home()).unwrap();
    let other_house = House::new().await.0;
    let other = DiskStore::open(&other_house.home()).unwrap();
    let before = other.get("ocfl/ocfl_layout.json").unwrap();
    let refused = copied(&at, &from, &other).await.unwrap_err();
    assert!(matches!(refused, Error::ArchiveExists { .. }), "{refused}");
    assert_eq!(other.get("ocfl/ocfl_layout.json").unwrap(), before);
    // Nor over what is half there of something else.
    let remains = store(&house, "remains");
    remains.put("blobs/sha256/ab/x", b"1").unwrap();
    copied(&at, &from, remains.as_ref()).await.unwrap_err();
}

#[tokio::test]
async fn a_store_that_was_put_back_without_its_name_gets_it_again() {
    let (house, archive) = House::new().await;
    archive.close().await;
    drop(archive);
    let name = house.home().join("store-id");
    let before = std::fs::read(&name).unwrap();
    std::fs::remove_file(&name).unwrap();
    Archive::open(&house.home()).await.unwrap().close().await;
    assert_eq!(std::fs::read(&name).unwrap(), before);
    assert!(audit(&Archive::open(&house.home()).await.unwrap()).await.is_clean());
}

/// An index that has followed the old catalogue must not think that it has the new one's changes.
#[tokio::test]
async fn changes_of_a_rebuilt_catalogue_have_later_numbers() {
    let server = Postgres::shared();
    let settings = PostgresSettings::new(&server.address(), &server.new_schema()).unwrap();
    for catalogue in [None, Some(CatalogueAt::Postgres(settings))] {
        let house = House::empty();
        let at = catalogue.unwrap_or_else(|| CatalogueAt::from(&house.home()));
        let objects = store(&house, "objects");
        let archive = Archive::create_on(at.clone(), Arc::clone(&objects)).await.unwrap();
        archive_all(&house, &archive, 0..2).await;
        let before = archive.outbox(0, 10).await.unwrap()[1].sequence;
        archive.close().await;
        drop(archive);
        let report = Archive::rebuild_on(at.clone(), Arc::clone(&objects), now(), true).await.unwrap();
        assert_eq!(report.records, 2, "{report}");
        let archive = Archive::open_on(at, objects).await.unwrap();
        assert_eq!(archive.outbox(before, 10).await.unwrap().len(), 2);
        archive_all(&house, &archive, 2..3).await;
        assert_eq!(archive.outbox(before, 10).await.unwrap().len(), 3);
        archive.close().await;
    }
}
