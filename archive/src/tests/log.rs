//! The transparency log: one order, published once, provable, and never two roots for one size.

use std::cell::Cell;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use muniment_record::Digest;
use muniment_seal::note::NoteKey;
use proptest::prelude::*;

use super::fixture::{House, archive_all, audit, files, id_of, now};
use crate::log::{Entry, Tiles, inclusion};
use crate::store::{DiskStore, Fault, Faulty};
use crate::{
    Archive, Checkpoint, ConsistencyProof, LogProof, leaf_hash, verify_consistency, verify_inclusion,
};

/// Publishes an archive that has something to publish.
async fn publish(archive: &Archive, key: &NoteKey) -> Checkpoint {
    archive.publish_log(key).await.unwrap().unwrap()
}

fn key() -> NoteKey {
    NoteKey::generate("archive.example/log").unwrap()
}

/// Enters events that belong to no record, so that trees grow fast.
async fn enter(archive: &Archive, numbers: std::ops::Range<u32>) {
    let entry = |number| Entry {
        record: id_of(number),
        version: 1,
        leaf: format!("leaf {number}"),
        companion: format!("companion {number}"),
    };
    archive.catalogue.append(&numbers.map(entry).collect::<Vec<_>>()).await.unwrap();
}

/// The root by RFC 6962's definition.
fn expected_root(size: u32) -> Digest {
    fn over(hashes: &[Digest]) -> Digest {
        if let [only] = hashes {
            return *only;
        }
        let (left, right) = hashes.split_at(hashes.len().next_power_of_two() / 2);
        let mut bytes = vec![1];
        bytes.extend_from_slice(over(left).as_bytes());
        bytes.extend_from_slice(over(right).as_bytes());
        Digest::of(&bytes)
    }
    over(&(0..size).map(|number| leaf_hash(format!("leaf {number}").as_bytes())).collect::<Vec<_>>())
}

