//! What the crate promises, through its public interface: own files pass, and every way to change one is noticed.

mod attacks;
mod common;
mod later;
mod own;

use common::assemble;
use jiff::Timestamp;
use muniment_record::{Form, Language, Package, Provenance, SignerRole};
use muniment_seal::pki::{self, DevelopmentPki};
use muniment_seal::{
    CopyForm, Integrity, Level, Modification, Reason, Report, SealRequest, Trust, Verdict, accept, seal,
    sign, verify,
};
use proptest::prelude::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn now() -> Timestamp {
    Timestamp::constant(1_795_500_000, 0)
}

/// A PDF of one page.
fn plain_pdf(extra_catalog: &str, extra_page: &str) -> Vec<u8> {
    let content = "BT ET";
    assemble(&[
        format!("<< /Type /Catalog /Pages 2 0 R {extra_catalog} >>"),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R {extra_page} >>"),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
    ])
}

/// Adds an incremental update with these objects to a file with a classic table.
fn update(pdf: &[u8], objects: &[(u32, &str)]) -> Vec<u8> {
    let mut updated = pdf.to_vec();
    let mut table = "xref\n".to_owned();
    for (number, body) in objects {
        table.push_str(&format!("{number} 1\n{:010} 00000 n\r\n", updated.len()));
        updated.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    }
    let text = String::from_utf8_lossy(pdf);
    let previous =
        text.rfind("startxref\n").map(|at| text[at + 10..].lines().next().unwrap_or_default().to_owned());
    let start = updated.len();
    updated.extend_from_slice(table.as_bytes());
    let previous = previous.unwrap_or_default();
    updated.extend_from_slice(
        format!("trailer\n<< /Size 90 /Root 1 0 R /Prev {previous} >>\nstartxref\n{start}\n%%EOF\n")
            .as_bytes(),
    );
    updated
}

struct World {
    pki: DevelopmentPki,
    trust: Trust,
}

impl World {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let pki = pki::development(now())?;
        let trust = Trust::from_pem(pki.trust_pem().as_bytes())?;
        Ok(Self { pki, trust })
    }

    fn request() -> SealRequest {
        SealRequest::agency(now(), CopyForm::TrueCopy, "Ủy ban nhân dân xã Mẫu")
    }

    fn signed(&self) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        Ok(sign(&plain_pdf("", ""), &Self::request(), &self.pki.agency.signer()?)?)
    }

    fn verify(&self, pdf: &[u8]) -> Report {
        verify(pdf, &self.trust, now())
    }
}

fn find(bytes: &[u8], word: &str) -> usize {
    bytes.windows(word.len()).position(|window| window == word.as_bytes()).unwrap_or_default()
}

#[test]
fn a_sealed_file_passes_and_says_who_signed() -> Outcome {
    let world = World::new()?;
    let signed = world.signed()?;
    assert!(signed.starts_with(&plain_pdf("", "")));
    let report = world.verify(&signed);
    assert_eq!((report.verdict, report.reason), (Verdict::Passed, None));
    let signature = &report.signatures[0];
    assert_eq!((signature.level, signature.role), (Level::B, SignerRole::Agency));
    assert_eq!(signature.claimed_at, Some(now()));
    assert!(
        report
            .sentence(Language::Vietnamese)
            .starts_with("Bản điện tử hợp lệ: nội dung không bị thay đổi sau khi ký")
    );
    serde_json::to_string(&report)?;
    Ok(())
}

#[test]
fn the_agency_signs_after_the_officer_and_both_pass() -> Outcome {
    let world = World::new()?;
    let officer = SealRequest::officer(now(), "Nguyễn Văn Mẫu");
    let first = sign(&plain_pdf("", ""), &officer, &world.pki.officer.signer()?)?;
    let second = sign(&first, &World::request(), &world.pki.agency.signer()?)?;
    let report = world.verify(&second);
    assert_eq!(report.verdict, Verdict::Passed, "{:?}", report.reason);
    let seen: Vec<_> =
        report.signatures.iter().map(|signature| (signature.role, signature.modification)).collect();
    assert_eq!(
        seen,
        [(SignerRole::Officer, Modification::Permitted), (SignerRole::Agency, Modification::None)]
    );
    Ok(())
}

