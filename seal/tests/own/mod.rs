//! Files of this house, by mark and by certificate, beside those of others: the same fault is fatal in the one and only
//! noted in the other. And what a report says of others' old and odd signatures.

use muniment_seal::tsa::DevelopmentAuthority;
use muniment_seal::{
    Certificate, Integrity, Level, Reason, Report, Trust, TrustDomain, Verdict, sign, sign_with_timestamp,
    uplift, verify,
};

use crate::later::forge::{Field, Kind, add};
use crate::{Outcome, World, find, now, plain_pdf, update};

const INVISIBLE: &str = "/Rect [0 0 0 0] /P 3 0 R";

fn judged(report: &Report) -> (Verdict, Option<Reason>) {
    (report.verdict, report.reason)
}

/// The world's trust, and that the agency's certificate is of this house.
fn house(world: &World) -> Result<Trust, Box<dyn std::error::Error>> {
    let mut trust = world.trust.clone();
    trust.add_own(&Certificate::from_pem(world.pki.agency.chain_pem.as_bytes())?[0]);
    Ok(trust)
}

#[test]
fn a_report_says_whose_signer_it_is() -> Outcome {
    let world = World::new()?;
    let signed = world.signed()?;
    let domain = |trust: &Trust| verify(&signed, trust, now()).signatures[0].domain;
    assert_eq!(domain(&world.trust), TrustDomain::Unknown);
    assert_eq!(domain(&Trust::none()), TrustDomain::Unknown);
    for expected in [TrustDomain::Government, TrustDomain::Public] {
        let mut trust = Trust::none();
        trust.add_pem_of(expected, world.pki.trust_pem().as_bytes())?;
        assert_eq!(domain(&trust), expected);
        trust.add_own(&Certificate::from_pem(world.pki.agency.chain_pem.as_bytes())?[0]);
        assert_eq!(domain(&trust), TrustDomain::Own);
        assert_eq!(judged(&verify(&signed, &trust, now())), (Verdict::Passed, None));
    }
    Ok(())
}

#[test]
fn what_a_certificate_of_the_house_signs_must_be_as_the_house_signs() -> Outcome {
    let world = World::new()?;
    let house = house(&world)?;
    // By the agency's key, with a program that makes CMS without attributes and no PAdES.
    let foreign = add(&plain_pdf("", ""), &Field::new(40, Kind::Signature, INVISIBLE), &world.pki.agency)?;
    assert_eq!(judged(&world.verify(&foreign)), (Verdict::Passed, None));
    assert_eq!(judged(&verify(&foreign, &house, now())), (Verdict::Failed, Some(Reason::MalformedCms)));
    // Others keep their ways.
    let other = add(&plain_pdf("", ""), &Field::new(40, Kind::Signature, INVISIBLE), &world.pki.officer)?;
    assert_eq!(judged(&verify(&other, &house, now())), (Verdict::Passed, None));
    let with_note = [&other[..], b"% note\n"].concat();
    assert_eq!(
        judged(&verify(&with_note, &house, now())),
        (Verdict::Indeterminate, Some(Reason::TrailingBytes))
    );
    let own_with_note = [&world.signed()?[..], b"% note\n"].concat();
    assert_eq!(verify(&own_with_note, &house, now()).verdict, Verdict::Failed);
    let own_with_space = [&world.signed()?[..], b"\n"].concat();
    assert_eq!(verify(&own_with_space, &house, now()).verdict, Verdict::Failed);
    Ok(())
}

