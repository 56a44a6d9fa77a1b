//! Random sequences of what an archive is asked, on a disk, on two, on a store whose faults pass and on SeaweedFS, against a model that
//! keeps everything in plain lists. Anything may be stopped midway; then the archive is opened again and asked for the same once more.

use std::collections::BTreeMap;
use std::env;
use std::sync::Arc;

use muniment_seal::Verdict;
use muniment_seal::note::NoteKey;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::fixture::{Document, House, id_of, now};
use super::seaweed::SeaweedFs;
use crate::store::tests::{IMPATIENT, on_s3, passing_faults};
use crate::store::{DiskStore, Faulty, Pair};
use crate::{
    Archive, BatchId, Checkpoint, HoldState, ObjectStore, Outcome, Patient, RebuildReport, Registration,
    verify_consistency,
};

/// Documents that the sequences are about; the last has the result code of the first.
const DOCUMENTS: u32 = 5;

#[derive(Clone, Copy, Debug)]
enum Work {
    Deposit(u32),
    Revise(u32),
    Hold(u32),
    Release(u32),
    Publish,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Do(Work),
    /// The work is stopped after so many of the store's steps, where it has as many, and done again; before that there may be a rebuild.
    Stopped(Work, u32, bool),
    Audit,
    Reopen,
    /// With the catalogue there, or without.
    Rebuild(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let document = 0..DOCUMENTS;
    let work = prop_oneof![
        5 => document.clone().prop_map(Work::Deposit),
        2 => document.clone().prop_map(Work::Revise),
        2 => document.clone().prop_map(Work::Hold),
        1 => document.prop_map(Work::Release),
        2 => Just(Work::Publish),
    ];
    prop_oneof![
        6 => work.clone().prop_map(Step::Do),
        4 => (work, 0..14_u32, any::<bool>())
            .prop_map(|(work, steps, rebuilds)| Step::Stopped(work, steps, rebuilds)),
        1 => Just(Step::Audit),
        1 => Just(Step::Reopen),
        1 => any::<bool>().prop_map(Step::Rebuild),
    ]
}

/// What should be known of a record.
#[derive(Debug)]
struct Known {
    version: u32,
    /// Of its present version.
    pdf: Vec<u8>,
    is_held: bool,
}

/// An archive, and all that it should know.
struct Play<'a> {
    open: &'a dyn Fn(&House) -> Arc<dyn ObjectStore>,
    house: House,
    /// None while nobody has it open.
    archive: Option<Archive>,
    batch: BatchId,
    key: NoteKey,
    /// How often documents were sealed: no two seals are the same.
    seals: u32,
    records: BTreeMap<u32, Known>,
    /// Entries of the log, and those that were promised.
    entries: u64,
    checkpoints: Vec<Checkpoint>,
}

impl<'a> Play<'a> {
    async fn new(open: &'a dyn Fn(&House) -> Arc<dyn ObjectStore>) -> Self {
        let house = House::empty();
        let archive = Archive::create_on(&house.home(), open(&house)).await.unwrap();
        let batch = archive.open_batch(now()).await.unwrap();
        let archive = Some(archive);
        let key = NoteKey::generate("archive.example/log").unwrap();
        let (records, checkpoints) = (BTreeMap::new(), Vec::new());
        Self { open, house, archive, batch, key, seals: 0, records, entries: 0, checkpoints }
    }

    fn archive(&self) -> &Archive {
        self.archive.as_ref().unwrap()
    }

    async fn go(&mut self, step: Step) {
        match step {
            Step::Do(work) => self.work(work).await,
            Step::Stopped(work, steps, rebuilds) => {
                self.archive().store.brake().stop_after(steps);
                self.attempt(work).await;
                if rebuilds {
                    let report = self.rebuild(true).await;
                    // A document that was not acknowledged may be in storage, in part or with the code of another.
                    let may_leave_some = matches!(work, Work::Deposit(_));
                    assert!(report.is_complete() || may_leave_some, "{report}");
                }
                self.reopen().await;
                self.work(work).await;
            }
            Step::Audit => self.audit().await,
            Step::Reopen => self.reopen().await,
            Step::Rebuild(with_catalogue) => {
                if !with_catalogue {
                    // What is not published is known to the catalogue only.
                    self.work(Work::Publish).await;
                }
                let report = self.rebuild(with_catalogue).await;
                assert!(report.is_complete(), "{report}");
                self.reopen().await;
                if !with_catalogue {
                    // A batch of which nothing was archived is known to the catalogue only.
                    self.batch = self.archive().open_batch(now()).await.unwrap();
                }
            }
        }
    }