#[test]
fn without_trust_or_revocation_data_the_answer_is_open() -> Outcome {
    let world = World::new()?;
    let signed = world.signed()?;
    let report = verify(&signed, &Trust::none(), now());
    assert_eq!((report.verdict, report.reason), (Verdict::Indeterminate, Some(Reason::NoChain)));
    let root = Trust::from_pem(world.pki.root.certificate_pem().as_bytes())?;
    let report = verify(&signed, &root, now());
    assert_eq!((report.verdict, report.reason), (Verdict::Indeterminate, Some(Reason::NoRevocationData)));
    assert_eq!(report.signatures[0].integrity, Integrity::Intact);
    Ok(())
}

#[test]
fn every_kind_of_forgery_is_named() -> Outcome {
    let world = World::new()?;
    let signed = world.signed()?;
    let replaced = |from: &str, to: &str| {
        let at = find(&signed, from);
        let mut forged = signed.clone();
        forged.splice(at..at + from.len(), to.bytes());
        forged
    };
    let mut hidden = signed.clone();
    let contents_end = find(&signed, "> /M (");
    hidden[contents_end - 1] = b'1';
    let appended = |extra: &[u8]| [&signed[..], extra].concat();
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 80 0 R >>";
    let forgeries: Vec<(&str, Vec<u8>, Reason)> = vec![
        ("content flipped", replaced("BT ET", "BT EX"), Reason::ContentChanged),
        ("time changed", replaced("+07'00'", "+08'00'"), Reason::ContentChanged),
        ("hidden in the padding", hidden, Reason::HiddenBytes),
        ("no byte range", replaced("/ByteRange", "/ByteRangX"), Reason::OddByteRange),
        ("no contents", replaced("/Contents <", "/Contentz <"), Reason::NoContents),
        ("contents twice", replaced("/Contents <", "/Contents <00> /Contents <"), Reason::Damaged),
        ("null byte range", replaced("/ByteRange [", "/ByteRange null /X ["), Reason::Damaged),
        ("comment after the end", appended(b"% note\n"), Reason::TrailingBytes),
        ("objects after the end", appended(b"4 0 obj\n<< /Length 0 >>\nendobj\n"), Reason::Modified),
        ("page replaced", update(&signed, &[(3, page)]), Reason::Modified),
        (
            "content replaced",
            update(&signed, &[(4, "<< /Length 0 >>\nstream\n\nendstream")]),
            Reason::Modified,
        ),
        (
            "annotation added",
            update(&signed, &[(80, "<< /Type /Annot /Subtype /Stamp >>"), (3, page)]),
            Reason::Modified,
        ),
        (
            "catalog replaced",
            update(&signed, &[(1, "<< /Type /Catalog /Pages 80 0 R >>")]),
            Reason::UnreachableSignature,
        ),
        ("object hidden for later", update(&signed, &[(81, "<< /Type /Page >>")]), Reason::Modified),
    ];
    for (name, forged, reason) in forgeries {
        let report = world.verify(&forged);
        let reasons: Vec<Reason> = report.reason.into_iter().chain(report.warnings.iter().copied()).collect();
        assert_eq!(report.verdict, Verdict::Failed, "{name}: {reasons:?}");
        assert!(reasons.contains(&reason), "{name}: {reasons:?}");
    }
    Ok(())
}

#[test]
fn a_revoked_certificate_fails() -> Outcome {
    let from: Timestamp = "2026-01-01T00:00:00Z".parse()?;
    let until: Timestamp = "2030-01-01T00:00:00Z".parse()?;
    let name = |text: &str| pki::Subject::new(text, "no legal value");
    let root = pki::Authority::root(&name("root"), from, until)?;
    let identity = root.issue(&name("signer"), pki::Profile::Signer, from, until)?;
    let certificate = muniment_seal::Certificate::from_pem(identity.chain_pem.as_bytes())?.remove(0);
    let signed = sign(&plain_pdf("", ""), &World::request(), &identity.signer()?)?;
    for (revoked_at, verdict) in
        [("2026-06-01T00:00:00Z", Verdict::Failed), ("2026-12-01T00:00:00Z", Verdict::Indeterminate)]
    {
        let mut trust = Trust::from_pem(root.identity()?.chain_pem.as_bytes())?;
        trust.add_der_crl(&root.crl_der(&[(&certificate, revoked_at.parse()?)], from, until)?)?;
        let later = "2026-12-24T00:00:00Z".parse()?;
        assert_eq!(verify(&signed, &trust, later).verdict, verdict, "{revoked_at}");
    }
    Ok(())
}

