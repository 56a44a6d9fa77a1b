//! From B-T to B-LT (ETSI EN 319 142-1, 6): the data by which a file's signatures can be validated offline, added to it
//! once the time has passed in which a revocation may still become known.

use jiff::Timestamp;
use muniment_record::Language;

use crate::chain::{self, Evidence, Proof, Purpose, When};
use crate::cms::SignedData;
use crate::pdf::Document;
use crate::store::Store;
use crate::verify::{coverage, fields, verify};
use crate::{
    Certificate, Error, Level, Reason, Report, RevocationSource, Trust, Unfit, Verdict, revocation, timestamp,
};

/// Adds certificates, revocation lists and OCSP responses for all signatures and timestamps of a file (PAdES B-LT) as
/// an incremental update: the given bytes stay as they are. `None` is: the file holds all that already.
///
/// With a source the newest data is fetched, so that a revocation that became known since the signing is noticed;
/// without one, what `trust` holds is used.
///
/// # Errors
///
/// [`Error::NoTimestamp`] where a signature has no trusted timestamp, [`Error::Revocation`] where data is missing now,
/// [`Error::Unfit`] where a certificate turns out to have been revoked before it signed, [`Error::SelfCheck`] where
/// the result does not verify as B-LT.
pub fn uplift(
    pdf: &[u8],
    trust: &Trust,
    source: Option<&dyn RevocationSource>,
    now: Timestamp,
) -> Result<Option<Vec<u8>>, Error> {
    Ok(uplifted_with_report(pdf, trust, source, now)?.map(|(uplifted, _)| uplifted))
}

/// Does what [`uplift`] does, and hands on the report by which the result was judged.
pub(crate) fn uplifted_with_report(
    pdf: &[u8],
    trust: &Trust,
    source: Option<&dyn RevocationSource>,
    now: Timestamp,
) -> Result<Option<(Vec<u8>, Report)>, Error> {
    let document = Document::open(pdf).map_err(|flaw| flaw.error())?;
    if document.is_encrypted() {
        return Err(Error::Password);
    }
    let fields = fields::collect(&document).map_err(|_| Error::Pdf("its signatures cannot be read"))?;
    if fields.is_empty() {
        return Err(Error::NotSigned);
    }
    let present = Store::read(&document).unwrap_or_default();
    let mut collection = Collection::new(trust, source, now, &present);
    let mut messages = Vec::new();
    for field in &fields {
        let coverage = coverage::check(pdf, field);
        let coverage = coverage.map_err(|_| Error::Pdf("its signatures cannot be read"))?;
        messages.push((field.is_timestamp(), coverage.cms));
    }
    for (_, message) in &messages {
        let signed = SignedData::read(message).ok_or(Error::Pdf("its signatures cannot be read"))?;
        collection.evidence.add_certificates(signed.certificates());
    }
    for (is_timestamp, message) in &messages {
        let signed = SignedData::read(message).ok_or(Error::Pdf("its signatures cannot be read"))?;
        if *is_timestamp {
            collection.add_token(&signed)?;
        } else {
            collection.add_signature(&signed)?;
        }
    }
    let additions = collection.wanted.without(&present);
    if additions.is_empty() {
        return Ok(None);
    }
    let uplifted = additions.append(&document).map_err(|flaw| flaw.error())?;
    let report = check(&uplifted, trust, now)?;
    Ok(Some((uplifted, report)))
}

/// Judges the result: nothing is handed on that does not pass with the data in it.
fn check(pdf: &[u8], trust: &Trust, now: Timestamp) -> Result<Report, Error> {
    let report = verify(pdf, trust, now);
    let are_kept = report
        .facts()
        .iter()
        .all(|fact| fact.level == Level::Lt.as_str() || fact.level == Level::Lta.as_str());
    if report.verdict == Verdict::Passed && are_kept {
        Ok(report)
    } else if report.verdict == Verdict::Passed {
        Err(Error::SelfCheck("a signature did not reach the level B-LT".to_owned()))
    } else {
        Err(Error::SelfCheck(report.sentence(Language::English)))
    }
}