    async fn rebuild(&mut self, with_catalogue: bool) -> RebuildReport {
        self.archive().close().await;
        if !with_catalogue {
            std::fs::remove_file(self.house.home().join("catalog.sqlite")).unwrap();
            // Nor the one before the last rebuild, which would be taken for it.
            std::fs::remove_file(self.house.home().join("catalog.sqlite.old")).ok();
        }
        self.archive = None;
        // A stop may have come before there was a checkpoint.
        let (objects, is_new) = ((self.open)(&self.house), self.checkpoints.is_empty());
        Archive::rebuild_on(&self.house.home(), objects, now(), is_new).await.unwrap()
    }

    /// Another process takes over from one that is gone without a word.
    async fn reopen(&mut self) {
        self.archive = None;
        let objects = (self.open)(&self.house);
        let archive = Archive::open_on(&self.house.home(), objects).await.unwrap();
        let report = archive.recover(now()).await.unwrap();
        assert!(report.damaged.is_empty(), "{report:?}");
        self.archive = Some(archive);
    }

    /// Does the work as far as it comes, and believes nothing of it.
    async fn attempt(&mut self, work: Work) {
        match work {
            Work::Deposit(seed) => {
                let document = self.sealed(seed);
                if !matches!(
                    document.register(self.archive(), &self.batch).await,
                    Registration::Duplicate { .. }
                ) {
                    document.deposit(self.archive(), &self.batch).await.ok();
                }
            }
            Work::Revise(seed) if self.records.contains_key(&seed) => {
                let revision = super::revise::grown(self.archive(), seed).await;
                self.archive().revise(id_of(seed), revision, now()).await.ok();
            }
            Work::Hold(seed) => drop(self.archive().hold(id_of(seed), "Kiểm tra", now()).await),
            Work::Release(seed) => drop(self.archive().release(id_of(seed), None, now()).await),
            Work::Publish => drop(self.archive().publish_log(&self.key).await),
            Work::Revise(_) => {}
        }
    }

    /// Does the work to its end.
    async fn work(&mut self, work: Work) {
        match work {
            Work::Deposit(seed) => self.deposit(seed).await,
            Work::Revise(seed) => self.revise(seed).await,
            Work::Hold(seed) => self.hold(seed, true).await,
            Work::Release(seed) => self.hold(seed, false).await,
            Work::Publish => self.publish().await,
        }
    }

    fn sealed(&mut self, seed: u32) -> Document {
        self.seals += 1;
        let document = Document::new(&self.house, seed, self.seals);
        if seed == DOCUMENTS - 1 { document.with_code_of(0) } else { document }
    }

    async fn deposit(&mut self, seed: u32) {
        let document = self.sealed(seed);
        let is_new = match document.register(self.archive(), &self.batch).await {
            Registration::Duplicate { of } => {
                assert_eq!(of, document.id);
                false
            }
            Registration::New { .. } | Registration::Resumed { .. } => {
                match document.deposit(self.archive(), &self.batch).await {
                    Ok(receipt) => assert_eq!(receipt.record, document.id),
                    Err(error) => {
                        assert_eq!(error.code(), "result-code-taken", "{error}");
                        let rival = if seed == 0 { DOCUMENTS - 1 } else { 0 };
                        assert!(self.records.contains_key(&rival), "{seed}");
                        let (code, detail) = (error.code().to_owned(), String::new());
                        let outcome = Outcome::Rejected { code, detail };
                        self.archive()
                            .settle(&self.batch, &document.arrival(), outcome, now())
                            .await
                            .unwrap();
                        return;
                    }
                }
                true
            }
        };
        if self.records.contains_key(&seed) {
            assert!(!is_new, "{seed} was archived before");
            return;
        }
        // A stopped attempt may have come to its end, with a seal of its own.
        let pdf = self.archive().pdf(&self.archive().record(id_of(seed)).await.unwrap()).await.unwrap();
        let expected = format!("%PDF-1.7 {seed} signed ");
        assert!(pdf.starts_with(expected.as_bytes()));
        self.records.insert(seed, Known { version: 1, pdf, is_held: false });
        self.entries += 1;
    }

    async fn revise(&mut self, seed: u32) {
        let Some(version) = self.records.get(&seed).map(|known| known.version) else { return };
        if self.archive().record(id_of(seed)).await.unwrap().version == version {
            let revision = super::revise::grown(self.archive(), seed).await;
            self.archive().revise(id_of(seed), revision, now()).await.unwrap();
        }
        let known = self.records.get_mut(&seed).unwrap();
        known.version += 1;
        known.pdf.extend(b" and more");
        self.entries += 1;
    }

