//! End-to-end tests: the real program on real files.

mod bad_input;
mod house;
mod judges;
mod killed;
mod portal;
mod prepare_sign_verify;
mod rebuild;
mod take;
