//! What may follow a signature: later signatures and timestamps that show nothing, or little and by somebody trusted.

pub(crate) mod forge;

use forge::{Field, Kind, add};
use muniment_record::{Form, SignerRole};
use muniment_seal::{Reason, SealRequest, Verdict, accept, sign, verify};

use crate::{Outcome, World, now, package, plain_pdf, update};

const FULL: &str = "/Rect [0 0 595 842] /P 3 0 R";
const FIFTH: &str = "/Rect [0 300 595 468] /P 3 0 R";
const NONE: &str = "/Rect [0 0 0 0] /P 3 0 R";

fn judged(world: &World, pdf: &[u8]) -> (Verdict, Option<Reason>) {
    let report = world.verify(pdf);
    (report.verdict, report.reason)
}

const MODIFIED: (Verdict, Option<Reason>) = (Verdict::Failed, Some(Reason::Modified));
const PASSED: (Verdict, Option<Reason>) = (Verdict::Passed, None);

#[test]
fn a_timestamp_shows_nothing() -> Outcome {
    let (world, stranger) = (World::new()?, World::new()?);
    let signed = world.signed()?;
    let drawn = |rectangle: &str| format!("{rectangle} /AP << /N 70 0 R >>");
    let forgeries = [
        ("a full page", FULL.to_owned()),
        ("a full page that draws", drawn(FULL)),
        ("a fifth", FIFTH.to_owned()),
        ("a page of its own", "/Rect [0 0 595 842] /P << /MediaBox [0 0 9000 9000] >>".to_owned()),
        ("no page", "/Rect [0 0 595 842]".to_owned()),
        ("a line", "/Rect [0 0 595 0] /P 3 0 R".to_owned()),
        ("two rectangles", "/Rect [0 0 0 0] /Rect [0 0 595 842] /P 3 0 R".to_owned()),
        ("a rectangle of other things", "/Rect [0 0 (595) 842 595 842] /P 3 0 R".to_owned()),
        ("an appearance without a rectangle", drawn("/P 3 0 R")),
        ("a border", format!("{NONE} /Border [0 0 900]")),
        ("a background", format!("{NONE} /MK << /BG [1 1 1] >>")),
        ("another kind of annotation", format!("{NONE} /Subtype /Text")),
    ];
    for (name, entries) in forgeries {
        for author in [&world, &stranger] {
            for kind in [Kind::Timestamp, Kind::TimestampOfTypeSig] {
                let forged = add(&signed, &Field::new(40, kind, &entries), &author.pki.tsa)?;
                assert_eq!(judged(&world, &forged), MODIFIED, "{name}");
            }
        }
    }
    Ok(())
}

#[test]
fn an_invisible_timestamp_takes_nothing_if_it_is_trusted() -> Outcome {
    let (world, stranger) = (World::new()?, World::new()?);
    let signed = world.signed()?;
    for entries in [NONE, "", "/Rect [0 0 0 0] /AP << /N 71 0 R >>"] {
        let field = Field::new(40, Kind::Timestamp, entries);
        assert_eq!(judged(&world, &add(&signed, &field, &world.pki.tsa)?), PASSED, "{entries}");
        let untrusted = add(&signed, &field, &stranger.pki.tsa)?;
        let open = (Verdict::Indeterminate, Some(Reason::UntrustedTimestamp));
        assert_eq!(judged(&world, &untrusted), open, "{entries}");
    }
    Ok(())
}

#[test]
fn several_small_widgets_count_together() -> Outcome {
    let (world, stranger) = (World::new()?, World::new()?);
    let own = world.signed()?;
    let foreign = add(&plain_pdf("", ""), &Field::new(40, Kind::Signature, NONE), &world.pki.officer)?;
    let fifths = [FIFTH, "/Rect [0 500 595 668] /P 3 0 R"];
    for (base, author, kind) in [
        (&own, &stranger, Kind::Timestamp),
        (&own, &world, Kind::Signature),
        (&own, &stranger, Kind::OursByName),
        (&foreign, &stranger, Kind::Timestamp),
        (&foreign, &stranger, Kind::Signature),
        (&foreign, &world, Kind::Signature),
    ] {
        let mut forged = base.clone();
        for (number, entries) in [50, 60].into_iter().zip(fifths) {
            forged = add(&forged, &Field::new(number, kind, entries), &author.pki.officer)?;
        }
        assert_eq!(judged(&world, &forged), MODIFIED, "{kind:?}");
    }
    Ok(())
}