    async fn hold(&mut self, seed: u32, held: bool) {
        let Some(was_held) = self.records.get(&seed).map(|known| known.is_held) else {
            let refused = self.archive().hold(id_of(seed), "Kiểm tra", now()).await.unwrap_err();
            return assert_eq!(refused.code(), "not-found");
        };
        if held {
            self.archive().hold(id_of(seed), "Kiểm tra", now()).await.unwrap();
        } else {
            self.archive().release(id_of(seed), None, now()).await.unwrap();
        }
        self.entries += u64::from(was_held != held);
        self.records.get_mut(&seed).unwrap().is_held = held;
    }

    async fn publish(&mut self) {
        let Some(checkpoint) = self.archive().publish_log(&self.key).await.unwrap() else {
            return assert_eq!(self.entries, 0);
        };
        assert_eq!(checkpoint.size, self.entries);
        for earlier in &self.checkpoints {
            let path = self.archive().prove_consistency(earlier.size).await.unwrap().path;
            let (old, new) = ((earlier.size, &earlier.root), (checkpoint.size, &checkpoint.root));
            assert!(verify_consistency(old, new, &path), "{earlier:?} {checkpoint:?}");
        }
        for seed in self.records.keys() {
            self.archive().prove(id_of(*seed)).await.unwrap().check(&self.key.verifier()).unwrap();
        }
        self.checkpoints.push(checkpoint);
    }

    /// Reads everything, and holds it against the model.
    async fn audit(&self) {
        let verifier = self.key.verifier();
        let passed = |_: &[u8], _| Verdict::Passed;
        let report = self.archive().audit_with(&passed, Some(&verifier), now(), &()).await.unwrap();
        assert!(report.is_clean(), "{report}");
        let count = self.records.len() as u64;
        assert_eq!((report.objects, report.records), (count, count));
        assert_eq!(self.archive().log_sizes().await.unwrap().0, self.entries);
        for (seed, known) in &self.records {
            let record = self.archive().record(id_of(*seed)).await.unwrap();
            assert_eq!(record.version, known.version);
            assert_eq!(self.archive().pdf(&record).await.unwrap(), known.pdf);
            assert_eq!(self.archive().receipt(record.id).await.unwrap().version, known.version);
            let code = record.description.result_code.as_ref().unwrap().to_string();
            assert_eq!(self.archive().find(&code).await.unwrap(), [record.id]);
            let hold = self.archive().hold_on(record.id).await.unwrap();
            assert_eq!(hold.map(|hold| hold.state), known.is_held.then_some(HoldState::Set), "{seed}");
        }
        let totals = self.archive().totals().await.unwrap();
        assert!(totals.balances(), "{totals:?}");
        assert_eq!((totals.archived.documents, totals.pending.documents), (count, 0));
    }
}

/// Plays random sequences. The test runner's own loop cannot wait for an archive, so it is asked for values.
fn play(cases: u32, open: &dyn Fn(&House) -> Arc<dyn ObjectStore>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cases = env::var("MODEL_CASES").map_or(cases, |text| text.parse().unwrap());
    let mut runner = TestRunner::new(Config { cases, max_shrink_iters: 200, ..Config::default() });
    runner
        .run(&prop::collection::vec(step(), 1..20), |steps| {
            runtime.block_on(async {
                let mut play = Play::new(open).await;
                for step in steps {
                    play.go(step).await;
                }
                play.audit().await;
                play.publish().await;
                play.audit().await;
            });
            Ok(())
        })
        .unwrap();
}

fn disk(house: &House, name: &str) -> DiskStore {
    let folder = house.dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    DiskStore::open(&folder).unwrap()
}

#[test]
fn an_archive_on_a_disk_does_what_the_model_does() {
    play(12, &|house| Arc::new(disk(house, "home")));
}

#[test]
fn an_archive_on_two_disks_does_what_the_model_does() {
    play(8, &|house| Arc::new(Pair::new(Arc::new(disk(house, "home")), Arc::new(disk(house, "second")))));
}

#[test]
fn an_archive_on_a_store_whose_faults_pass_does_what_the_model_does() {
    // It writes file by file, as to a bucket.
    play(12, &|house| {
        let faulty = Faulty::new(disk(house, "home"), 7, 9, &passing_faults());
        Arc::new(Patient::new(faulty, IMPATIENT))
    });
}

#[test]
fn an_archive_on_seaweedfs_does_what_the_model_does() {
    let server = SeaweedFs::start();
    server.make_bucket("model");
    play(3, &|house| {
        let prefix = house.dir().file_name().unwrap().to_string_lossy().into_owned();
        Arc::new(Patient::new(on_s3(&server, "model", prefix.trim_matches('.')), IMPATIENT))
    });
}
