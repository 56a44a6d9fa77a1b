//! The portal over a real archive and a real index, asked as a browser asks it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends with the first thing that is not as it should be"
)]

mod browser;
mod check;
mod citizen;
mod house;
mod officer;
mod safety;
