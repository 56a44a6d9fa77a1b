//! Time-stamping authorities: one behind an address, several in order, and one of development.

mod authorities;
mod development;
mod remote;

use jiff::Timestamp;
use muniment_record::Digest;

use crate::{Error, TimestampToken};

pub use authorities::Authorities;
pub use development::DevelopmentAuthority;
pub use remote::RemoteAuthority;

/// Gives timestamps (RFC 3161).
///
/// `stamp` returns a token that is over the imprint, signed by the certificate of a time-stamping authority, and answers
/// this very request; whether that authority is trusted is the caller's to ask ([`TimestampToken::check_trust`]), unless
/// the implementation says that it does. It holds nothing that a failed call could spoil. It may be called from several
/// threads at once, and takes as long as the network lets it: implementations bound that time.
pub trait TimestampAuthority: Send + Sync {
    /// Asks for a token over a digest, at the time that the caller's clock shows.
    ///
    /// # Errors
    ///
    /// [`Error::Timestamp`] where there is no answer or a bad one: try again later.
    fn stamp(&self, imprint: &Digest, now: Timestamp) -> Result<TimestampToken, Error>;
}