async fn grow(steps: Vec<u32>) {
    let (_house, archive) = House::new().await;
    let key = key();
    let mut size = 0;
    let mut seen: Vec<Checkpoint> = Vec::new();
    for step in steps {
        enter(&archive, size..size + step).await;
        size += step;
        let checkpoint = publish(&archive, &key).await;
        assert_eq!((checkpoint.size, checkpoint.root), (u64::from(size), expected_root(size)));
        seen.push(checkpoint);
        let newest = seen.last().unwrap();
        for earlier in &seen {
            let path = archive.prove_consistency(earlier.size).await.unwrap().path;
            let (old, new) = ((earlier.size, &earlier.root), (newest.size, &newest.root));
            assert!(verify_consistency(old, new, &path), "{earlier:?} {newest:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn published_roots_are_those_of_the_definition(
        steps in proptest::collection::vec(prop_oneof![1_u32..5, Just(255), Just(256), 250_u32..600], 1..6)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(grow(steps));
    }
}

#[tokio::test]
async fn three_levels_of_tiles_agree() {
    grow(vec![65_530, 10]).await;
}

/// Stops publishing after so many steps; says whether it was stopped at all.
async fn stopped_after(steps: u32) -> bool {
    let (house, archive) = House::new().await;
    let key = key();
    enter(&archive, 0..250).await;
    let first = publish(&archive, &key).await;
    enter(&archive, 250..520).await;
    archive.store.brake().stop_after(steps);
    let stopped = archive.publish_log(&key).await.is_err();
    let promised: Checkpoint = archive.checkpoint().await.unwrap().unwrap().parse().unwrap();
    drop(archive);

    let archive = Archive::open(&house.home()).await.unwrap();
    // More comes in before it is published again.
    enter(&archive, 520..530).await;
    let last = publish(&archive, &key).await;
    assert_eq!((last.size, last.root), (530, expected_root(530)));
    for earlier in [first, promised] {
        let path = archive.prove_consistency(earlier.size).await.unwrap().path;
        assert!(verify_consistency((earlier.size, &earlier.root), (last.size, &last.root), &path));
    }
    stopped
}

#[tokio::test]
async fn a_stop_at_any_step_of_publishing_forks_nothing() {
    let mut steps = 0;
    while stopped_after(steps).await {
        steps += 1;
    }
    assert!(steps > 20, "only {steps} steps");
}

/// Any call of the store may fail, before it has happened or after, and the log is published again by whoever comes next.
#[tokio::test]
async fn what_failed_and_yet_happened_at_any_call_of_publishing_forks_nothing() {
    let mut met = 0;
    for seed in 1..16 {
        let house = House::empty();
        let home = house.home();
        Archive::create(&home).await.unwrap().close().await;
        let faults = [Fault::ErrorBefore, Fault::ErrorAfter, Fault::TimedOut];
        let attempts = Cell::new(seed << 16);
        let open = |one_in| {
            // Other calls fail each time.
            attempts.set(attempts.get() + 2);
            let disk = DiskStore::open(&home).unwrap();
            Archive::open_on(&home, Arc::new(Faulty::new(disk, attempts.get(), one_in, &faults)))
        };
        let key = key();
        let (mut size, mut seen) = (0, Vec::<Checkpoint>::new());
        for grown in [3, 250, 270, 515] {
            let archive = open(u32::MAX).await.unwrap();
            enter(&archive, size..grown).await;
            size = grown;
            archive.close().await;
            drop(archive);
            let published = loop {
                // Another process each time: it knows only what has happened.
                let Ok(archive) = open(20).await else { continue };
                let published = archive.publish_log(&key).await;
                met += u32::from(published.is_err());
                archive.close().await;
                match published {
                    Ok(checkpoint) => break checkpoint.unwrap(),
                    Err(error) => assert_eq!(error.kind(), crate::ErrorKind::Unavailable, "{error}"),
                }
            };
            assert_eq!(
                (published.size, published.root),
                (u64::from(size), expected_root(size)),
                "seed {seed}"
            );
            seen.push(published);
        }
        let archive = open(u32::MAX).await.unwrap();
        let newest = seen.last().unwrap();
        for earlier in &seen {
            let path = archive.prove_consistency(earlier.size).await.unwrap().path;
            assert!(verify_consistency((earlier.size, &earlier.root), (newest.size, &newest.root), &path));
        }
    }
    assert!(met > 40, "{met} faults");
}

/// What is read wrong once is neither written nor signed, and blocks nothing: the next attempt reads it right.
#[tokio::test]
async fn what_is_read_wrong_while_publishing_is_neither_written_nor_signed() {
    let mut met = 0;
    for seed in 1..16 {
        let house = House::empty();
        let home = house.home();
        Archive::create(&home).await.unwrap().close().await;
        let attempts = Cell::new(seed << 16);
        let open = |one_in| {
            attempts.set(attempts.get() + 2);
            let disk = DiskStore::open(&home).unwrap();
            let faults = [Fault::BitFlip, Fault::ShortRead];
            Archive::open_on(&home, Arc::new(Faulty::new(disk, attempts.get(), one_in, &faults)))
        };
        let key = key();
        let (mut size, mut seen) = (0, Vec::<Checkpoint>::new());
        for grown in [3, 250, 270, 515] {
            let archive = open(u32::MAX).await.unwrap();
            enter(&archive, size..grown).await;
            size = grown;
            archive.close().await;
            drop(archive);
            let mut wrong = 0;
            let published = loop {
                let Ok(archive) = open(3).await else { continue };
                let published = archive.publish_log(&key).await;
                archive.close().await;
                match published {
                    Ok(checkpoint) => break checkpoint.unwrap(),
                    Err(error) => assert_eq!(error.kind(), crate::ErrorKind::Corrupt, "seed {seed}: {error}"),
                }
                wrong += 1;
                assert!(wrong < 200, "seed {seed}: publishing is blocked");
            };
            met += wrong;
            assert_eq!((published.size, published.root), (u64::from(size), expected_root(size)), "{seed}");
            seen.push(published);
        }
        let archive = open(u32::MAX).await.unwrap();
        let newest = seen.last().unwrap();
        for earlier in &seen {
            let path = archive.prove_consistency(earlier.size).await.unwrap().path;
            assert!(verify_consistency((earlier.size, &earlier.root), (newest.size, &newest.root), &path));
            // The tiles of that time too.
            let tiles = Tiles::new(&archive.store, earlier.size);
            let path = inclusion(&tiles, 1, earlier.size).unwrap();
            let leaf = leaf_hash(b"leaf 1");
            assert!(verify_inclusion(&leaf, 1, earlier.size, &path, &earlier.root), "seed {seed}");
        }
    }
    assert!(met > 30, "{met} attempts were ended by what was read");
}

#[tokio::test]
async fn an_older_checkpoint_that_lands_late_is_gone_on_from() {
    for grown in [100, 256, 300, 600] {
        for more in [0, 5] {
            let (house, archive) = House::new().await;
            let key = key();
            let place = house.home().join("log/public/checkpoint");
            enter(&archive, 0..40).await;
            let first = publish(&archive, &key).await;
            let late = fs::read(&place).unwrap();
            enter(&archive, 40..grown).await;
            let second = publish(&archive, &key).await;
            fs::write(&place, &late).unwrap();
            enter(&archive, grown..grown + more).await;
            let last = publish(&archive, &key).await;
            assert_eq!((last.size, last.root), (u64::from(grown + more), expected_root(grown + more)));
            for earlier in [first, second] {
                let path = archive.prove_consistency(earlier.size).await.unwrap().path;
                let (old, new) = ((earlier.size, &earlier.root), (last.size, &last.root));
                assert!(verify_consistency(old, new, &path));
            }
            // Another log's, or where something of what was published is not there: nothing is signed.
            let stranger = self::key();
            let other = Checkpoint { root: Digest::of(b"fork"), ..late_of(&late) };
            fs::write(&place, key.sign(&other.to_string()).unwrap()).unwrap();
            assert_eq!(archive.publish_log(&key).await.unwrap_err().code(), "damaged");
            fs::write(&place, stranger.sign(&late_of(&late).to_string()).unwrap()).unwrap();
            assert_eq!(archive.publish_log(&key).await.unwrap_err().code(), "checkpoint");
            fs::write(&place, &late).unwrap();
            fs::remove_file(house.home().join(tile_of(grown + more))).unwrap();
            assert_eq!(archive.publish_log(&key).await.unwrap_err().code(), "log-missing");
            assert_eq!(fs::read(&place).unwrap(), late);
        }
    }
}

fn late_of(note: &[u8]) -> Checkpoint {
    std::str::from_utf8(note).unwrap().parse().unwrap()
}

/// The last tile of a tree of this size.
fn tile_of(size: u32) -> String {
    match size % 256 {
        0 => format!("log/public/tile/0/{:03}", size / 256 - 1),
        width => format!("log/public/tile/0/{:03}.p/{width}", size / 256),
    }
}

/// Entries come in all the while: each publishing ends nevertheless, and promises no less than there was when it began.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_in_meanwhile_holds_no_publishing_up() {
    let (_house, archive) = House::new().await;
    let key = key();
    let appending = {
        let archive = archive.clone();
        tokio::spawn(async move {
            for number in 0..1500 {
                enter(&archive, number..number + 1).await;
            }
        })
    };
    let mut seen = 0;
    while !appending.is_finished() {
        let before = archive.log_sizes().await.unwrap().0;
        let published = tokio::time::timeout(Duration::from_secs(60), archive.publish_log(&key)).await;
        let size = published.expect("publishing ends").unwrap().map_or(0, |checkpoint| checkpoint.size);
        assert!(size >= before.max(seen), "{size} of {before}, after {seen}");
        seen = size;
    }
    appending.await.unwrap();
    let last = publish(&archive, &key).await;
    assert_eq!((last.size, last.root), (1500, expected_root(1500)));
}

#[tokio::test]
async fn a_record_is_proven_once_it_is_published() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..5).await;
    assert_eq!(archive.prove(id_of(3)).await.unwrap_err().code(), "not-found");
    let key = key();
    publish(&archive, &key).await;
    let proof = archive.prove(id_of(3)).await.unwrap();
    assert!(proof.leads_to_checkpoint());
    assert!(key.verifier().verify(&proof.checkpoint).is_ok());
    assert!(proof.entry.contains(&archive.record(id_of(3)).await.unwrap().sha256.to_string()));
    let text = proof.to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra "), "{text}");
    assert!(text.contains("\nindex 3\n"), "{text}");
    let mut forged = proof.clone();
    forged.entry = forged.entry.replace("\"version\":1", "\"version\":2");
    assert!(!forged.leads_to_checkpoint());
    // Publishing again changes nothing.
    let before = archive.checkpoint().await.unwrap();
    publish(&archive, &key).await;
    assert_eq!(archive.checkpoint().await.unwrap(), before);
}