fn package(pdf: std::path::PathBuf, form: Form) -> Package {
    let provenance = Provenance {
        software: "test".to_owned(),
        ocr: None,
        profile: "faithful".to_owned(),
        kept: Vec::new(),
    };
    Package { sources: Vec::new(), pdf, form, pages: Vec::new(), provenance }
}

#[test]
fn a_digitised_package_is_sealed_and_a_signed_one_accepted_as_it_is() -> Outcome {
    let world = World::new()?;
    let staging = tempfile::tempdir()?;
    let prepared = staging.path().join("prepared.pdf");
    std::fs::write(&prepared, plain_pdf("", ""))?;
    let signer = world.pki.agency.signer()?;
    let digitised = package(prepared.clone(), Form::Digitised);
    let sealed = seal(digitised.clone(), staging.path(), &World::request(), &signer, &world.trust)?;
    let bytes = std::fs::read(sealed.pdf_path())?;
    assert_eq!(sealed.sha256(), muniment_record::Digest::of(&bytes));
    assert_eq!(sealed.signatures()[0].indication, "TOTAL-PASSED");

    let original = package(sealed.pdf_path().to_owned(), Form::SignedOriginal);
    let accepted = accept(original, &world.trust, now())?;
    assert_eq!(std::fs::read(accepted.pdf_path())?, bytes);

    let untrusted = seal(digitised, staging.path(), &World::request(), &signer, &Trust::none());
    assert_eq!(untrusted.err().map(|error| error.code()), Some("certificate-untrusted"));
    std::fs::write(&prepared, plain_pdf("/OCProperties << >>", ""))?;
    let refused =
        seal(package(prepared, Form::Digitised), staging.path(), &World::request(), &signer, &world.trust);
    assert_eq!(refused.err().map(|error| error.code()), Some("not-flat"));
    Ok(())
}

#[test]
fn a_forged_original_is_refused() -> Outcome {
    let world = World::new()?;
    let staging = tempfile::tempdir()?;
    let path = staging.path().join("forged.pdf");
    std::fs::write(&path, update(&world.signed()?, &[(4, "<< /Length 0 >>\nstream\n\nendstream")]))?;
    let refused = accept(package(path, Form::SignedOriginal), &world.trust, now());
    assert_eq!(refused.err().map(|error| error.code()), Some("forged"));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_single_changed_byte_passes(place in any::<prop::sample::Index>(), change in 1_u8..=255) {
        let world = World::new().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let signed = world.signed().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let mut changed = signed.clone();
        let at = place.index(changed.len());
        changed[at] ^= change;
        let in_value = signed[..at].windows(10).any(|window| window == b"/Contents ") && !signed[..at].windows(6).any(|window| window == b"> /M (");
        let same_digit = in_value && changed[at].eq_ignore_ascii_case(&signed[at]);
        if !same_digit {
            prop_assert_ne!(world.verify(&changed).verdict, Verdict::Passed, "byte {} of {}", at, signed.len());
        }
    }

    #[test]
    fn no_changed_digit_of_the_signature_value_passes(place in any::<prop::sample::Index>(), digit in 0_usize..16) {
        let world = World::new().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let mut changed = world.signed().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let start = changed.windows(11).position(|window| window == b"/Contents <").unwrap_or_default() + 11;
        let length = changed[start..].iter().position(|byte| *byte == b'>').unwrap_or_default();
        let at = start + place.index(length);
        let new = b"0123456789abcdef"[digit];
        if !changed[at].eq_ignore_ascii_case(&new) {
            changed[at] = new;
            prop_assert_ne!(world.verify(&changed).verdict, Verdict::Passed, "digit {} of {}", at - start, length);
        }
    }

    #[test]
    fn no_cut_or_splice_passes_or_panics(place in any::<prop::sample::Index>(), length in 0_usize..400, what in proptest::collection::vec(any::<u8>(), 0..40)) {
        let world = World::new().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let signed = world.signed().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let mut changed = signed.clone();
        let at = place.index(changed.len());
        let end = (at + length).min(changed.len());
        changed.splice(at..end, what);
        if changed != signed && changed.trim_ascii_end() != signed.trim_ascii_end() {
            prop_assert_ne!(world.verify(&changed).verdict, Verdict::Passed);
        }
    }
}
