//! Deposits in a bucket of SeaweedFS, beside the puts that the server makes by itself.

use std::sync::Arc;
use std::time::Instant;

use super::super::fixture::{House, audit, now};
use super::super::postgres::Postgres;
use super::super::seaweed::SeaweedFs;
use super::{best, deposit, per_second};
use crate::store::side_by_side;
use crate::store::tests::on_s3;
use crate::{Archive, CatalogueAt, ObjectStore, Patience, Patient, PostgresSettings};

const IN_FLIGHT: usize = 16;
/// Objects that are put for a deposit: five of the record, the scan and the text.
const PUTS: f64 = 7.0;
/// Bytes of each in the server's own rate: the mean of those.
const MEAN: usize = 1_000;
const ROUNDS: u32 = 4;

/// How often a second the server answers a call, so many in flight.
fn rate(count: u32, in_flight: usize, call: impl Fn(u32) + Sync) -> f64 {
    let started = Instant::now();
    side_by_side(in_flight, (0..count).collect(), call);
    per_second(count, started.elapsed())
}

fn puts(objects: &dyn ObjectStore, series: &str, count: u32, in_flight: usize) -> f64 {
    let name = |number: u32| format!("puts/{in_flight}/{series}/{number}");
    rate(count, in_flight, |number| objects.put(&name(number), &[number as u8; MEAN]).unwrap())
}

pub(super) async fn measure(count: u32) {
    let server = SeaweedFs::start();
    server.make_bucket("archive");
    server.shell("fs.configure -locationPrefix=/buckets/ -fsync -apply");
    let database = Postgres::shared();
    let postgres = PostgresSettings::new(&database.address(), &database.new_schema()).unwrap();
    for (name, catalogue) in [("SQLite", None), ("PostgreSQL", Some(CatalogueAt::Postgres(postgres)))] {
        let objects = Arc::new(Patient::new(on_s3(&server, "archive", name), Patience::default()));
        let house = House::empty();
        let catalogue = catalogue.unwrap_or_else(|| CatalogueAt::from(house.home().as_path()));
        let archive = Archive::create_on(catalogue, objects.clone()).await.unwrap();
        let batch = archive.open_batch(now()).await.unwrap();
        let (mut rates, mut most, mut deposits) = (Vec::new(), Vec::new(), Vec::new());
        // One after the other: what else this machine does meanwhile concerns both.
        for round in 0..ROUNDS {
            let first = round * count;
            let series = round.to_string();
            let puts = |in_flight| puts(objects.as_ref(), &series, count, in_flight);
            rates.push(tokio::task::block_in_place(|| puts(IN_FLIGHT)));
            most.push(tokio::task::block_in_place(|| puts(4 * IN_FLIGHT)));
            let took = deposit(&house, &archive, &batch, first..first + count, IN_FLIGHT, None).await;
            deposits.push(per_second(count, took));
        }
        let missing = |number| assert!(objects.head(&format!("puts/none/{number}")).unwrap().is_none());
        let empty = |number| objects.list(&format!("puts/none/{number}"), &mut |_| true).unwrap();
        let (heads, lists) =
            tokio::task::block_in_place(|| (rate(count, IN_FLIGHT, missing), rate(count, IN_FLIGHT, empty)));
        assert!(audit(&archive).await.is_clean());
        archive.close().await;
        let (rate, made) = (best(&rates), best(&deposits));
        println!(
            "SeaweedFS with fsync, {name}: {rates:.0?} puts/s of {MEAN} B by itself, {IN_FLIGHT} in flight;"
        );
        println!("     {most:.0?} puts/s with four times as many;");
        println!("     looks for objects that are not there {heads:.0}/s, lists of nothing {lists:.0}/s;");
        println!(
            "     {deposits:.0?} deposits/s of {PUTS} puts each: {:.2} of {:.0}/s, which its puts allow",
            made / (rate / PUTS),
            rate / PUTS
        );
    }
}
