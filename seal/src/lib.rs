//! Signs and verifies PDF files (PAdES).

mod algorithm;
mod asn1;
mod certificate;
mod cms;
mod crl;
mod error;
mod font;
pub mod note;
mod oid;
mod pdf;
mod pem;
pub mod pki;
mod reason;
mod report;
mod request;
mod sealed;
mod sign;
mod signer;
mod stamp;
mod time;
mod trust;
mod verify;

pub use algorithm::Scheme;
pub use certificate::Certificate;
pub use error::{Error, Unfit};
pub use reason::Reason;
pub use report::{
    Integrity, Level, Modification, Policy, Report, Scope, SignatureKind, SignatureReport, SubIndication,
    TrustStatus, Verdict,
};
pub use request::{CopyForm, SealRequest};
pub use sealed::{Sealed, accept, seal};
pub use sign::{Preparation, sign};
pub use signer::{Signer, SoftwareSigner};
pub use trust::Trust;
pub use verify::verify;
