//! The ledger balances at every moment, whatever the order of events.

use proptest::prelude::*;

use super::fixture::{Document, House, now};
use crate::{Arrival, ArrivalState, Outcome, Registration, Totals};

#[derive(Clone, Copy, Debug)]
enum Step {
    Register(u32),
    Deposit(u32),
    Reject(u32),
    Quarantine(u32),
    Unreadable(u32),
    NextBatch,
}

fn step() -> impl Strategy<Value = Step> {
    let seed = 0_u32..6;
    prop_oneof![
        4 => seed.clone().prop_map(Step::Register),
        4 => seed.clone().prop_map(Step::Deposit),
        1 => seed.clone().prop_map(Step::Reject),
        1 => seed.clone().prop_map(Step::Quarantine),
        1 => seed.prop_map(Step::Unreadable),
        1 => Just(Step::NextBatch),
    ]
}

async fn run(steps: Vec<Step>) {
    let (house, archive) = House::new().await;
    let mut batch = archive.open_batch(now()).await.unwrap();
    let mut entered = 0_u64;
    for step in steps {
        match step {
            Step::Register(seed) => {
                let document = Document::new(&house, seed, 0);
                if !matches!(document.register(&archive, &batch).await, Registration::Resumed { .. }) {
                    entered += 1;
                }
            }
            Step::Deposit(seed) => {
                let done = Document::new(&house, seed, 0).deposit(&archive, &batch).await;
                if let Err(error) = done {
                    assert!(matches!(error.code(), "not-pending" | "mismatch"), "{error}");
                }
            }
            Step::Reject(seed) | Step::Quarantine(seed) => {
                let arrival = Document::new(&house, seed, 0).arrival();
                let before = archive.ledger(&batch).await.unwrap().totals;
                let (code, detail) = ("damaged".to_owned(), "cannot be read".to_owned());
                let outcome = match step {
                    Step::Reject(_) => Outcome::Rejected { code, detail },
                    _ => Outcome::Quarantined { code, detail },
                };
                archive.settle(&batch, &arrival, outcome, now()).await.unwrap();
                let after = archive.ledger(&batch).await.unwrap().totals;
                entered += after.scanned.documents - before.scanned.documents;
            }
            Step::Unreadable(seed) => {
                let arrival = Arrival::unreadable(format!("missing-{seed}.jpg"));
                let outcome = Outcome::Rejected { code: "missing".to_owned(), detail: String::new() };
                archive.settle(&batch, &arrival, outcome, now()).await.unwrap();
                entered += 1;
            }
            Step::NextBatch => batch = archive.open_batch(now()).await.unwrap(),
        }
        let mut sum = Totals::default();
        for batch in archive.batches().await.unwrap() {
            let ledger = archive.ledger(&batch).await.unwrap();
            assert!(ledger.totals.balances(), "{ledger:?}");
            assert_eq!(ledger.totals.scanned.documents, ledger.rows.len() as u64);
            sum.scanned += ledger.totals.scanned;
            sum.archived += ledger.totals.archived;
        }
        assert_eq!(sum.scanned.documents, entered);
        assert_eq!(sum.archived.documents, archive.count().await.unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_balances_after_every_step(steps in proptest::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}

#[tokio::test]
async fn a_rejected_document_may_come_again() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let document = Document::new(&house, 0, 0);
    document.register(&archive, &batch).await;
    let outcome =
        Outcome::Rejected { code: "metadata".to_owned(), detail: "field title: required".to_owned() };
    archive.settle(&batch, &document.arrival(), outcome, now()).await.unwrap();
    let ledger = archive.ledger(&batch).await.unwrap();
    assert_eq!(ledger.rows[0].code.as_deref(), Some("metadata"));
    let next = archive.open_batch(now()).await.unwrap();
    assert!(matches!(document.register(&archive, &next).await, Registration::New { .. }));
}

#[tokio::test]
async fn the_same_bytes_as_a_pending_document_are_no_duplicate() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let first = Document::new(&house, 0, 0);
    first.register(&archive, &batch).await;
    let mut copy = Document::new(&house, 0, 0);
    copy.id = super::fixture::id_of(1);
    copy.name = "copy.jpg".to_owned();
    let resumed = copy.register(&archive, &batch).await;
    assert!(matches!(resumed, Registration::Resumed { id, .. } if id == first.id), "{resumed:?}");
    let ledger = archive.ledger(&batch).await.unwrap();
    assert_eq!((ledger.rows.len(), ledger.rows[0].state), (1, ArrivalState::Pending));
    assert_eq!(ledger.rows[0].name, "copy.jpg");
    // Once it is archived, it is.
    first.deposit(&archive, &batch).await.unwrap();
    assert_eq!(copy.register(&archive, &batch).await, Registration::Duplicate { of: first.id });
}