/// What an uplift adds is the store and its data to the byte; anything else in the revision fails.
#[test]
fn nothing_hides_in_the_validation_data_of_an_own_file() -> Outcome {
    let (world, stranger) = (World::new()?, World::new()?);
    let authority = DevelopmentAuthority::new(&world.pki.tsa)?;
    let stamped =
        sign_with_timestamp(&plain_pdf("", ""), &World::request(), &world.pki.agency.signer()?, &authority)?;
    let kept = uplift(&stamped, &world.trust, None, now())?.ok_or("nothing was added")?;
    assert_eq!(judged(&world.verify(&kept)), (Verdict::Passed, None));
    let catalog = crate::later::forge::newest(&stamped, 1)?;
    let catalog = catalog.strip_suffix(">>").ok_or("no dictionary")?;
    let with_store = |data: &[u8], more: &str| -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let data: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(update(
            &stamped,
            &[
                (1, &format!("{catalog} /DSS 60 0 R >>")),
                (60, &format!("<< /Type /DSS /Certs [61 0 R] {more} >>")),
                (
                    61,
                    &format!(
                        "<< /Length {} /Filter /ASCIIHexDecode >>\nstream\n{data}>\nendstream",
                        data.len() + 1
                    ),
                ),
            ],
        ))
    };
    let needed = Certificate::from_pem(world.pki.agency.chain_pem.as_bytes())?.remove(0);
    let unneeded = Certificate::from_pem(stranger.pki.agency.chain_pem.as_bytes())?.remove(0);
    for (name, forged) in [
        ("written in another way", with_store(needed.der(), "")?),
        ("unneeded", with_store(unneeded.der(), "")?),
        ("another key", with_store(needed.der(), "/Note (hidden)")?),
    ] {
        assert_eq!(judged(&world.verify(&forged)), (Verdict::Failed, Some(Reason::Modified)), "{name}");
    }
    // The very bytes of an uplift, but for one in a comment, a space or a key's value.
    for (from, to) in [("%%EOF", "%%EOG"), ("/Type /DSS", "/Type /DSX"), ("/Length ", "/Length\t")] {
        let added = &kept[stamped.len()..];
        let at = stamped.len() + find(added, from);
        let mut changed = kept.clone();
        changed.splice(at..at + from.len(), to.bytes());
        assert_ne!(world.verify(&changed).verdict, Verdict::Passed, "{from}");
    }
    // A second uplift that adds nothing is no uplift.
    let again = update(&kept, &[(1, &crate::later::forge::newest(&kept, 1)?)]);
    assert_eq!(judged(&world.verify(&again)), (Verdict::Failed, Some(Reason::Modified)));
    // In others' files validation data is written in many ways.
    let other = add(&plain_pdf("", ""), &Field::new(40, Kind::Signature, INVISIBLE), &world.pki.officer)?;
    let catalog = crate::later::forge::newest(&other, 1)?;
    let catalog = catalog.strip_suffix(">>").ok_or("no dictionary")?;
    let kept = update(&other, &[(1, &format!("{catalog} /DSS << /Certs [] >> >>"))]);
    assert_eq!(judged(&world.verify(&kept)), (Verdict::Passed, None));
    Ok(())
}

#[test]
fn the_level_is_told_of_untrusted_files_too() -> Outcome {
    let world = World::new()?;
    let authority = DevelopmentAuthority::new(&world.pki.tsa)?;
    let signer = world.pki.agency.signer()?;
    let plain = sign(&plain_pdf("", ""), &World::request(), &signer)?;
    let stamped = sign_with_timestamp(&plain_pdf("", ""), &World::request(), &signer, &authority)?;
    let kept = uplift(&stamped, &world.trust, None, now())?.ok_or("nothing was added")?;
    for (pdf, level) in [(plain, Level::B), (stamped, Level::T), (kept, Level::Lt)] {
        for trust in [&Trust::none(), &world.trust] {
            assert_eq!(verify(&pdf, trust, now()).signatures[0].level, level);
        }
    }
    Ok(())
}

/// Signatures over SHA-1 are read, checked and never passed.
#[test]
fn a_signature_over_sha1_is_legacy() -> Outcome {
    let world = World::new()?;
    let old = add(&plain_pdf("", ""), &Field::new(40, Kind::OverSha1, INVISIBLE), &world.pki.officer)?;
    let report = world.verify(&old);
    assert_eq!(judged(&report), (Verdict::Indeterminate, Some(Reason::LegacyAlgorithm)));
    assert_eq!(
        (report.signatures[0].integrity, report.signatures[0].level),
        (Integrity::Intact, Level::None)
    );
    let mut changed = old.clone();
    let at = find(&old, "BT ET");
    changed[at] = b'Q';
    assert_eq!(judged(&world.verify(&changed)), (Verdict::Failed, Some(Reason::ContentChanged)));
    Ok(())
}
