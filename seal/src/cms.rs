//! CMS signatures (RFC 5652), as PAdES uses them: one signer, detached content, the certificate bound by an attribute.

mod ber;
mod build;
mod read;

pub(crate) use ber::to_definite;
pub(crate) use build::{Content, assemble, assemble_content, attributes_of, signed_attributes};
pub(crate) use read::{Signature, SignedData};