#[tokio::test]
async fn a_proof_is_checked_from_its_text_alone() {
    let (house, archive) = House::new().await;
    let key = key();
    for seeds in [0..1, 1..5] {
        archive_all(&house, &archive, seeds).await;
        publish(&archive, &key).await;
        let record = archive.record(id_of(0)).await.unwrap();
        let text = archive.prove(record.id).await.unwrap().to_string();
        let leaf = text.parse::<LogProof>().unwrap().check(&key.verifier()).unwrap();
        assert_eq!((leaf.record, leaf.sha256, leaf.version), (record.id, record.sha256, 1));
        assert_eq!(text.parse::<LogProof>().unwrap().to_string(), text);
        let stranger = self::key().verifier();
        assert_eq!(text.parse::<LogProof>().unwrap().check(&stranger).unwrap_err().code(), "checkpoint");
        // Whatever is changed, or left out at the end, is noticed.
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            for bytes in [&changed[..], &text.as_bytes()[..at]] {
                let read = String::from_utf8(bytes.to_vec()).map(|text| text.parse::<LogProof>());
                let sound = matches!(read, Ok(Ok(proof)) if proof.check(&key.verifier()).is_ok());
                assert!(!sound, "byte {at} of {text}");
            }
        }
    }
}

#[tokio::test]
async fn a_kept_checkpoint_shows_whether_the_log_still_begins_with_it() {
    let (house, archive) = House::new().await;
    let key = key();
    archive_all(&house, &archive, 0..2).await;
    publish(&archive, &key).await;
    let kept = archive.checkpoint().await.unwrap().unwrap();
    archive_all(&house, &archive, 2..5).await;
    publish(&archive, &key).await;
    let text = archive.prove_consistency(2).await.unwrap().to_string();
    let proof: ConsistencyProof = text.parse().unwrap();
    assert_eq!(proof.to_string(), text);
    assert_eq!(proof.check(&kept, &key.verifier()).unwrap().size, 5);
    // The key's owner had signed something else at that size.
    let fork = Checkpoint { root: Digest::of(b"fork"), ..kept.parse().unwrap() };
    let fork = key.sign(&fork.to_string()).unwrap();
    assert_eq!(proof.check(&fork, &key.verifier()).unwrap_err().code(), "proof");
    let newest = archive.checkpoint().await.unwrap().unwrap();
    assert_eq!(proof.check(&newest, &key.verifier()).unwrap_err().code(), "proof");
    assert_eq!(proof.check(&kept, &self::key().verifier()).unwrap_err().code(), "checkpoint");
    assert_eq!(archive.prove_consistency(6).await.unwrap_err().code(), "not-found");
}

