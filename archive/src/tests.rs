//! Tests of the crate as a whole, with generated records whose PDFs are not signed: the verdict is a parameter.

mod bench;
mod catalogue;
mod crash;
mod damage;
mod deposit;
mod disk;
mod fixture;
mod judge;
mod kill;
mod killed_server;
mod ledger;
mod locks;
mod log;
mod packages;
mod pair;
mod postgres;
mod queue;
mod rebuild;
mod repair;
mod revise;
mod round;
mod s3;
pub(crate) mod seaweed;
mod syncs;
mod upgrade;
