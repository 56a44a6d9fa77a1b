//! Certification paths (RFC 5280, 6) and revocation: does a certificate lead to an anchor, and did it hold at a time?

use jiff::Timestamp;

use crate::algorithm::Check;
use crate::crl::{Crl, Revocation};
use crate::ocsp::{Answer, OcspResponse};
use crate::{Certificate, Reason, Trust, oid};

/// Certificates above one another; longer chains are not followed.
const LONGEST_PATH: usize = 8;
/// Signatures checked while one path is searched, so that crafted certificates cost little.
const MOST_CHECKS: u32 = 64;
/// Certificates, lists and responses taken from one file.
const MOST_EVIDENCE: usize = 256;

/// What a certificate is to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Signing,
    TimeStamping,
}

/// Certificates and revocation data that may help; none of it is believed without proof.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    certificates: Vec<Certificate>,
    crls: Vec<Crl>,
    responses: Vec<OcspResponse>,
}

impl Evidence {
    /// What the verifier has at hand.
    pub(crate) fn of(trust: &Trust) -> Self {
        Self {
            certificates: trust.certificates().to_vec(),
            crls: trust.crls().to_vec(),
            responses: Vec::new(),
        }
    }

    /// The same, with these certificates in front: an authority may have several for one key, and a path is to go through
    /// those that came along.
    pub(crate) fn preferring(&self, certificates: impl IntoIterator<Item = Certificate>) -> Self {
        let mut evidence =
            Self { certificates: Vec::new(), crls: self.crls.clone(), responses: self.responses.clone() };
        evidence.add_certificates(certificates);
        evidence.add_certificates(self.certificates.iter().cloned());
        evidence
    }

    pub(crate) fn add_certificates(&mut self, certificates: impl IntoIterator<Item = Certificate>) {
        for certificate in certificates {
            if self.certificates.len() < MOST_EVIDENCE && !self.certificates.contains(&certificate) {
                self.certificates.push(certificate);
            }
        }
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        self.add_certificates(other.certificates.iter().cloned());
        other.crls.iter().for_each(|crl| self.add_crl(crl.der()));
        other.responses.iter().for_each(|response| self.add_response(response.der()));
    }

    /// Whether there is any list or response.
    pub(crate) fn has_revocation(&self) -> bool {
        !self.crls.is_empty() || !self.responses.is_empty()
    }

    pub(crate) fn add_crl(&mut self, der: &[u8]) {
        if let Some(crl) = Crl::read(der)
            && self.crls.len() < MOST_EVIDENCE
            && !self.crls.iter().any(|known| known.sha256() == crl.sha256())
        {
            self.crls.push(crl);
        }
    }

    pub(crate) fn add_response(&mut self, der: &[u8]) {
        if let Some(response) = OcspResponse::read(der)
            && self.responses.len() < MOST_EVIDENCE
            && !self.responses.iter().any(|known| known.der() == response.der())
        {
            self.responses.push(response);
        }
    }
}

/// A path from a certificate to an anchor, and whether it held.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    /// The certificate itself first, the anchor last; empty where none leads there.
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) outcome: Result<(), Reason>,
    /// When it was revoked, where that is the reason.
    pub(crate) revocation: Option<Revocation>,
}

/// The moment in question, and the moment of asking.
#[derive(Clone, Copy, Debug)]
pub(crate) struct When {
    /// The time at which the certificate must have held.
    pub(crate) used_at: Timestamp,
    /// The time of validation; later revocation data is not known yet.
    pub(crate) now: Timestamp,
}

/// Finds and judges a path for a certificate.
pub(crate) fn validate(
    certificate: &Certificate,
    purpose: Purpose,
    when: When,
    trust: &Trust,
    evidence: &Evidence,
) -> Path {
    let mut search = Search { trust, evidence, checks_left: MOST_CHECKS, path: vec![certificate.clone()] };
    let mut best: Option<Path> = None;
    search.run(&mut |certificates| {
        let (outcome, revocation) = match judge(certificates, purpose, when, evidence) {
            Ok(()) => (Ok(()), None),
            Err((reason, revocation)) => (Err(reason), revocation),
        };
        let is_good = outcome.is_ok();
        if is_good || best.is_none() {
            best = Some(Path { certificates: certificates.to_vec(), outcome, revocation });
        }
        is_good
    });
    let none = Path { certificates: Vec::new(), outcome: Err(Reason::NoChain), revocation: None };
    best.unwrap_or(none)
}

