//! The words of the archive: codes, records, packages and receipts as plain types.
//!
//! Nothing here reads a file, a clock or a network; every other crate speaks in these types. A code is parsed
//! once, at the edge, into a type that can only hold a well-formed value ([`DossierCode`], [`ProcedureCode`],
//! [`TaxCode`], ...), and travels as that type from then on.
//!
//! The way of a document through the crates is the way through these types:
//!
//! - [`Scan`]: files as they came from the scanner, one document;
//! - [`Description`]: what is known about the result before it is archived (descriptive information, OAIS);
//! - [`Package`]: the scan made into a PDF, with its pages' facts and text (the content of a SIP, OAIS);
//! - [`Record`]: what the archive keeps about one digitised result, written beside its PDF;
//! - [`Receipt`]: the archive's acknowledgement that a record is safely kept.

mod agency;
mod date;
mod description;
mod digest;
mod dossier;
mod error;
mod holder;
mod language;
mod package;
mod person;
mod procedure;
mod receipt;
mod record;
mod record_id;
mod retention;
mod symbol;
mod tax;
mod text;
mod token;

pub use agency::{Agency, AgencyCode};
pub use date::{format_date, parse_date};
pub use description::{
    AccessLevel, Description, Invalid, LegalStatus, Level, Originality, PaperSigner, PrivacyClass, ResultKind,
};
pub use digest::{Digest, DigestWriter};
pub use dossier::{DossierCode, ResultCode};
pub use error::ParseError;
pub use holder::{Holder, HolderId, HolderKind};
pub use language::Language;
pub use package::{
    Area, Finding, FindingKind, Form, KeptPage, Package, Page, Provenance, Scan, Source, Word,
};
pub use person::PersonalId;
pub use procedure::{Procedure, ProcedureCode, Procedures};
pub use receipt::Receipt;
pub use record::{Record, SignatureFact, SignerRole};
pub use record_id::RecordId;
pub use retention::RetentionRule;
pub use symbol::Symbol;
pub use tax::TaxCode;
pub use text::nfc;
pub use token::LookupToken;
