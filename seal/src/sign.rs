use crate::{Error, SealRequest, Signer};

/// Signs a PDF (PAdES B-B, ETSI EN 319 142-1) as an incremental update: the given bytes stay as they are.
///
/// # Errors
///
/// Where the PDF cannot be read or the key cannot be used.
pub fn sign(pdf: &[u8], request: &SealRequest, signer: &dyn Signer) -> Result<Vec<u8>, Error> {
    let _ = (pdf, request, signer);
    Err(Error::Pdf("signing is not there yet"))
}
