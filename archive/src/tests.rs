//! Tests of the crate as a whole, with generated records whose PDFs are not signed: the verdict is a parameter.

mod damage;
mod deposit;
mod fixture;
mod kill;
mod ledger;
mod log;
mod rebuild;