/// What is known and what is to be kept of it.
struct Collection<'a> {
    trust: &'a Trust,
    source: Option<&'a dyn RevocationSource>,
    now: Timestamp,
    evidence: Evidence,
    wanted: Store,
}

impl<'a> Collection<'a> {
    fn new(
        trust: &'a Trust,
        source: Option<&'a dyn RevocationSource>,
        now: Timestamp,
        present: &Store,
    ) -> Self {
        let mut evidence = Evidence::of(trust);
        evidence.add_certificates(present.certificates.iter().filter_map(|der| Certificate::read(der)));
        present.crls.iter().for_each(|crl| evidence.add_crl(crl));
        present.responses.iter().for_each(|response| evidence.add_response(response));
        Self { trust, source, now, evidence, wanted: Store::default() }
    }

    fn add_signature(&mut self, signed: &SignedData<'_>) -> Result<(), Error> {
        let mut used_at: Option<Timestamp> = None;
        for token in signed.timestamps() {
            let (definite, _) = crate::cms::to_definite(token).ok_or(Error::NoTimestamp)?;
            let token = SignedData::read(&definite).ok_or(Error::NoTimestamp)?;
            self.evidence.add_certificates(token.certificates());
            let time = self.add_token(&token)?;
            used_at = Some(used_at.map_or(time, |known| known.min(time)));
        }
        let used_at = used_at.ok_or(Error::NoTimestamp)?;
        let certificate = signed.signer_certificate().ok_or(Error::Credential("a signer's certificate"))?;
        self.add_path(&certificate, Purpose::Signing, used_at, signed.certificates().collect())
    }

    /// Adds what proves a token and returns the time that it gives.
    fn add_token(&mut self, signed: &SignedData<'_>) -> Result<Timestamp, Error> {
        let info = signed.content.and_then(timestamp::TstInfo::read).ok_or(Error::NoTimestamp)?;
        let authority = signed.signer_certificate().ok_or(Error::NoTimestamp)?;
        self.add_path(&authority, Purpose::TimeStamping, info.time, signed.certificates().collect())?;
        Ok(info.time)
    }

    fn add_path(
        &mut self,
        certificate: &Certificate,
        purpose: Purpose,
        used_at: Timestamp,
        along: Vec<Certificate>,
    ) -> Result<(), Error> {
        self.evidence = self.evidence.preferring(along);
        let when = When { used_at, now: self.now };
        let path = chain::validate(certificate, purpose, when, self.trust, &self.evidence).certificates;
        if path.is_empty() {
            return Err(Error::Unfit(Unfit::Untrusted));
        }
        let mut failures = Vec::new();
        if let Some(source) = self.source {
            failures = revocation::gather(&path, when, source, true, &mut self.evidence);
        }
        match chain::validate(certificate, purpose, when, self.trust, &self.evidence).outcome {
            Ok(()) => {}
            Err(Reason::NoRevocationData) if failures.is_empty() => {
                return Err(Error::Revocation("there is no revocation data at hand".to_owned()));
            }
            Err(Reason::NoRevocationData) => return Err(Error::Revocation(failures.join("; "))),
            Err(Reason::Revoked | Reason::RevokedNoProof | Reason::AuthorityRevoked) => {
                return Err(Error::Unfit(Unfit::Revoked));
            }
            Err(Reason::Expired) => return Err(Error::Unfit(Unfit::Expired)),
            Err(Reason::NotYetValid) => return Err(Error::Unfit(Unfit::NotYetValid)),
            Err(Reason::WrongUsage) => return Err(Error::Unfit(Unfit::WrongUsage)),
            Err(_) => return Err(Error::Unfit(Unfit::Untrusted)),
        }
        for pair in path.windows(2) {
            let [certificate, issuer] = pair else { continue };
            self.wanted.certificates.push(certificate.der().to_vec());
            match self.evidence.proof(certificate, issuer, when) {
                Some(Proof::Crl(list)) => self.wanted.crls.push(list),
                Some(Proof::Response(response)) => self.wanted.responses.push(response),
                None => return Err(Error::Revocation("there is no revocation data at hand".to_owned())),
            }
        }
        Ok(())
    }
}