/// A certificate and, out of these, the ones that lead upwards from it: each has issued the one before. A self-issued one
/// at the end has to have signed itself.
pub(crate) fn linked(first: Certificate, others: &[Certificate]) -> Vec<Certificate> {
    let mut path = vec![first];
    while let Some(last) = path.last()
        && path.len() < LONGEST_PATH
    {
        let issued = |candidate: &&Certificate| {
            candidate.subject_der() == last.issuer_der()
                && !path.contains(candidate)
                && (!candidate.is_self_issued()
                    || matches!(candidate.is_signed_by(candidate), Check::Good(_)))
                && matches!(last.is_signed_by(candidate), Check::Good(_))
        };
        match others.iter().find(issued) {
            Some(issuer) => path.push(issuer.clone()),
            None => break,
        }
    }
    path
}

struct Search<'a> {
    trust: &'a Trust,
    evidence: &'a Evidence,
    checks_left: u32,
    path: Vec<Certificate>,
}

impl Search<'_> {
    /// Walks upwards, depth first; `found` gets each path that ends in an anchor and says whether to stop.
    fn run(&mut self, found: &mut dyn FnMut(&[Certificate]) -> bool) -> bool {
        let Some(last) = self.path.last().cloned() else { return false };
        if self.trust.anchors().contains(&last) {
            return found(&self.path);
        }
        if self.path.len() >= LONGEST_PATH {
            return false;
        }
        let above = |candidate: &&Certificate| {
            let keys_fit = match (last.authority_key_id(), candidate.subject_key_id()) {
                (Some(wanted), Some(id)) => wanted == id,
                _ => true,
            };
            candidate.subject_der() == last.issuer_der() && keys_fit
        };
        let candidates = self.trust.anchors().iter().chain(&self.evidence.certificates).filter(above);
        for candidate in candidates {
            if self.path.contains(candidate) {
                continue;
            }
            let Some(left) = self.checks_left.checked_sub(1) else { return false };
            self.checks_left = left;
            if matches!(last.is_signed_by(candidate), Check::Good(_)) {
                self.path.push(candidate.clone());
                if self.run(found) {
                    return true;
                }
                self.path.pop();
            }
        }
        false
    }
}

type Fault = (Reason, Option<Revocation>);

fn judge(path: &[Certificate], purpose: Purpose, when: When, evidence: &Evidence) -> Result<(), Fault> {
    let Some((leaf, above)) = path.split_first() else { return Err((Reason::NoChain, None)) };
    if !is_fit(leaf, purpose) {
        return Err((Reason::WrongUsage, None));
    }
    for (depth, authority) in above.iter().enumerate() {
        if !is_authority(authority, depth) {
            return Err((Reason::WrongUsage, None));
        }
    }
    let mut is_revocation_known = true;
    for (place, pair) in path.windows(2).enumerate() {
        let [certificate, issuer] = pair else { continue };
        if !certificate.critical_extensions_are_known() {
            return Err((Reason::WrongUsage, None));
        }
        match certificate.is_signed_by(issuer) {
            Check::Good(algorithm) if algorithm.is_legacy => return Err((Reason::LegacyAlgorithm, None)),
            Check::Good(_) => {}
            _ => return Err((Reason::NoChain, None)),
        }
        let gives_time = purpose == Purpose::TimeStamping && place == 0;
        match revocation_status(certificate, issuer, when, gives_time, evidence) {
            Status::Good => {}
            // ETSI EN 319 102-1, 5.2.6.4: an authority's revocation leaves open what it issued before.
            Status::Revoked(revocation) => {
                let reason = if place == 0 { Reason::Revoked } else { Reason::AuthorityRevoked };
                return Err((reason, Some(revocation)));
            }
            Status::Unknown => is_revocation_known = false,
        }
    }
    for certificate in path {
        if when.used_at < certificate.not_before() {
            return Err((Reason::NotYetValid, None));
        }
        if certificate.not_after() < when.used_at {
            return Err((Reason::Expired, None));
        }
    }
    if is_revocation_known { Ok(()) } else { Err((Reason::NoRevocationData, None)) }
}

/// Whether a certificate is meant for a purpose, by key usage and extended key usage.
pub(crate) fn is_fit(certificate: &Certificate, purpose: Purpose) -> bool {
    const SERVER: der::asn1::ObjectIdentifier = der::asn1::ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
    const CODE: der::asn1::ObjectIdentifier = der::asn1::ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
    const NOT_FOR_DOCUMENTS: [der::asn1::ObjectIdentifier; 4] =
        [SERVER, CODE, oid::TIME_STAMPING, oid::OCSP_SIGNING];
    let extended = certificate.extended_key_usage();
    let extended_fits = match purpose {
        // RFC 3161, 2.3: exactly this use, and critical.
        Purpose::TimeStamping => {
            extended.is_some_and(|(critical, usages)| critical && usages == [oid::TIME_STAMPING])
        }
        Purpose::Signing => {
            extended.is_none_or(|(_, usages)| usages.iter().any(|usage| !NOT_FOR_DOCUMENTS.contains(usage)))
        }
    };
    extended_fits && certificate.may_sign_documents()
}