#[tokio::test]
async fn the_audit_knows_the_key_of_the_log() {
    let (house, archive) = House::new().await;
    let key = key();
    archive_all(&house, &archive, 0..2).await;
    publish(&archive, &key).await;
    for (verifier, findings) in [(key.verifier(), 0), (self::key().verifier(), 1)] {
        let verify = |_: &[u8], _| muniment_seal::Verdict::Passed;
        let report = archive.audit_with(&verify, Some(&verifier), now(), &()).await.unwrap();
        assert_eq!(report.findings.len(), findings, "{report}");
        assert!(report.findings.iter().all(|finding| finding.object == "log/public/checkpoint"), "{report}");
    }
}

#[tokio::test]
async fn nothing_published_holds_what_is_known_of_a_holder() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..3).await;
    publish(&archive, &key()).await;
    let mut private: Vec<String> = Vec::new();
    for text in ["Công ty Mẫu", "34/2026/ATTP-CNĐK", "Sở Y tế", "H05.12-260224-0001", "Giấy chứng nhận"]
    {
        private.push(text.to_owned());
        private.push(Digest::of(text.as_bytes()).to_string());
    }
    for file in files(&house.home(), "log/public") {
        let bytes = fs::read(&file).unwrap();
        for text in &private {
            assert!(
                !bytes.windows(text.len()).any(|part| part == text.as_bytes()),
                "{text} in {}",
                file.display()
            );
        }
    }
}

