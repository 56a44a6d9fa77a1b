//! Deposits in a bucket of SeaweedFS, beside the puts that the server makes by itself.

use std::sync::Arc;
use std::time::Instant;

use super::super::fixture::{House, audit, now};
use super::super::seaweed::SeaweedFs;
use super::{deposit, per_second};
use crate::store::side_by_side;
use crate::store::tests::on_s3;
use crate::{Archive, ObjectStore, Patience, Patient};

const IN_FLIGHT: usize = 16;
/// Objects that are put for a deposit: five of the record, the scan and the text.
const PUTS: f64 = 7.0;
/// Bytes of each in the server's own rate: the mean of those.
const MEAN: usize = 1_000;

/// How many objects a second the server takes, so many in flight.
fn puts(objects: &dyn ObjectStore, round: u32, count: u32) -> f64 {
    let started = Instant::now();
    let put = |number: u32| objects.put(&format!("puts/{round}/{number}"), &[number as u8; MEAN]).unwrap();
    side_by_side(IN_FLIGHT, (0..count).collect(), put);
    per_second(count, started.elapsed())
}

pub(super) async fn measure(count: u32) {
    let server = SeaweedFs::start();
    server.make_bucket("archive");
    server.shell("fs.configure -locationPrefix=/buckets/ -fsync -apply");
    let objects = Arc::new(Patient::new(on_s3(&server, "archive", ""), Patience::default()));
    let house = House::empty();
    let archive = Archive::create_on(&house.home(), objects.clone()).await.unwrap();
    let batch = archive.open_batch(now()).await.unwrap();
    let mut rates = Vec::new();
    let mut deposits = Vec::new();
    // One after the other: what else this machine does meanwhile concerns both.
    for round in 0..4 {
        let first = round * count;
        rates.push(tokio::task::block_in_place(|| puts(objects.as_ref(), round, count)));
        let took = deposit(&house, &archive, &batch, first..first + count, IN_FLIGHT, None).await;
        deposits.push(per_second(count, took));
    }
    assert!(audit(&archive).await.is_clean());
    let best = |all: &[f64]| all.iter().copied().fold(0.0, f64::max);
    let (rate, made) = (best(&rates), best(&deposits));
    println!("SeaweedFS with fsync, SQLite: {rate:.0} puts/s of {MEAN} B by itself, {IN_FLIGHT} in flight;");
    println!(
        "     {made:.0} deposits/s of {PUTS} puts each: {:.2} of {:.0}/s, which its puts allow",
        made / (rate / PUTS),
        rate / PUTS
    );
}
