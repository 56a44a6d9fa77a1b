//! PostgreSQL is killed in the midst of what one process does, and another goes on before the first one notices: no fork, nothing that
//! was acknowledged is lost, and the ledger balances.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::ops::Range;
use std::sync::Mutex;

use muniment_record::Digest;
use muniment_seal::note::NoteKey;
use tokio::runtime::Handle;

use super::super::fixture::{archive_all, audit};
use super::*;
use crate::object::name_of;
use crate::store::Brake;
use crate::{Archive, DiskStore, ObjectStore};

/// What happens before a call that names an object; says whether it has happened.
type Strike = Box<dyn FnMut(&str) -> bool + Send>;

/// A store that writes file by file, as one behind S3 does, and in which something happens once.
struct Struck {
    inner: DiskStore,
    strike: Mutex<Option<Strike>>,
    held: Mutex<BTreeSet<String>>,
}

impl fmt::Debug for Struck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl Struck {
    fn before(&self, name: &str) {
        let strike = self.strike.lock().unwrap().take();
        if let Some(mut strike) = strike
            && !strike(name)
        {
            *self.strike.lock().unwrap() = Some(strike);
        }
    }
}

impl ObjectStore for Struck {
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.before(name);
        self.inner.put_new(name, bytes)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.before(name);
        self.inner.put(name, bytes)
    }

    fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        self.inner.get(name)
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, Error> {
        self.inner.get_range(name, range)
    }

    fn head(&self, name: &str) -> Result<Option<u64>, Error> {
        self.inner.head(name)
    }

    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Error> {
        self.inner.list(directory, visit)
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.inner.delete(name)
    }

    fn retain(&self, _name: &str, _until: Timestamp) -> Result<(), Error> {
        Ok(())
    }

    fn hold(&self, name: &str, held: bool) -> Result<(), Error> {
        self.before(name);
        let mut all = self.held.lock().unwrap();
        if held {
            all.insert(name.to_owned())
        } else {
            all.remove(name)
        };
        Ok(())
    }

    fn brake(&self) -> &Brake {
        self.inner.brake()
    }
}

/// An archive whose server may be killed.
struct Place {
    house: House,
    server: Arc<Postgres>,
    at: CatalogueAt,
    store: Arc<Struck>,
    archive: Archive,
    batch: BatchId,
}

impl Place {
    async fn new(documents: Range<u32>) -> Self {
        let server = Arc::new(Postgres::start());
        let at =
            CatalogueAt::Postgres(PostgresSettings::new(&server.address(), &server.new_schema()).unwrap());
        let house = House::empty();
        fs::create_dir_all(house.home()).unwrap();
        let inner = DiskStore::open(&house.home()).unwrap();
        let (strike, held) = (Mutex::default(), Mutex::default());
        let store = Arc::new(Struck { inner, strike, held });
        let archive = Archive::create_on(at.clone(), store.clone()).await.unwrap();
        let batch = archive_all(&house, &archive, documents).await;
        Self { house, server, at, store, archive, batch }
    }

    async fn open(&self) -> Archive {
        Archive::open_on(self.at.clone(), self.store.clone()).await.unwrap()
    }

