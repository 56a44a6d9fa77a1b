//! The index through its public types.

#![expect(clippy::expect_used, reason = "a test that cannot set itself up has failed")]

mod find;
mod lifecycle;
mod scopes;
mod support;
