//! Random sequences of calls, on each kind of store, against a map.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::env;

use muniment_record::Digest;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;

/// Names, and for each the directory that it lies in.
const NAMES: u8 = 6;

#[derive(Clone, Debug)]
pub(super) enum Step {
    PutNew(u8, Value),
    Put(u8, Value),
    Delete(u8),
    Get(u8),
    GetRange(u8, u64, u64),
    Head(u8),
    /// What lies in one directory, or in all.
    List(Option<u8>),
    /// A new tree of two files, or the next version of it, with a blob before it.
    Write(u8),
    Grow(u8),
    Withdraw(u8),
}

/// So many bytes of one kind.
pub(super) type Value = (u8, usize);

fn value(largest: usize) -> impl Strategy<Value = Value> {
    let length = prop_oneof![
        2 => Just(0),
        20 => Just(9),
        8 => 1..9_000_usize,
        // Where a body begins to be sent in parts, where it ends with a part, and around both.
        1 => prop_oneof![Just(16 << 20), Just((16 << 20) - 1), Just((16 << 20) + 1), Just((24 << 20) + 5)],
    ];
    (0..3_u8, length.prop_map(move |length| length.min(largest)))
}

fn steps(largest: usize) -> impl Strategy<Value = Vec<Step>> {
    let name = 0..NAMES;
    let step = prop_oneof![
        3 => (name.clone(), value(largest)).prop_map(|(name, value)| Step::PutNew(name, value)),
        3 => (name.clone(), value(largest)).prop_map(|(name, value)| Step::Put(name, value)),
        2 => name.clone().prop_map(Step::Delete),
        3 => name.clone().prop_map(Step::Get),
        2 => (name.clone(), 0..12_u64, 0..12_u64).prop_map(|(name, from, length)| Step::GetRange(name, from, length)),
        2 => name.clone().prop_map(Step::Head),
        2 => prop::option::of(0..3_u8).prop_map(Step::List),
        2 => (0..3_u8).prop_map(Step::Write),
        2 => (0..3_u8).prop_map(Step::Grow),
        1 => (0..3_u8).prop_map(Step::Withdraw),
    ];
    prop::collection::vec(step, 1..40)
}

fn bytes((kind, length): Value) -> Vec<u8> {
    vec![kind; length]
}

fn name_of(number: u8) -> String {
    format!("model/{}/{number}", number % 2)
}

fn tree_of(number: u8) -> String {
    format!("model/tree-{number}")
}

/// Everything below a directory, once each.
fn listed(store: &dyn ObjectStore, directory: &str) -> Vec<String> {
    let mut names = Vec::new();
    let visit = &mut |name: &str| {
        names.push(name.to_owned());
        true
    };
    store.list(directory, visit).unwrap();
    names.sort_unstable();
    names
}

/// A store beside a map of what it should hold.
struct Play<'a> {
    store: &'a dyn ObjectStore,
    model: BTreeMap<String, Vec<u8>>,
    /// The versions of each tree that there is.
    trees: BTreeMap<u8, u8>,
}

impl Play<'_> {
    fn go(&mut self, step: &Step) {
        match step {
            Step::PutNew(number, value) => {
                let (name, value) = (name_of(*number), bytes(*value));
                let there = self.model.entry(name.clone()).or_insert_with(|| value.clone());
                let put = self.store.put_new(&name, &value);
                match put {
                    Ok(()) => assert!(*there == value, "{name} is overwritten"),
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
                        assert!(*there != value, "{name} is refused");
                    }
                }
            }
            Step::Put(number, value) => {
                self.store.put(&name_of(*number), &bytes(*value)).unwrap();
                self.model.insert(name_of(*number), bytes(*value));
            }
            Step::Delete(number) => {
                self.store.delete(&name_of(*number)).unwrap();
                self.model.remove(&name_of(*number));
            }
            Step::Get(number) => self.get(&name_of(*number)),
            Step::GetRange(number, from, length) => {
                let name = name_of(*number);
                let got = self.store.get_range(&name, *from..from + length);
                let expected = self.model.get(&name).map(|bytes| {
                    let (from, length) = (usize::try_from(*from).unwrap(), usize::try_from(*length).unwrap());
                    bytes.iter().copied().skip(from).take(length).collect::<Vec<u8>>()
                });
                match expected {
                    Some(expected) => assert_eq!(got.unwrap(), expected, "{step:?}"),
                    // Nothing of nothing is nothing, or not found.
                    None => assert!(*length == 0 || got.is_err(), "{step:?}"),
                }
            }
            Step::Head(number) => {
                let length = self.model.get(&name_of(*number)).map(|bytes| bytes.len() as u64);
                assert_eq!(self.store.head(&name_of(*number)).unwrap(), length);
            }
            Step::List(number) => self.list(*number),
            Step::Write(number) => self.write(*number, 1),
            Step::Grow(number) => match self.trees.get(number) {
                Some(version) => self.write(*number, version + 1),
                None => self.list(None),
            },
            Step::Withdraw(number) => {
                if self.trees.remove(number).is_some() {
                    self.store.withdraw(&tree_of(*number), "root").unwrap();
                    let below = format!("{}/", tree_of(*number));
                    self.model.retain(|name, _| !name.starts_with(&below));
                }
            }
        }
    }

    fn get(&self, name: &str) {
        match (self.store.get(name), self.model.get(name)) {
            (Ok(got), Some(expected)) => assert!(got == *expected, "{name} is not what was put"),
            (Err(error), None) => assert_eq!(error.kind(), ErrorKind::NotFound, "{error}"),
            (got, expected) => panic!("{name}: {got:?} in place of {expected:?}"),
        }
    }

    fn list(&self, number: Option<u8>) {
        let directory = number.map_or_else(|| "model".to_owned(), |number| format!("model/{number}"));
        let below = format!("{directory}/");
        let expected: Vec<&String> = self.model.keys().filter(|name| name.starts_with(&below)).collect();
        assert_eq!(listed(self.store, &directory).iter().collect::<Vec<_>>(), expected);
    }

    fn write(&mut self, number: u8, version: u8) {
        let memory = |text: &str| Content::Memory(text.as_bytes().to_vec());
        let (content, root) = (format!("v{version}/content/a"), format!("head {version}"));
        let blob = (format!("model/blob-{number}"), memory("blob"));
        let tree = Tree {
            directory: tree_of(number),
            files: vec![(content.clone(), memory("content")), ("root".to_owned(), memory(&root))],
            grows: version > 1,
            retained_until: None,
            agreed: false,
            vacant: false,
        };
        // A new tree takes the place of remains, not of a tree.
        if version == 1 && self.trees.contains_key(&number) {
            return;
        }
        let parcels = vec![Parcel { blobs: vec![blob], tree: Some(tree) }];
        self.store.write(parcels).unwrap().into_iter().for_each(|written| written.unwrap());
        self.model.insert(format!("model/blob-{number}"), b"blob".to_vec());
        self.model.insert(format!("{}/{content}", tree_of(number)), b"content".to_vec());
        self.model.insert(format!("{}/root", tree_of(number)), root.into_bytes());
        self.trees.insert(number, version);
    }
}

