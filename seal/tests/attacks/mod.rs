//! Known attacks on signed PDFs, each beside an honest file that is made in the same way and passes, so that a verifier
//! which refuses everything would not do.
//!
//! The names are those of "1 Trillion Dollar Refund" (2019), "Shadow Attacks" and "Breaking the Specification" (2021),
//! Ruhr University Bochum.

mod wrapping;

use muniment_seal::{Reason, Trust, Verdict, sign, uplift, verify};

use crate::later::forge::{Field, Kind, add};
use crate::{Outcome, World, find, now, plain_pdf, update};

/// A page that shows other content: what an attacker wants to be shown.
const OTHER_PAGE: &str = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 80 0 R >>";
const OTHER_CONTENT: &str = "<< /Length 7 >>\nstream\n0 0 m S\nendstream";
const INVISIBLE: &str = "/Rect [0 0 0 0] /P 3 0 R";

fn assert_passes(world: &World, name: &str, pdf: &[u8]) {
    let report = world.verify(pdf);
    assert_eq!((report.verdict, report.reason), (Verdict::Passed, None), "{name}");
}

fn assert_fails(world: &World, name: &str, pdf: &[u8], reasons: &[Reason]) {
    // Nobody's trust makes a forgery good, nor does its absence make it less of one.
    for trust in [&world.trust, &Trust::none()] {
        let report = verify(pdf, trust, now());
        assert_eq!(report.verdict, Verdict::Failed, "{name}: {:?} {:?}", report.reason, report.warnings);
    }
    let report = world.verify(pdf);
    assert!(report.reason.is_some_and(|reason| reasons.contains(&reason)), "{name}: {:?}", report.reason);
}

/// The signature dictionary's text, and the number of its object.
fn signature_dictionary(signed: &[u8]) -> Result<(u32, String), Box<dyn std::error::Error>> {
    let at = find(signed, "/Type /Sig /Filter");
    let text = String::from_utf8_lossy(&signed[..at]).into_owned();
    let head = text.rfind(" 0 obj").ok_or("no object")?;
    let start = text[..head].rfind('\n').map_or(0, |line| line + 1);
    let number = text[start..head].parse()?;
    let body = &signed[at - 3..];
    let end = find(body, "endobj");
    Ok((number, String::from_utf8_lossy(&body[..end]).trim().to_owned()))
}

/// Universal signature forgery: a reader that finds no value or no range to check shows the signature as good.
#[test]
fn universal_signature_forgery_fails() -> Outcome {
    let world = World::new()?;
    let signed = world.signed()?;
    assert_passes(&world, "honest", &signed);
    let (number, body) = signature_dictionary(&signed)?;
    let (range_start, range_end) =
        (body.find("/ByteRange").ok_or("no range")?, body.find("/Contents").ok_or("no value")?);
    let value_end = body.find("> /M").ok_or("no end")? + 1;
    let (before, range, value, after) = (
        &body[..range_start],
        &body[range_start..range_end],
        &body[range_end..value_end],
        &body[value_end..],
    );
    for (name, forged) in [
        ("no /Contents", format!("{before}{range}{after}")),
        ("/Contents null", format!("{before}{range}/Contents null {after}")),
        ("no /ByteRange", format!("{before}{value}{after}")),
        ("/ByteRange null", format!("{before}/ByteRange null {value}{after}")),
        ("/Contents empty", format!("{before}{range}/Contents <> {after}")),
        ("/Contents zero", format!("{before}{range}/Contents <0000> {after}")),
        ("/ByteRange of nothing", format!("{before}/ByteRange [0 0 0 0] {value}{after}")),
        ("/ByteRange negative", format!("{before}/ByteRange [0 10 -20 5] {value}{after}")),
    ] {
        let objects = [(number, forged.as_str()), (3, OTHER_PAGE), (80, OTHER_CONTENT)];
        let reasons = [Reason::NoContents, Reason::OddByteRange];
        assert_fails(&world, name, &update(&signed, &objects), &reasons);
    }
    Ok(())
}

/// Incremental saving attack: what is appended replaces what was signed.
#[test]
fn incremental_saving_attack_fails() -> Outcome {
    let world = World::new()?;
    let authority = muniment_seal::tsa::DevelopmentAuthority::new(&world.pki.tsa)?;
    let signer = world.pki.agency.signer()?;
    let signed =
        muniment_seal::sign_with_timestamp(&plain_pdf("", ""), &World::request(), &signer, &authority)?;
    let honest = uplift(&signed, &world.trust, None, now())?.ok_or("nothing was added")?;
    assert_passes(&world, "an honest update", &honest);
    let objects = [(3, OTHER_PAGE), (80, OTHER_CONTENT)];
    let whole = update(&signed, &objects);
    let bodies = &whole[signed.len()..];
    let table = signed.len() + find(bodies, "xref\n");
    let trailer = signed.len() + find(bodies, "trailer\n");
    let without_table = [&whole[..table], &whole[trailer..]].concat();
    let (number, body) = signature_dictionary(&signed)?;
    let copied = update(&signed, &[objects[0], objects[1], (number, &body)]);
    for (name, forged) in [
        ("with table and trailer", whole.clone()),
        ("without a table", without_table),
        ("without table and trailer", whole[..table].to_vec()),
        ("with a copy of the signature", copied),
        ("after the data of an honest update", update(&honest, &objects)),
    ] {
        let reasons = [Reason::Modified, Reason::TrailingBytes, Reason::Damaged, Reason::OddByteRange];
        assert_fails(&world, name, &forged, &reasons);
    }
    Ok(())
}