/// Whether a certificate may sign others, with so many authorities below it (RFC 5280, 4.2.1.9 and 6.1.4).
fn is_authority(certificate: &Certificate, below: usize) -> bool {
    let Some(constraints) = certificate.basic_constraints() else { return false };
    constraints.ca
        && constraints.path_len_constraint.is_none_or(|most| usize::from(most) >= below)
        && certificate.key_usage().is_none_or(|usage| usage.key_cert_sign())
}

enum Status {
    Good,
    Revoked(Revocation),
    Unknown,
}

/// What is known about a certificate at the moment in question. Any list that names it as revoked by then outweighs
/// what others say; one that gives time is also revoked by a later loss of its key.
fn revocation_status(
    certificate: &Certificate,
    issuer: &Certificate,
    when: When,
    gives_time: bool,
    evidence: &Evidence,
) -> Status {
    let counts =
        |revocation: &Revocation| revocation.at <= when.used_at || (gives_time && revocation.is_compromise);
    let mut status = Status::Unknown;
    for crl in evidence.crls.iter().filter(|crl| crl.this_update() <= when.now) {
        // After a certificate has expired, lists may leave it out.
        let is_known = crl.is_fresh_at(when.used_at) && crl.this_update() <= certificate.not_after();
        if !(is_known || crl.find(certificate.serial_bytes()).is_some()) || !crl.speaks_for(issuer) {
            continue;
        }
        match crl.find(certificate.serial_bytes()) {
            Some(revocation) if counts(&revocation) => return Status::Revoked(revocation),
            _ if is_known => status = Status::Good,
            _ => {}
        }
    }
    for response in &evidence.responses {
        let Some(answer) = evidence.answer(response, certificate, issuer, when) else { continue };
        match answer.revocation {
            Some(revocation) if counts(&revocation) => return Status::Revoked(revocation),
            _ if answer.next_update.unwrap_or(answer.this_update) >= when.used_at => status = Status::Good,
            _ => {}
        }
    }
    status
}

impl Evidence {
    /// What a response says, as known at the time of asking. One whose responder has been revoked itself says nothing.
    fn answer(
        &self,
        response: &OcspResponse,
        certificate: &Certificate,
        issuer: &Certificate,
        when: When,
    ) -> Option<Answer> {
        let answer = response.answer(certificate, issuer)?;
        let is_known = answer.this_update <= when.now;
        let delegate = response.delegate(issuer).filter(|delegate| !delegate.needs_no_revocation_check());
        let is_revoked = delegate.is_some_and(|delegate| {
            let mut lists = self.crls.iter().filter(|crl| crl.find(delegate.serial_bytes()).is_some());
            lists.any(|crl| crl.speaks_for(issuer))
        });
        (is_known && !is_revoked).then_some(answer)
    }

    /// The responders, other than the issuer itself, that made these responses and whose revocation is to be checked.
    pub(crate) fn delegates(&self, issuer: &Certificate) -> Vec<Certificate> {
        let delegates = self.responses.iter().filter_map(|response| response.delegate(issuer));
        delegates.filter(|delegate| !delegate.needs_no_revocation_check()).collect()
    }

    /// Whether it tells of a certificate that it held or that it was revoked.
    pub(crate) fn is_anything_known(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        when: When,
    ) -> bool {
        !matches!(revocation_status(certificate, issuer, when, false, self), Status::Unknown)
    }

    /// The newest response, or else the newest list, by which a certificate held, for keeping.
    pub(crate) fn proof(&self, certificate: &Certificate, issuer: &Certificate, when: When) -> Option<Proof> {
        let responses = self.responses.iter().filter_map(|response| {
            let answer = self.answer(response, certificate, issuer, when)?;
            let is_good = answer.revocation.is_none_or(|revocation| when.used_at < revocation.at)
                && answer.next_update.unwrap_or(answer.this_update) >= when.used_at;
            is_good.then_some((answer.this_update, response))
        });
        if let Some((_, response)) = responses.max_by_key(|(this_update, _)| *this_update) {
            return response.tightened(issuer).map(Proof::Response);
        }
        let lists = self.crls.iter().filter(|crl| {
            crl.this_update() <= when.now
                && crl.is_fresh_at(when.used_at)
                && crl.this_update() <= certificate.not_after()
                && crl.find(certificate.serial_bytes()).is_none_or(|found| when.used_at < found.at)
                && crl.speaks_for(issuer)
        });
        lists.max_by_key(|crl| crl.this_update()).map(|crl| Proof::Crl(crl.der().to_vec()))
    }
}

/// What proves that a certificate held: the bytes of a revocation list or of an OCSP response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    Crl(Vec<u8>),
    Response(Vec<u8>),
}
