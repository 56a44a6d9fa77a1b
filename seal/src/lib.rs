//! Signs and verifies PDF files (PAdES, ETSI EN 319 142-1), with all that this takes of X.509, CMS, timestamps and
//! revocation, and signs notes (C2SP). It has no clock and no configuration: bytes and a time come in. Verification touches
//! no network; only what is named for it does ([`tsa::RemoteAuthority`], [`OnlineRevocation`]), in plain HTTP, as each
//! answer is checked by its own signature.
//!
//! # A tour for a security reader
//!
//! Cryptography is `ring`'s. Everything else that an attacker can reach is here, in the order in which a file meets it:
//!
//! 1. `pdf`: reads a file strictly and lazily. It repairs nothing, recurses to a fixed depth, and inflates and parses
//!    within budgets. Every later step rests on the byte places that it gives.
//! 2. `verify/fields`: the signatures are those that catalog, AcroForm, field and V lead to; others only alarm.
//! 3. `verify/coverage`: *rule 1*, `/ByteRange` is `[0 a b c]`, the gap exactly `/Contents`, its padding zero, the rest a
//!    whole revision.
//! 4. `cms/read`, `asn1`, `cms/ber`: *rule 2*, one signer, the attributes present once and in agreement, the certificate
//!    bound; *rule 4*, the bytes as found are verified, never a re-encoding (BER of others is first made definite).
//! 5. `algorithm`: the only place that checks a signature value, and the list of what counts as strong. `memo` remembers
//!    which signatures on certificates and revocation data were right, by all the bytes that went into them.
//! 6. `verify/changes`: *rule 3*, later revisions hold only validation data, signatures and document timestamps: every
//!    object that differs must be explained, and nothing may stand beside the objects that are listed. `verify/own` holds
//!    files of this house to every byte, `verify/permissions` others to what they permit themselves (DocMDP, FieldMDP).
//! 7. `chain`, `crl`, `ocsp`: does the certificate lead to an anchor, and was it good at the time? What a file brings is
//!    evidence, never trust.
//! 8. `verify/judge`, `reason`, [`Report`]: *rule 5*, integrity, modification and trust are told apart; the verdict follows
//!    ETSI EN 319 102-1.
//! 9. `verify/legacy`: the forms from before PAdES, read for what was signed long ago and never passed.
//! 10. `verify/flat`: *rule 6*, what is sealed here is flat, so that there is nothing to shadow.
//!
//! Signing is the smaller half: [`Preparation`] writes an incremental update with the visible text (`stamp`, `font`) and
//! leaves a gap; a [`Signer`] signs a few hundred bytes; `cms/build` puts the signature together. [`seal`] verifies its own
//! output by the rules above before it hands on a [`Sealed`], which is the one thing that the archive accepts. Before a
//! key is used [`check_signer`] asks whether its certificate may be; keys live in memory (PEM, PKCS#12), in tokens ([`pkcs11`]) or behind
//! any [`HashKey`]. `timestamp/request` is where an authority's answer is believed or not, and [`uplift`] adds what
//! offline validation needs (`store`).
//!
//! Not defended against: a stolen key that nobody has reported, a trust anchor that lies, and a reader that shows other
//! things than the file says.

mod algorithm;
mod asn1;
mod certificate;
mod chain;
mod cms;
mod crl;
mod error;
mod fitness;
mod font;
mod hash_signer;
mod http;
mod memo;
pub mod note;
mod ocsp;
mod oid;
mod pdf;
mod pem;
pub mod pkcs11;
pub mod pki;
mod reason;
mod report;
mod request;
mod revocation;
mod sealed;
mod sign;
mod signer;
mod stamp;
mod store;
mod time;
mod timestamp;
mod trust;
pub mod tsa;
mod uplift;
mod uplifted;
mod verify;

pub use algorithm::Scheme;
pub use certificate::Certificate;
pub use error::{Error, Unfit};
pub use fitness::{Fitness, check_signer};
pub use hash_signer::{HashKey, HashSigner, ecdsa_to_der};
pub use reason::Reason;
pub use report::{
    Integrity, Level, Modification, Policy, Report, Scope, SignatureKind, SignatureReport, SubIndication,
    TrustDomain, TrustStatus, Verdict,
};
pub use request::{CopyForm, SealRequest};
pub use revocation::{OnlineRevocation, RevocationSource};
pub use sealed::{Sealed, Sealing, Signing, accept, seal, seal_with};
pub use sign::{Preparation, sign, sign_with_timestamp};
pub use signer::{Signer, SoftwareSigner};
pub use timestamp::{TimestampRequest, TimestampToken};
pub use trust::Trust;
pub use tsa::TimestampAuthority;
pub use uplift::uplift;
pub use uplifted::Uplifted;
pub use verify::verify;
