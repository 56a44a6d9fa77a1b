//! End-to-end tests: the real program on real files.

#![allow(
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test ends with the first thing that is not as it should be"
)]

mod backup;
mod bad_input;
mod house;
mod judges;
mod killed;
mod log;
mod logs;
mod portal;
#[path = "../../archive/src/tests/postgres.rs"]
mod postgres;
mod prepare_sign_verify;
mod rebuild;
mod s3;
mod search;
#[path = "../../archive/src/tests/seaweed.rs"]
mod seaweed;
mod second_store;
mod take;
mod uplift;
mod watch;
mod work;