#[tokio::test]
async fn another_key_or_an_older_catalogue_signs_nothing() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..2).await;
    archive.close().await;
    let home = house.home();
    drop(archive);
    fs::copy(home.join("catalog.sqlite"), home.join("backup")).unwrap();

    let archive = Archive::open(&home).await.unwrap();
    let key = key();
    archive_all(&house, &archive, 2..4).await;
    publish(&archive, &key).await;
    let note = archive.checkpoint().await.unwrap();
    assert_eq!(archive.publish_log(&self::key()).await.unwrap_err().code(), "checkpoint");
    archive.close().await;
    drop(archive);

    fs::copy(home.join("backup"), home.join("catalog.sqlite")).unwrap();
    assert_eq!(Archive::open(&home).await.unwrap_err().code(), "catalogue-behind");
    // Whoever had it open meanwhile signs nothing either, however long the catalogue grows.
    let hidden = home.join("log/public/hidden");
    fs::rename(home.join("log/public/checkpoint"), &hidden).unwrap();
    let archive = Archive::open(&home).await.unwrap();
    fs::rename(&hidden, home.join("log/public/checkpoint")).unwrap();
    for seeds in [5..5, 5..7, 7..9] {
        archive_all(&house, &archive, seeds).await;
        assert_eq!(archive.publish_log(&key).await.unwrap_err().code(), "damaged");
    }
    assert_eq!(archive.checkpoint().await.unwrap(), note);
}

#[tokio::test]
async fn a_rebuilt_catalogue_goes_on_with_the_same_log() {
    let (house, archive) = House::new().await;
    let key = key();
    archive_all(&house, &archive, 0..3).await;
    let first = publish(&archive, &key).await;
    // One more is in the catalogue's order and not published.
    archive_all(&house, &archive, 3..4).await;
    archive.close().await;
    drop(archive);
    let report = Archive::rebuild(&house.home(), now(), false).await.unwrap();
    assert_eq!((report.records, report.log_entries), (4, 3));
    let archive = Archive::open(&house.home()).await.unwrap();
    archive.recover(now()).await.unwrap();
    let last = publish(&archive, &key).await;
    assert_eq!(last.size, 4);
    let path = archive.prove_consistency(3).await.unwrap().path;
    assert!(verify_consistency((3, &first.root), (4, &last.root), &path));
    assert!(archive.prove(id_of(3)).await.unwrap().leads_to_checkpoint());
    let report = audit(&archive).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.log_entries, 4);
}

#[tokio::test]
async fn nothing_is_published_while_there_is_nothing() {
    let (house, archive) = House::new().await;
    let key = key();
    assert_eq!(archive.publish_log(&key).await.unwrap(), None);
    assert_eq!(archive.checkpoint().await.unwrap(), None);
    archive_all(&house, &archive, 0..1).await;
    assert_eq!(publish(&archive, &key).await.size, 1);
}

