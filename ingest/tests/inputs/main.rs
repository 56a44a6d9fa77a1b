//! Inputs of every format, honest, odd and broken, and what becomes of each.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its fixture has failed")]

mod make;
mod memory;
mod mutations;
mod table;
