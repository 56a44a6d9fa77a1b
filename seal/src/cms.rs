//! CMS signatures (RFC 5652), as PAdES uses them: one signer, detached content, the certificate bound by an attribute.

mod build;

pub(crate) use build::{assemble, signed_attributes};