/// Shadow attack, hide: a layer covers what is to be shown after the signing.
#[test]
fn shadow_attack_hide_fails_and_is_seen_coming() -> Outcome {
    let world = World::new()?;
    let signer = world.pki.agency.signer()?;
    let layer = |state: &str| format!("/OCProperties << /OCGs [5 0 R] /D << /{state} [5 0 R] >> >>");
    let resources = "/Resources << /Properties << /L 5 0 R >> >>";
    let prepared = sign(&plain_pdf(&layer("ON"), resources), &World::request(), &signer)?;
    let report = world.verify(&prepared);
    assert_eq!((report.verdict, report.reason), (Verdict::Indeterminate, Some(Reason::NotFlat)));
    assert_passes(&world, "flat", &sign(&plain_pdf("", resources), &World::request(), &signer)?);
    let catalog = format!("<< /Type /Catalog /Pages 2 0 R {} >>", layer("OFF"));
    let hidden = update(&prepared, &[(1, &newest_catalog(&prepared)?.replace("/ON", "/OFF"))]);
    assert_fails(&world, "layer switched", &hidden, &[Reason::Modified]);
    let gone = update(&prepared, &[(1, &catalog)]);
    assert_fails(&world, "catalog replaced", &gone, &[Reason::UnreachableSignature]);
    Ok(())
}

/// Shadow attack, replace: a form field shows another value after the signing.
#[test]
fn shadow_attack_replace_fails_and_is_seen_coming() -> Outcome {
    let world = World::new()?;
    let signer = world.pki.agency.signer()?;
    let field = |value: &str| {
        format!(
            "<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V ({value}) /Rect [9 9 99 29] /P 3 0 R >>"
        )
    };
    let with_form = update(
        &plain_pdf("", ""),
        &[
            (1, "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [60 0 R] >> >>"),
            (3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [60 0 R] >>"),
            (60, &field("100")),
        ],
    );
    let prepared = sign(&with_form, &World::request(), &signer)?;
    let report = world.verify(&prepared);
    assert_eq!((report.verdict, report.reason), (Verdict::Indeterminate, Some(Reason::NotFlat)));
    // By another program and in another name the same is understood, with a warning.
    let foreign = add(&with_form, &Field::new(40, Kind::Signature, INVISIBLE), &world.pki.officer)?;
    assert_passes(&world, "foreign form", &foreign);
    assert!(world.verify(&foreign).warnings.contains(&Reason::NotFlat));
    for signed in [&prepared, &foreign] {
        let replaced = update(signed, &[(60, &field("900"))]);
        assert_fails(&world, "value replaced", &replaced, &[Reason::Modified]);
    }
    Ok(())
}

/// Attacks on certified documents: a permission to annotate or to sign is used to cover what was certified.
#[test]
fn certification_attack_fails() -> Outcome {
    let world = World::new()?;
    let certified = |permission| {
        add(
            &plain_pdf("", ""),
            &Field::new(40, Kind::Certification(permission), INVISIBLE),
            &world.pki.officer,
        )
    };
    let honest = Field::new(44, Kind::Signature, INVISIBLE);
    let sneaky = Field::new(44, Kind::Signature, "/Rect [0 0 595 842] /P 3 0 R /AP << /N 70 0 R >>");
    for permission in [2, 3] {
        let base = certified(permission)?;
        assert_passes(&world, "certified", &base);
        assert_passes(&world, "certified and signed", &add(&base, &honest, &world.pki.agency)?);
        let covered = add(&base, &sneaky, &world.pki.agency)?;
        assert_fails(&world, "sneaky signature", &covered, &[Reason::Modified]);
        let annotation = "<< /Type /Annot /Subtype /FreeText /Rect [0 0 595 842] /Contents (x) /P 3 0 R >>";
        let page = newest_page(&base)?.replace("/Annots [", "/Annots [61 0 R ");
        let annotated = update(&base, &[(61, annotation), (3, &page)]);
        assert_fails(&world, "evil annotation", &annotated, &[Reason::Modified]);
    }
    let closed = certified(1)?;
    assert_passes(&world, "certified, no change permitted", &closed);
    let signed = add(&closed, &honest, &world.pki.agency)?;
    assert_fails(&world, "signed against the certification", &signed, &[Reason::CertificationBroken]);
    Ok(())
}

/// A field that a signature has locked (FieldMDP) must not be signed afterwards; another one may.
#[test]
fn a_locked_field_stays_empty() -> Outcome {
    let world = World::new()?;
    let empty = |name: &str| {
        format!("<< /Type /Annot /Subtype /Widget /FT /Sig /T ({name}) /Rect [0 0 0 0] /P 3 0 R >>")
    };
    let with_fields = update(
        &plain_pdf("", ""),
        &[
            (1, "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [60 0 R 62 0 R] /SigFlags 3 >> >>"),
            (
                3,
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [60 0 R 62 0 R] >>",
            ),
            (60, &empty("Locked")),
            (62, &empty("Open")),
        ],
    );
    let locking = add(&with_fields, &Field::new(40, Kind::Locking("Locked"), INVISIBLE), &world.pki.officer)?;
    assert_passes(&world, "locking", &locking);
    let fill = |number, name| add(&locking, &Field::filling(number, name, INVISIBLE), &world.pki.agency);
    assert_passes(&world, "the open field signed", &fill(62, "Open")?);
    assert_fails(&world, "the locked field signed", &fill(60, "Locked")?, &[Reason::CertificationBroken]);
    Ok(())
}

fn newest_catalog(pdf: &[u8]) -> Result<String, Box<dyn std::error::Error>> {
    crate::later::forge::newest(pdf, 1)
}

fn newest_page(pdf: &[u8]) -> Result<String, Box<dyn std::error::Error>> {
    crate::later::forge::newest(pdf, 3)
}
