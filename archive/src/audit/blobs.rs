//! The audit of blobs: each is known by its digest, which is its name.

use std::collections::HashSet;

use muniment_record::Digest;

use crate::finding::Findings;
use crate::store::{Store, side_by_side};
use crate::{AuditFinding, AuditProblem, Error, ErrorKind};

/// What was read of blobs.
#[derive(Default)]
pub(super) struct BlobsRead {
    pub files: u64,
    pub bytes: u64,
    pub findings: Vec<AuditFinding>,
    pub repaired: Vec<AuditFinding>,
}

/// Re-reads blobs that records name in each store, and where asked for puts each right from the other.
pub(super) fn audit_blobs(copies: &[Store], digests: Vec<Digest>, repairs: bool) -> Result<BlobsRead, Error> {
    let width = copies.iter().map(|copy| copy.objects().width()).max().unwrap_or(1);
    let mut all = BlobsRead::default();
    for read in side_by_side(width, digests, |digest| audit_blob(copies, &digest, repairs)) {
        let mut read = read?;
        all.files += read.files;
        all.bytes += read.bytes;
        all.findings.append(&mut read.findings);
        all.repaired.append(&mut read.repaired);
    }
    Ok(all)
}

fn audit_blob(copies: &[Store], digest: &Digest, repairs: bool) -> Result<BlobsRead, Error> {
    let name = Store::blob_path(digest);
    let mut read = BlobsRead::default();
    let mut sound = None;
    let mut unsound = Vec::new();
    for (number, copy) in copies.iter().enumerate() {
        let mut findings = Findings::on(None);
        match copy.read(&name) {
            Ok(bytes) => {
                read.files += 1;
                read.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                if Digest::of(&bytes) == *digest {
                    sound = Some(bytes);
                } else {
                    findings.add(&name, AuditProblem::Changed, "its SHA-256 is not its name");
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                findings.add(&name, AuditProblem::Missing, "a record names it");
            }
            Err(error) => findings.add(&name, AuditProblem::Unreadable, error.to_string()),
        }
        unsound.extend(findings.in_store(number).list.pop().map(|finding| (copy, finding)));
    }
    for (copy, finding) in unsound {
        match &sound {
            Some(bytes) if repairs => {
                copy.replace(&name, bytes)?;
                read.repaired.push(finding);
            }
            _ => read.findings.push(finding),
        }
    }
    Ok(read)
}

/// How many blobs of the first store no record names, and what lies among blobs of either and is none.
pub(super) fn unnamed_blobs(
    copies: &[Store],
    named: &HashSet<Digest>,
) -> Result<(u64, Vec<AuditFinding>), Error> {
    let (mut unnamed, mut strays) = (0, Vec::new());
    for (number, copy) in copies.iter().enumerate() {
        let mut findings = Findings::on(None);
        for file in copy.files_below("blobs/sha256")? {
            let digest = file.split_once('/').and_then(|(_, name)| name.parse::<Digest>().ok());
            let name = format!("blobs/sha256/{file}");
            match digest.filter(|digest| Store::blob_path(digest) == name) {
                Some(digest) => unnamed += u64::from(number == 0 && !named.contains(&digest)),
                None => findings.add(name, AuditProblem::Extra, "not a blob"),
            }
        }
        strays.append(&mut findings.in_store(number).list);
    }
    Ok((unnamed, strays))
}