/// Does the steps to a store and to a map, which must not differ.
pub(super) fn agrees_with_a_map(store: &dyn ObjectStore, steps: &[Step]) {
    let mut play = Play { store, model: BTreeMap::new(), trees: BTreeMap::new() };
    for step in steps {
        play.go(step);
    }
    play.list(None);
    for name in play.model.keys() {
        play.get(name);
    }
}

/// Plays random sequences, each in a store of its own; in a soak, more of them.
fn play(cases: u32, largest: usize, store: impl Fn(u32, &std::path::Path) -> Box<dyn ObjectStore>) {
    let cases = env::var("MODEL_CASES").map_or(cases, |text| text.parse().unwrap());
    let case = Cell::new(0);
    TestRunner::new(Config { cases, max_shrink_iters: 200, ..Config::default() })
        .run(&steps(largest), |steps| {
            case.set(case.get() + 1);
            let folder = TempDir::new().unwrap();
            agrees_with_a_map(store(case.get(), folder.path()).as_ref(), &steps);
            Ok(())
        })
        .unwrap();
}

/// What does not break in parts, where nothing is sent in parts.
const SMALL: usize = 20_000;

fn disk(folder: &std::path::Path, name: &str) -> DiskStore {
    DiskStore::open(&folder.join(name)).unwrap()
}

fn patient<S: ObjectStore>(store: S, case: u32) -> Patient<Faulty<S>> {
    Patient::new(Faulty::new(store, u64::from(case), 4, &passing_faults()), IMPATIENT)
}

#[test]
fn any_steps_on_a_disk_agree_with_a_map() {
    play(24, usize::MAX, |_, folder| Box::new(disk(folder, "store")));
    play(24, SMALL, |case, folder| Box::new(patient(disk(folder, "store"), case)));
}

#[test]
fn any_steps_on_two_disks_agree_with_a_map() {
    play(16, SMALL, |_, folder| {
        Box::new(Pair::new(Arc::new(disk(folder, "first")), Arc::new(disk(folder, "second"))))
    });
    play(16, SMALL, |case, folder| {
        let (first, second) =
            (patient(disk(folder, "first"), case), patient(disk(folder, "second"), case + 1));
        Box::new(Pair::new(Arc::new(first), Arc::new(second)))
    });
}

#[test]
fn any_steps_on_seaweedfs_agree_with_a_map() {
    let server = SeaweedFs::start();
    server.make_bucket("model");
    play(8, usize::MAX, |case, _| Box::new(on_s3(&server, "model", &format!("plain-{case}"))));
    play(8, SMALL, |case, _| Box::new(patient(on_s3(&server, "model", &format!("faulty-{case}")), case)));
    play(6, SMALL, |case, folder| {
        let second = patient(on_s3(&server, "model", &format!("second-{case}")), case);
        Box::new(Pair::new(Arc::new(disk(folder, "first")), Arc::new(second)))
    });
}

/// Bits flip and answers end early: whoever knows a digest is never given anything else, whatever was asked before.
#[test]
fn what_is_known_by_its_digest_is_never_given_out_otherwise() {
    let blobs: Vec<Vec<u8>> = (0..8_u8).map(|kind| vec![kind; 40 + usize::from(kind)]).collect();
    let (mut sound, mut refused) = (0, 0);
    for seed in 1..40 {
        let folder = TempDir::new().unwrap();
        let faulty = Faulty::new(disk(folder.path(), "store"), seed, 2, &[Fault::BitFlip, Fault::ShortRead]);
        let store = Store { objects: Arc::new(faulty) };
        for (number, blob) in blobs.iter().enumerate() {
            let digest = Digest::of(blob);
            if (seed as usize + number).is_multiple_of(3) {
                let missing = store.read_blob(&digest).unwrap_err();
                assert_eq!(missing.kind(), ErrorKind::NotFound);
                continue;
            }
            let parcel = Parcel {
                blobs: vec![(Store::blob_path(&digest), Content::Memory(blob.clone()))],
                tree: None,
            };
            for _ in 0..2 {
                let written = store.objects().write(vec![parcel.clone()]).unwrap();
                written.into_iter().for_each(|written| written.unwrap());
                match store.read_blob(&digest) {
                    Ok(read) => {
                        assert_eq!(read, *blob);
                        sound += 1;
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(sound > 50 && refused > 50, "{sound} sound, {refused} refused");
}
