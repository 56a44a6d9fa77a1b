//! Honest files of this house, changed at every structural place: none passes, panics, hangs or takes much memory.
//!
//! `MUTATIONS` says how many changes are tried (`make soak` tries many more than `make test`).

mod common;
mod der;
mod kinds;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan};
use muniment_seal::pki::development;
use muniment_seal::tsa::DevelopmentAuthority;
use muniment_seal::{
    Certificate, CopyForm, SealRequest, Trust, Verdict, sign, sign_with_timestamp, uplift, verify,
};
use proptest::prelude::*;
use proptest::sample::Index;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What one file may take, on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);
/// What all may take together, in bytes.
const MOST_MEMORY: usize = 512 << 20;
/// Where readers look first.
const PLACES: [&str; 28] = [
    "/ByteRange",
    "/Contents <",
    "/SubFilter",
    "/Type /Sig",
    "/Prop_Build",
    "/M (",
    "xref",
    "trailer",
    "startxref",
    "%%EOF",
    "/Root",
    "/Prev",
    "/Size",
    "/Index",
    "/W ",
    "/AcroForm",
    "/Fields",
    "/SigFlags",
    "/FT /Sig",
    "/V ",
    "/Annots",
    "/DSS",
    "/Certs",
    "/CRLs",
    "/Length",
    " obj",
    "endobj",
    "stream",
];

struct House {
    /// Every file that was really made, whole revisions of later ones among them.
    honest: Vec<Vec<u8>>,
    trust: Trust,
}

static HOUSE: LazyLock<std::result::Result<House, String>> =
    LazyLock::new(|| House::build().map_err(|error| error.to_string()));

fn now() -> Timestamp {
    Timestamp::constant(1_795_500_000, 0)
}

impl House {
    fn build() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let pki = development(now())?;
        let mut trust = Trust::from_pem(pki.trust_pem().as_bytes())?;
        for identity in [&pki.agency, &pki.officer] {
            trust.add_own(&Certificate::from_pem(identity.chain_pem.as_bytes())?[0]);
        }
        let (agency, officer) = (pki.agency.signer()?, pki.officer.signer()?);
        let authority = DevelopmentAuthority::new(&pki.tsa)?;
        let by_agency = SealRequest::agency(now(), CopyForm::TrueCopy, "Ủy ban nhân dân xã Mẫu");
        let by_officer = SealRequest::officer(now(), "Nguyễn Văn Mẫu");
        let mut honest = Vec::new();
        for (_, pdf) in kinds::kinds_of_files(folder.path())? {
            honest.push(sign(&pdf, &by_agency, &agency)?);
            let stamped = sign_with_timestamp(&pdf, &by_agency, &agency, &authority)?;
            let kept = uplift(&stamped, &trust, None, now())?.ok_or("nothing was added")?;
            let first = sign_with_timestamp(&pdf, &by_officer, &officer, &authority)?;
            let both = sign_with_timestamp(&first, &by_agency, &agency, &authority)?;
            let both_kept = uplift(&both, &trust, None, now())?.ok_or("nothing was added")?;
            honest.extend([stamped, kept, first, both, both_kept]);
        }
        Ok(Self { honest, trust })
    }

    fn verdict(&self, pdf: &[u8]) -> Verdict {
        verify(pdf, &self.trust, now() + 1.hours()).verdict
    }
}

fn house() -> std::result::Result<&'static House, TestCaseError> {
    HOUSE.as_ref().map_err(|error| TestCaseError::fail(error.clone()))
}

/// Where a file is changed.
#[derive(Clone, Debug)]
enum Place {
    Anywhere,
    /// Near the n-th of these words.
    Near(usize, Index, usize),
    /// In what the last update added.
    LastRevision(Index),
}

/// How it is changed.
#[derive(Clone, Debug)]
enum Change {
    Flip(u8),
    Set(u8),
    Delete(usize),
    Insert(Vec<u8>),
    /// A piece from elsewhere in the file, put in or put over.
    Copy(Index, usize, bool),
    Cut,
    /// A piece of another honest file, from there to its end.
    Graft(Index),
}

fn places() -> impl Strategy<Value = Place> {
    prop_oneof![
        1 => Just(Place::Anywhere),
        4 => (0..PLACES.len(), any::<Index>(), 0_usize..48).prop_map(|(word, which, after)| Place::Near(word, which, after)),
        2 => any::<Index>().prop_map(Place::LastRevision),
    ]
}

