//! What the generator promises to those who test with it.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use jiff::civil::date;
use muniment_record::{Description, Procedure, Procedures};
use muniment_samples::{
    Expected, Format, Layout, Options, ReadingStudio, Studio, bad_inputs, generate, generate_reading,
};

type Outcome = Result<(), Box<dyn Error>>;

const PROCEDURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/procedures.csv");
const SMALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/small");

/// The run that made `samples/small`.
const SMALL_RUN: Options = Options { seed: 1, count: 8, dpi: 200, format: Format::Mixed };

fn procedures() -> Result<Procedures, csv::Error> {
    csv::Reader::from_path(PROCEDURES)?.deserialize::<Procedure>().collect()
}

#[test]
fn metadata_of_every_sample_is_accepted_as_a_description() -> Outcome {
    let (studio, procedures) = (Studio::open()?, procedures()?);
    let mut codes = BTreeSet::new();
    for index in 0..400 {
        let sample = studio.sample(5, index, 200, Format::Jpeg)?;
        let described = Description::from_fields(sample.fields.values(), &procedures, date(2026, 11, 24));
        let description = described.map_err(|refused| format!("{}: {refused:?}", sample.name))?;
        let code = description.result_code.ok_or("no result code")?.to_string();
        assert!(codes.insert(code), "{} has the code of another", sample.name);
        assert_eq!(description.physical_pages, Some(u32::try_from(sample.pages.len())?));
    }
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_text_and_metadata() -> Outcome {
    let studio = Studio::open()?;
    for index in 0..8 {
        let once = studio.sample(3, index, 200, Format::Pdf)?;
        assert_eq!(once, studio.sample(3, index, 200, Format::Pdf)?);
        assert_ne!(once.truth(), studio.sample(4, index, 200, Format::Pdf)?.truth());
    }
    Ok(())
}

#[test]
fn committed_samples_are_those_of_their_seed() -> Outcome {
    let studio = Studio::open()?;
    for index in 0..SMALL_RUN.count {
        let sample = studio.sample(SMALL_RUN.seed, index, SMALL_RUN.dpi, Format::Jpeg)?;
        let kept =
            |suffix: &str| fs::read_to_string(Path::new(SMALL).join(format!("{}.{suffix}", sample.name)));
        assert_eq!(kept("gt.txt")?, sample.truth(), "{}", sample.name);
        let metadata: serde_json::Value = serde_json::from_str(&kept("json")?)?;
        assert_eq!(metadata, sample.fields.to_json(), "{}", sample.name);
    }
    Ok(())
}

#[test]
fn every_format_can_be_read_back() -> Outcome {
    let folder = tempfile::tempdir()?;
    for (format, magic) in [
        (Format::Jpeg, &b"\xff\xd8\xff"[..]),
        (Format::Png, b"\x89PNG"),
        (Format::Tiff, b"II\x2a\x00"),
        (Format::Pdf, b"%PDF-1.4"),
    ] {
        let out = folder.path().join(format!("{format:?}"));
        let options = Options { seed: 2, count: 2, dpi: 100, format };
        let stats = generate(&options, &out, &|_| {})?;
        assert_eq!(stats.documents, 2);
        let mut manifest = csv::Reader::from_path(out.join("manifest.csv"))?;
        for row in manifest.deserialize::<BTreeMap<String, String>>() {
            let row = row?;
            let scan = fs::read(out.join(&row["file"]))?;
            assert!(scan.starts_with(magic), "{}", row["file"]);
            if matches!(format, Format::Jpeg | Format::Png) {
                let image = image::load_from_memory(&scan)?;
                assert_eq!((image.width(), image.height()), (827, 1169));
            }
        }
    }
    Ok(())
}

#[test]
fn pages_for_reading_take_turns_and_are_those_of_their_seed() -> Outcome {
    let studio = ReadingStudio::open()?;
    let mut layouts = Vec::new();
    for index in 0..24 {
        let page = studio.page(9, index, 200)?;
        assert_eq!(page, studio.page(9, index, 200)?);
        assert_ne!(page.truth(), studio.page(10, index, 200)?.truth());
        assert!(page.page.lines().len() > 15, "{} says too little", page.name);
        layouts.push(page.layout);
    }
    assert_eq!(layouts[..4], Layout::ALL);
    Ok(())
}

#[test]
fn pages_for_reading_lie_beside_their_text() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stats = generate_reading(9, 1, 100, folder.path())?;
    assert_eq!((stats.documents, stats.pages), (1, 1));
    let image = image::open(folder.path().join("0001-letter-serif.jpg"))?;
    assert_eq!((image.width(), image.height()), (827, 1169));
    let text = fs::read_to_string(folder.path().join("0001-letter-serif.gt.txt"))?;
    assert_eq!(text, ReadingStudio::open()?.page(9, 0, 100)?.truth());
    let words = fs::read_to_string(folder.path().join("0001-letter-serif.words.tsv"))?;
    let words: Vec<&str> = words.lines().filter_map(|row| row.rsplit('\t').next()).collect();
    assert_eq!(words.concat().chars().count(), text.chars().filter(|letter| !letter.is_whitespace()).count());
    Ok(())
}

#[test]
fn a_page_too_fine_or_too_coarse_is_refused() -> Outcome {
    let studio = Studio::open()?;
    for dpi in [0, 99, 601] {
        let refused = studio.sample(1, 0, dpi, Format::Jpeg).err();
        assert_eq!(refused.map(|error| error.code()), Some("resolution"));
    }
    Ok(())
}

#[test]
fn bad_inputs_are_as_bad_as_their_names_say() -> Outcome {
    let folder = tempfile::tempdir()?;
    let procedures = procedures()?;
    for input in bad_inputs(folder.path())? {
        let json = fs::read_to_string(input.path.with_extension("json"))?;
        let mut fields = BTreeMap::new();
        flatten("", &serde_json::from_str(&json)?, &mut fields);
        let refused =
            Description::from_fields(&fields, &procedures, date(2026, 11, 24)).err().unwrap_or_default();
        let refused: Vec<&str> = refused.iter().map(|invalid| invalid.field.as_str()).collect();
        match input.expected {
            Expected::Field(field) => assert_eq!(refused, [field], "{}", input.path.display()),
            _ => assert!(refused.is_empty(), "{}: {refused:?}", input.path.display()),
        }
        if !matches!(input.expected, Expected::File(_)) {
            image::load_from_memory(&fs::read(&input.path)?)?;
        }
    }
    let same = |name: &str| fs::read(folder.path().join(name));
    assert_eq!(same("00-good.jpg")?, same("duplicate-of-good.jpg")?);
    Ok(())
}

fn flatten(prefix: &str, value: &serde_json::Value, fields: &mut BTreeMap<String, String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (name, value) in object {
                flatten(&format!("{prefix}{name}."), value, fields);
            }
        }
        serde_json::Value::Array(list) => {
            for (number, value) in (1..).zip(list) {
                flatten(&format!("{prefix}{number}."), value, fields);
            }
        }
        leaf => {
            let text = leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned);
            fields.insert(prefix.trim_end_matches('.').to_owned(), text);
        }
    }
}
