//! The pages, a module each: what is asked, what is shown, which template shows it.

pub(crate) mod check;
pub(crate) mod failure;
pub(crate) mod home;
pub(crate) mod record;
pub(crate) mod result;
pub(crate) mod search;
pub(crate) mod sign_in;