fn changes() -> impl Strategy<Value = Change> {
    let token = prop::sample::select(vec![
        "null",
        "0",
        "1",
        "99999999999",
        "-1",
        "<<",
        ">>",
        "[",
        "]",
        " R",
        "/Type",
        "%",
        "\n",
        " ",
        "endobj\n",
        "<00>",
        "(x)",
    ]);
    prop_oneof![
        (1_u8..=255).prop_map(Change::Flip),
        prop::sample::select(b"0123456789 /<>[]()fn".to_vec()).prop_map(Change::Set),
        (1_usize..64).prop_map(Change::Delete),
        prop::collection::vec(any::<u8>(), 1..16).prop_map(Change::Insert),
        token.prop_map(|text| Change::Insert(text.as_bytes().to_vec())),
        (any::<Index>(), 1_usize..400, any::<bool>())
            .prop_map(|(from, length, over)| Change::Copy(from, length, over)),
        Just(Change::Cut),
        any::<Index>().prop_map(Change::Graft),
    ]
}

fn find_all(bytes: &[u8], word: &[u8]) -> Vec<usize> {
    let windows = bytes.windows(word.len()).enumerate();
    windows.filter(|(_, window)| *window == word).map(|(at, _)| at).collect()
}

fn locate(pdf: &[u8], place: &Place, anywhere: Index) -> usize {
    match place {
        Place::Anywhere => anywhere.index(pdf.len()),
        Place::Near(word, which, after) => match &find_all(pdf, PLACES[*word].as_bytes())[..] {
            [] => anywhere.index(pdf.len()),
            found => (found[which.index(found.len())] + after).min(pdf.len() - 1),
        },
        Place::LastRevision(index) => {
            let ends = find_all(pdf, b"%%EOF");
            let start = ends.iter().rev().nth(1).copied().unwrap_or_default();
            start + index.index(pdf.len() - start)
        }
    }
}

fn apply(pdf: &[u8], at: usize, change: &Change, other: &[u8]) -> Vec<u8> {
    let mut changed = pdf.to_vec();
    match change {
        Change::Flip(bits) => changed[at] ^= bits,
        Change::Set(byte) => changed[at] = *byte,
        Change::Delete(length) => drop(changed.drain(at..(at + length).min(pdf.len()))),
        Change::Insert(bytes) => drop(changed.splice(at..at, bytes.iter().copied())),
        Change::Copy(from, length, is_over) => {
            let from = from.index(pdf.len());
            let piece = pdf[from..(from + length).min(pdf.len())].to_vec();
            let end = if *is_over { (at + piece.len()).min(pdf.len()) } else { at };
            drop(changed.splice(at..end, piece));
        }
        Change::Cut => changed.truncate(at),
        Change::Graft(from) => {
            changed.truncate(at);
            changed.extend_from_slice(&other[from.index(other.len())..]);
        }
    }
    changed
}

/// Judges a changed file. What was really made once, as the revision before the last, may pass.
fn judge(house: &House, changed: &[u8]) -> std::result::Result<(), TestCaseError> {
    let start = Instant::now();
    let verdict = house.verdict(changed);
    prop_assert!(start.elapsed() < LONGEST, "it took {:?}", start.elapsed());
    if verdict == Verdict::Passed {
        let is_honest = house.honest.iter().any(|honest| honest == changed);
        prop_assert!(is_honest, "a changed file passes");
    }
    Ok(())
}

/// The most memory that this process has held, in bytes (proc(5), VmHWM).
fn peak_memory() -> Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? << 10)
}

fn cases() -> u32 {
    std::env::var("MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(1500)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn no_changed_file_passes(file in any::<Index>(), place in places(), change in changes(), anywhere in any::<Index>(), other in any::<Index>()) {
        let house = house()?;
        let pdf = &house.honest[file.index(house.honest.len())];
        let other = &house.honest[other.index(house.honest.len())];
        judge(house, &apply(pdf, locate(pdf, &place, anywhere), &change, other))?;
        let peak = peak_memory().map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(peak < MOST_MEMORY, "{} MiB", peak >> 20);
    }

    #[test]
    fn no_changed_signature_value_passes(file in any::<Index>(), which in any::<Index>(), node in any::<Index>(), change in der::changes()) {
        let house = house()?;
        let pdf = &house.honest[file.index(house.honest.len())];
        let starts = find_all(pdf, b"/Contents <");
        let start = starts[which.index(starts.len())] + 11;
        let end = start + pdf[start..].iter().position(|byte| *byte == b'>').unwrap_or_default();
        let value: Vec<u8> = (start..end).step_by(2).filter_map(|at| {
            u8::from_str_radix(std::str::from_utf8(&pdf[at..at + 2]).ok()?, 16).ok()
        }).collect();
        let changed_value = der::change(&value, node, &change);
        let mut digits: Vec<u8> = changed_value.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
        digits.resize(end - start, b'0');
        let mut changed = pdf.clone();
        changed.splice(start..end, digits);
        judge(house, &changed)?;
    }
}

#[test]
fn unchanged_files_pass() -> Result<()> {
    let house = HOUSE.as_ref().map_err(|error| error.clone())?;
    for pdf in &house.honest {
        assert_eq!(house.verdict(pdf), Verdict::Passed);
    }
    Ok(())
}
