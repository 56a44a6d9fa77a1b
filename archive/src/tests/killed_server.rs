//! The S3 server is killed in the midst of deposits: what was acknowledged is there, and nothing is there twice.

use std::collections::BTreeMap;
use std::env;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use muniment_record::Receipt;
use tokio::task::JoinSet;

use super::fixture::{Document, House, audit, id_of, now};
use super::seaweed::SeaweedFs;
use crate::store::tests::on_s3;
use crate::{Archive, BatchId, Gate, ObjectStore, Patience, Patient, Registration};

/// Documents that are on their way at a time.
const IN_FLIGHT: usize = 8;
/// Documents of a round.
const DOCUMENTS: u32 = 24;
/// Requests of a round: seven puts a document.
const REQUESTS: u64 = 7 * DOCUMENTS as u64;
const DEADLINE: Duration = Duration::from_secs(120);
/// A server that is gone is not waited for: the next run does what is left.
const PATIENCE: Patience = Patience {
    attempts: 3,
    first_wait: Duration::from_millis(10),
    longest_wait: Duration::from_millis(100),
    budget: 200,
};

/// Deposits what is not acknowledged yet; what fails is left for the next run.
async fn take_in(
    house: &House,
    archive: &Archive,
    batch: &BatchId,
    last: u32,
    attempt: u32,
    acknowledged: &Arc<Mutex<BTreeMap<u32, Receipt>>>,
) {
    let mut tasks = JoinSet::new();
    for seed in 0..last {
        if acknowledged.lock().unwrap().contains_key(&seed) {
            continue;
        }
        while tasks.len() >= IN_FLIGHT {
            tasks.join_next().await;
        }
        // Each attempt has a seal of its own.
        let document = Document::new(house, seed, attempt);
        if let Registration::Duplicate { .. } = document.register(archive, batch).await {
            // It was archived, though nobody was told.
            let receipt = archive.receipt(id_of(seed)).await.unwrap();
            acknowledged.lock().unwrap().insert(seed, receipt);
            continue;
        }
        let (archive, batch, acknowledged) = (archive.clone(), batch.clone(), Arc::clone(acknowledged));
        tasks.spawn(async move {
            if let Ok(receipt) = document.deposit(&archive, &batch).await {
                acknowledged.lock().unwrap().insert(seed, receipt);
            }
        });
    }
    while tasks.join_next().await.is_some() {}
}

/// Waits until the server takes writes again.
fn wait_for(objects: &dyn ObjectStore) {
    let deadline = Instant::now() + DEADLINE;
    while objects.put("probe", b"probe").is_err() {
        assert!(Instant::now() < deadline, "the server does not come back");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "a server takes its time to come back: make soak"]
async fn a_server_that_is_killed_loses_nothing_that_was_acknowledged() {
    let kills: u32 = env::var("KILLS").map_or(1, |text| text.parse().unwrap());
    let seed: u64 = env::var("SEED").map_or(20_261_124, |text| text.parse().unwrap());
    let mut random = seed | 1;
    let mut server = SeaweedFs::start();
    server.make_bucket("archive");
    let connect = |server: &SeaweedFs| {
        let gate = Gate::new(on_s3(server, "archive", ""), 64);
        let metrics = gate.metrics();
        (Arc::new(Patient::new(gate, PATIENCE)), metrics)
    };
    let house = House::empty();
    let archive = Archive::create_on(&house.home(), connect(&server).0).await.unwrap();
    let batch = archive.open_batch(now()).await.unwrap();
    archive.close().await;
    drop(archive);
    let acknowledged = Arc::new(Mutex::new(BTreeMap::new()));
    let mut killed_in_the_midst = 0;
    for round in 0..kills {
        // xorshift64 (Marsaglia 2003).
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let at = random % REQUESTS;
        let (objects, metrics) = connect(&server);
        let archive = Archive::open_on(&house.home(), objects).await.unwrap();
        archive.recover(now()).await.unwrap();
        let before = metrics.calls();
        let killer = tokio::task::spawn_blocking(move || {
            let deadline = Instant::now() + DEADLINE;
            while metrics.calls() - before < at && Instant::now() < deadline {
                std::thread::park_timeout(Duration::from_millis(1));
            }
            server.kill();
            server
        });
        let last = (round + 1) * DOCUMENTS;
        take_in(&house, &archive, &batch, last, 2 * round, &acknowledged).await;
        server = killer.await.unwrap();
        killed_in_the_midst += u32::from(acknowledged.lock().unwrap().len() < last as usize);
        archive.close().await;
        drop(archive);

        server.start_again();
        let (objects, _) = connect(&server);
        tokio::task::block_in_place(|| wait_for(objects.as_ref()));
        let archive = Archive::open_on(&house.home(), objects).await.unwrap();
        let context = format!("seed {seed}, kill {round} after {at} requests");
        let report = audit(&archive).await;
        assert!(report.is_clean(), "{context}: {report}");
        archive.recover(now()).await.unwrap();
        take_in(&house, &archive, &batch, last, 2 * round + 1, &acknowledged).await;
        let report = audit(&archive).await;
        assert!(report.is_clean(), "{context}: {report}");
        assert_eq!((report.objects, report.records), (u64::from(last), u64::from(last)), "{context}");
        let told = acknowledged.lock().unwrap().clone();
        for (seed, receipt) in told {
            assert_eq!(archive.receipt(id_of(seed)).await.unwrap(), receipt, "{context}");
        }
        let totals = archive.ledger(&batch).await.unwrap().totals;
        assert!(totals.balances() && totals.archived.documents == u64::from(last), "{context}: {totals:?}");
        archive.close().await;
    }
    assert!(2 * killed_in_the_midst >= kills, "{killed_in_the_midst} of {kills} kills came in the midst");
    println!("{kills} kills, {killed_in_the_midst} in the midst of deposits; seed {seed}");
}