    /// Has the server killed, and another process at work after it, before a name with this end is written.
    fn strike_before<F: Future<Output = ()> + 'static>(
        &self,
        end: &'static str,
        mut then: impl FnMut(Archive) -> F + Send + 'static,
    ) {
        let (server, at, store) = (Arc::clone(&self.server), self.at.clone(), Arc::clone(&self.store));
        let runtime = Handle::current();
        *self.store.strike.lock().unwrap() = Some(Box::new(move |name| {
            if !name.ends_with(end) {
                return false;
            }
            server.kill_and_restart();
            runtime.block_on(async {
                let other = Archive::open_on(at.clone(), store.clone()).await.unwrap();
                then(other.clone()).await;
                other.close().await;
            });
            true
        }));
    }

    fn was_struck(&self) -> bool {
        self.store.strike.lock().unwrap().is_none()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_ends_with_the_server_and_so_does_what_it_was_for() {
    let place = Place::new(0..1).await;
    place.archive.close().await;
    let right = until_free(&place.at).await;
    let beside = place.at.create_beside().await.unwrap();
    beside.close().await;
    assert!(right.stands().await);
    place.server.kill_and_restart();
    // Nobody keeps others out any more: a document is archived in the catalogue that was to be replaced.
    let other = place.open().await;
    let document = Document::new(&place.house, 1, 0);
    document.register(&other, &place.batch).await;
    document.deposit(&other, &place.batch).await.unwrap();
    assert!(!right.stands().await);
    place.at.swap_under(&right).await.unwrap_err();
    assert_eq!(other.count().await.unwrap(), 2);
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_whose_maker_has_lost_its_right_is_not_acknowledged() {
    let place = Place::new(0..2).await;
    let revision = || super::super::revise::grown(&place.archive, 1);
    // Its PDF is written; another finds it begun, and clears up.
    place.strike_before("v2/content/version.json", |other| async move {
        let report = other.recover(at(60)).await.unwrap();
        assert!(report.finished.is_empty() && report.damaged.is_empty(), "{report:?}");
    });
    let refused = place.archive.revise(id_of(1), revision().await, now()).await.unwrap_err();
    assert!(place.was_struck() && refused.code() == "in-use", "{refused}");
    place.archive.recover(at(120)).await.unwrap();
    let report = audit(&place.archive).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(place.archive.log_sizes().await.unwrap(), (2, 0));
    assert_eq!(place.archive.record(id_of(1)).await.unwrap().version, 1);

    // All of it is there when the other looks, since the first one tells its files that they are held: that one is told the truth.
    place.archive.hold(id_of(1), "Vụ việc", at(150)).await.unwrap();
    place.strike_before("v1/content/version.json", |other| async move {
        assert_eq!(other.recover(at(240)).await.unwrap().finished, [id_of(1)]);
    });
    let receipt = place.archive.revise(id_of(1), revision().await, at(180)).await.unwrap();
    assert!(place.was_struck());
    let record = place.archive.record(id_of(1)).await.unwrap();
    assert_eq!((receipt.version, record.version), (2, 2));
    let pdf = place.archive.pdf(&record).await.unwrap();
    assert_eq!(Digest::of(&pdf), receipt.sha256);
    let report = audit(&place.archive).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(place.archive.log_sizes().await.unwrap(), (4, 0));
    place.archive.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_know_what_was_decided_last_whoever_told_them_last() {
    let place = Place::new(0..2).await;
    let files = |place: &Place| place.store.held.lock().unwrap().len();
    place.archive.hold(id_of(1), "Vụ việc", now()).await.unwrap();
    assert_eq!(files(&place), 5);
    // A release is decided; another carries it out, and the record is held anew, while the first one still tells the files.
    place.strike_before("inventory.json", |other| async move {
        other.recover(at(60)).await.unwrap();
        other.hold(id_of(1), "Vụ việc khác", at(60)).await.unwrap();
    });
    place.archive.release(id_of(1), None, at(30)).await.unwrap();
    assert!(place.was_struck());
    let hold = place.archive.hold_on(id_of(1)).await.unwrap().unwrap();
    assert_eq!((hold.since, hold.state), (at(60), HoldState::Set));
    assert_eq!(files(&place), 5);
    // The other way round.
    place.archive.release(id_of(1), None, at(90)).await.unwrap();
    assert_eq!(files(&place), 0);
    place.strike_before("inventory.json", |other| async move {
        other.recover(at(120)).await.unwrap();
        other.release(id_of(1), None, at(120)).await.unwrap();
    });
    place.archive.hold(id_of(1), "Vụ việc", at(100)).await.unwrap();
    assert!(place.was_struck());
    assert_eq!((place.archive.hold_on(id_of(1)).await.unwrap(), files(&place)), (None, 0));
    let report = audit(&place.archive).await;
    assert!(report.is_clean(), "{report}");
    // Two records, and three times a hold and its end.
    assert_eq!(place.archive.log_sizes().await.unwrap(), (8, 0));
    place.archive.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_whose_publisher_has_lost_its_right_does_not_fork() {
    let place = Place::new(0..2).await;
    let text = NoteKey::generate("archive.example/log").unwrap().to_secret_text();
    let key = move || NoteKey::from_text(&text).unwrap();
    let mut published = place.archive.publish_log(&key()).await.unwrap().unwrap().size;
    for (round, end) in ["companions/000.p/3", "entries/000.p/5", "tile/0/000.p/7"].into_iter().enumerate() {
        let kept = place.archive.checkpoint().await.unwrap().unwrap();
        let seed = 2 + 2 * u32::try_from(round).unwrap();
        let document = Document::new(&place.house, seed, 0);
        document.register(&place.archive, &place.batch).await;
        document.deposit(&place.archive, &place.batch).await.unwrap();
        let (of_other, of_batch) = (key.clone(), place.batch.clone());
        let next = Arc::new(Document::new(&place.house, seed + 1, 0));
        place.strike_before(end, move |other| {
            let (key, batch, next) = (of_other(), of_batch.clone(), Arc::clone(&next));
            async move {
                next.register(&other, &batch).await;
                next.deposit(&other, &batch).await.unwrap();
                other.publish_log(&key).await.unwrap();
            }
        });
        // It may have been done already by the other, and is refused where it would go back.
        if let Err(error) = place.archive.publish_log(&key()).await {
            assert!(error.code() == "in-use" || error.is_unanswered(), "{end}: {error}");
        }
        assert!(place.was_struck(), "{end}");
        let now_published = place.archive.publish_log(&key()).await.unwrap().unwrap().size;
        assert_eq!(now_published, published + 2, "{end}");
        let proof = place.archive.prove_consistency(published).await.unwrap();
        proof.check(&kept, &key().verifier()).unwrap();
        published = now_published;
    }
    let report = audit(&place.archive).await;
    assert!(report.is_clean() && report.log_entries == published, "{report}");
    let totals = place.archive.ledger(&place.batch).await.unwrap().totals;
    assert!(totals.balances() && totals.archived.documents == published, "{totals:?}");
    place.archive.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_just_being_committed_is_not_settled_otherwise() {
    let server = Postgres::shared();
    let settings = PostgresSettings::new(&server.address(), &server.new_schema()).unwrap();
    let house = House::empty();
    fs::create_dir_all(house.home()).unwrap();
    let store = Arc::new(DiskStore::open(&house.home()).unwrap());
    let archive = Archive::create_on(CatalogueAt::Postgres(settings.clone()), store.clone()).await.unwrap();
    let batch = archive.open_batch(now()).await.unwrap();
    let document = Document::new(&house, 0, 0);
    document.register(&archive, &batch).await;
    // The object is in place, and its depositor is told that something failed.
    store.brake().stop_after(super::super::kill::OBJECT_IN_PLACE);
    document.deposit(&archive, &batch).await.unwrap_err();
    // Its transaction is on its way all the same.
    let mut session = settings.connect().await.unwrap();
    let late = "BEGIN; UPDATE arrivals SET state = 'archived', settled_at = arrived_at";
    sqlx::raw_sql(late).execute(&mut session).await.unwrap();
    let row = sqlx::query("SELECT pg_backend_pid()").fetch_one(&mut session).await.unwrap();
    let pid: i32 = row.get(0);
    let (arrival, of_archive, of_batch) = (document.arrival(), archive.clone(), batch.clone());
    let settling = tokio::spawn(async move {
        let outcome = Outcome::Quarantined { code: "storage".to_owned(), detail: String::new() };
        of_archive.settle(&of_batch, &arrival, outcome, now()).await
    });
    let mut watch = settings.connect().await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let waits =
            sqlx::query("SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))");
        if waits.bind(pid).fetch_one(&mut watch).await.unwrap().get::<i64, _>(0) > 0 {
            break;
        }
        assert!(Instant::now() < deadline && !settling.is_finished(), "it does not wait");
    }
    sqlx::raw_sql("COMMIT").execute(&mut session).await.unwrap();
    settling.await.unwrap().unwrap();
    let totals = archive.ledger(&batch).await.unwrap().totals;
    assert_eq!((totals.scanned.documents, totals.archived.documents), (1, 1), "{totals:?}");
    assert!(!archive.store.files_below(&name_of(id_of(0))).unwrap().is_empty());
    archive.close().await;
}