#[tokio::test]
async fn a_log_that_was_published_empty_goes_on() {
    let (house, archive) = House::new().await;
    let key = key();
    let empty = Checkpoint { origin: key.verifier().name().to_owned(), size: 0, root: Digest::of(b"") };
    fs::create_dir_all(house.home().join("log/public")).unwrap();
    fs::write(house.home().join("log/public/checkpoint"), key.sign(&empty.to_string()).unwrap()).unwrap();
    assert_eq!(archive.publish_log(&key).await.unwrap(), None);
    archive_all(&house, &archive, 0..3).await;
    assert_eq!(publish(&archive, &key).await.size, 3);
    assert!(archive.prove(id_of(2)).await.unwrap().leads_to_checkpoint());
    assert!(audit(&archive).await.is_clean());
}

#[tokio::test]
async fn a_log_that_is_gone_is_a_finding_and_not_published_over() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..3).await;
    assert!(audit(&archive).await.is_clean(), "nothing was published yet");
    let key = key();
    publish(&archive, &key).await;
    fs::remove_dir_all(house.home().join("log")).unwrap();
    let report = audit(&archive).await;
    assert_eq!(report.findings.len(), 1, "{report}");
    assert_eq!(report.findings[0].object, "log/public/checkpoint");
    assert_eq!(archive.publish_log(&key).await.unwrap_err().code(), "log-missing");
}

#[tokio::test]
async fn a_log_that_was_set_back_is_a_finding() {
    let (house, archive) = House::new().await;
    let key = key();
    archive_all(&house, &archive, 0..2).await;
    publish(&archive, &key).await;
    let earlier = archive.checkpoint().await.unwrap().unwrap();
    archive_all(&house, &archive, 2..4).await;
    publish(&archive, &key).await;
    fs::write(house.home().join("log/public/checkpoint"), earlier).unwrap();
    let report = audit(&archive).await;
    assert_eq!(report.findings.len(), 1, "{report}");
    assert!(report.findings[0].detail.contains("size 2"), "{report}");
}

#[tokio::test]
async fn damage_to_files_of_earlier_sizes_is_named_and_so_are_strangers() {
    for place in [
        "log/public/tile/0/000.p/2",
        "log/public/tile/entries/000.p/2",
        "log/private/companions/000.p/2",
        "log/private/companions/000.p/4",
        "log/public/tile/0/000.p/4",
        "log/public/note",
    ] {
        let (house, archive) = House::new().await;
        let key = key();
        for seeds in [0..2, 2..4] {
            archive_all(&house, &archive, seeds).await;
            publish(&archive, &key).await;
        }
        assert!(audit(&archive).await.is_clean());
        let path = house.home().join(place);
        let mut bytes = fs::read(&path).unwrap_or_default();
        bytes.extend_from_slice(&[b'\n'; 32]);
        fs::write(&path, bytes).unwrap();
        let report = audit(&archive).await;
        assert!(report.findings.iter().any(|finding| finding.object == place), "{place}: {report}");
    }
}

#[tokio::test]
async fn a_catalogue_with_another_order_or_without_an_entry_is_named() {
    for (statement, named) in [
        (
            "UPDATE log_entries SET leaf = replace(leaf, '\"version\":1', '\"version\":2') WHERE position = 1",
            "not the entry",
        ),
        ("DELETE FROM log_entries WHERE position = 2", "the log has no entry"),
    ] {
        let (house, archive) = House::new().await;
        archive_all(&house, &archive, 0..3).await;
        publish(&archive, &key()).await;
        let mut transaction = archive.catalogue.sqlite().unwrap().begin().await.unwrap();
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
        let report = audit(&archive).await;
        assert!(report.findings.iter().any(|finding| finding.detail.contains(named)), "{report}");
    }
}