#[test]
fn what_a_later_signature_shows_has_to_pass() -> Outcome {
    let (world, stranger) = (World::new()?, World::new()?);
    let foreign = add(&plain_pdf("", ""), &Field::new(40, Kind::Signature, NONE), &world.pki.officer)?;
    assert_eq!(judged(&world, &foreign), PASSED);
    let later = |entries: &str, author: &World| {
        add(&foreign, &Field::new(50, Kind::Signature, entries), &author.pki.officer)
    };
    let open = (Verdict::Indeterminate, Some(Reason::NoChain));
    assert_eq!(judged(&world, &later(FIFTH, &world)?), PASSED);
    assert_eq!(judged(&world, &later(FIFTH, &stranger)?), open);
    assert_eq!(judged(&world, &later(NONE, &stranger)?), open);
    for entries in [
        FULL,
        "/Rect [0 300 595 468] /P << /MediaBox [0 0 9000 9000] >>",
        "/Rect [0 300 595 468] /P 2 0 R",
        "/Rect [0 300 595 468] /P 70 0 R",
        "/Rect [0 300 595 468]",
    ] {
        assert_eq!(judged(&world, &later(entries, &world)?), MODIFIED, "{entries}");
    }
    let mut unlisted = Field::new(50, Kind::Signature, FIFTH);
    unlisted.is_listed = false;
    assert_eq!(judged(&world, &add(&foreign, &unlisted, &world.pki.officer)?), MODIFIED);
    Ok(())
}

#[test]
fn a_copy_of_our_own_shows_our_signatures_only() -> Outcome {
    let (world, stranger) = (World::new()?, World::new()?);
    let signed = world.signed()?;
    let later = |kind, author: &World| add(&signed, &Field::new(50, kind, FIFTH), &author.pki.officer);
    assert_eq!(judged(&world, &later(Kind::Signature, &world)?), MODIFIED);
    assert_eq!(judged(&world, &later(Kind::Signature, &stranger)?), MODIFIED);
    assert_eq!(judged(&world, &later(Kind::OursByMark, &world)?), MODIFIED);
    let open = (Verdict::Indeterminate, Some(Reason::NoChain));
    let malformed = (Verdict::Failed, Some(Reason::MalformedCms));
    assert_eq!(judged(&world, &later(Kind::OursByName, &stranger)?), malformed);

    let request = SealRequest::officer(now(), "Nguyễn Văn Mẫu");
    let by_us = sign(&signed, &request, &world.pki.officer.signer()?)?;
    assert_eq!(judged(&world, &by_us), PASSED);
    let by_stranger = sign(&signed, &request, &stranger.pki.officer.signer()?)?;
    let report = world.verify(&by_stranger);
    assert_eq!((report.verdict, report.reason), open);
    let roles: Vec<SignerRole> = report.facts().iter().map(|fact| fact.role).collect();
    assert_eq!(roles, [SignerRole::Agency, SignerRole::Issuer]);
    Ok(())
}

#[test]
fn a_signature_belongs_to_one_field() -> Outcome {
    let world = World::new()?;
    let signed = world.signed()?;
    let text = String::from_utf8_lossy(&signed);
    let value = text.split("/T (AgencySeal) /V ").nth(1).and_then(|rest| rest.split(" R").next());
    let value = value.ok_or("no signature field")?;
    // The name and the value of the true field, and another look.
    let copy = format!(
        "<< /Type /Annot /Subtype /Widget /FT /Sig /T (AgencySeal) /V {value} R {FIFTH} /AP << /N 70 0 R >> >>"
    );
    let (catalog, page) = forge::with_field(&signed, 50, true)?;
    let objects = [(1, catalog.as_str()), (3, page.as_str()), (50, copy.as_str()), (70, forge::DRAWING)];
    assert_eq!(judged(&world, &update(&signed, &objects)), MODIFIED);
    Ok(())
}

#[test]
fn a_role_is_what_passed_only() -> Outcome {
    let world = World::new()?;
    let signed = world.signed()?;
    assert_eq!(world.verify(&signed).signatures[0].role, SignerRole::Agency);
    let unknown = verify(&signed, &muniment_seal::Trust::none(), now());
    assert_eq!(unknown.signatures[0].role, SignerRole::Issuer);
    Ok(())
}

#[test]
fn a_file_without_a_signature_is_refused_by_its_own_name() -> Outcome {
    let world = World::new()?;
    let staging = tempfile::tempdir()?;
    let path = staging.path().join("empty.pdf");
    let form = "/AcroForm << /Fields [<< /FT /Sig /T (Approval) >>] /SigFlags 1 >>";
    std::fs::write(&path, plain_pdf(form, ""))?;
    let refused = accept(package(path.clone(), Form::SignedOriginal), &world.trust, now());
    assert_eq!(refused.err().map(|error| error.code()), Some("not-signed-after-all"));
    let refused = accept(package(path, Form::Digitised), &world.trust, now());
    assert_eq!(refused.err().map(|error| error.code()), Some("wrong-form"));
    Ok(())
}
