//! From paths on the command line to documents: which files belong together, and which metadata is theirs.
//!
//! A PDF or TIFF is one document, an image is one document. A folder is one document, its images in name order, when
//! metadata names the folder or none of its files has any; otherwise it is a batch, and the rule is applied to what it
//! holds. Companions by their ending (metadata, notes) are passed over and counted; nothing else is.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use jiff::civil::Date;
use muniment_record::{Description, Procedures, Scan};

use crate::metadata::{self, Fields, Manifest};

const IMAGE_ENDINGS: [&str; 3] = ["jpg", "jpeg", "png"];
/// Files that stand beside scans and are none; every other file is a document, or a page of one.
const COMPANION_ENDINGS: [&str; 7] = ["json", "csv", "txt", "md", "xml", "db", "ini"];
/// Some of such a folder's pages would be left out.
const MIXED_FOLDER: &str = "the folder is one document by its metadata, but holds something else than JPEG and PNG images of its pages";

/// One document to take in.
#[derive(Debug)]
pub struct Document {
    /// Its files.
    pub scan: Scan,
    /// What is known of it, or why that cannot be used: one message a broken rule.
    pub description: Result<Description, Vec<String>>,
}

/// What a set of paths holds.
#[derive(Debug, Default)]
pub struct Intake {
    /// The documents, in the order of the paths, then of names.
    pub documents: Vec<Document>,
    /// Companions of the scans: metadata and notes.
    pub passed_over: Vec<PathBuf>,
}

/// Finds the documents of these paths and reads their metadata.
pub fn survey(
    paths: &[PathBuf],
    manifest: Option<&Path>,
    procedures: &Procedures,
    today: Date,
) -> Result<Intake> {
    let manifest = manifest.map(Manifest::read).transpose()?;
    let folders: Vec<PathBuf> = paths.iter().filter(|path| path.is_dir()).cloned().collect();
    let (rows, missing) = manifest.map(|list| list.resolve(&folders)).unwrap_or_default();
    let mut surveyor = Surveyor { rows, procedures, today, seen: BTreeSet::new(), intake: Intake::default() };
    for path in paths {
        surveyor.visit(path, true);
    }
    for (file, fields) in missing {
        surveyor.add(file.display().to_string(), vec![file], Some(Ok(fields)));
    }
    for (file, fields) in std::mem::take(&mut surveyor.rows) {
        let reason = format!("{}: the file is listed, but is not among the paths given", fields.place);
        surveyor.add(file.display().to_string(), vec![file], Some(Err(reason)));
    }
    Ok(surveyor.intake)
}

struct Surveyor<'a> {
    rows: BTreeMap<PathBuf, Fields>,
    procedures: &'a Procedures,
    today: Date,
    seen: BTreeSet<PathBuf>,
    intake: Intake,
}

impl Surveyor<'_> {
    fn visit(&mut self, path: &Path, named: bool) {
        if path.is_dir() {
            self.visit_folder(path);
        } else if !named && is_companion(path) && !self.has_row(path) {
            self.intake.passed_over.push(path.to_path_buf());
        } else if path.canonicalize().map_or(true, |full| self.seen.insert(full)) {
            let fields = self.metadata_of(path);
            self.add(path.display().to_string(), vec![path.to_path_buf()], fields);
        }
    }

    fn visit_folder(&mut self, folder: &Path) {
        let Ok(full) = folder.canonicalize() else { return };
        // A link back to a folder above would never end.
        if !self.seen.insert(full) {
            return;
        }
        let entries = match list(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let reason = Err(format!("failed to list the folder: {error}"));
                self.add(folder.display().to_string(), vec![folder.to_path_buf()], Some(reason));
                return;
            }
        };
        let images: Vec<PathBuf> =
            entries.iter().filter(|path| has_ending(path, &IMAGE_ENDINGS)).cloned().collect();
        let is_other =
            |path: &&PathBuf| path.is_dir() || !(has_ending(path, &IMAGE_ENDINGS) || is_companion(path));
        let others = entries.iter().filter(is_other).count();
        let is_bare = !images.is_empty() && others == 0 && !images.iter().any(|path| self.has_metadata(path));
        if self.has_metadata(folder) || is_bare {
            let fields =
                if others == 0 { self.metadata_of(folder) } else { Some(Err(MIXED_FOLDER.to_owned())) };
            self.intake.passed_over.extend(entries.iter().filter(|path| !images.contains(path)).cloned());
            self.add(folder.display().to_string(), images, fields);
            return;
        }
        for entry in entries {
            self.visit(&entry, false);
        }
    }

    fn has_metadata(&self, path: &Path) -> bool {
        metadata::file_beside(path).is_some() || self.has_row(path)
    }

    fn has_row(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|full| self.rows.contains_key(&full))
    }

    /// The manifest's row comes before a file beside the document. A row is used up: what is left over in the end was not
    /// among the paths.
    fn metadata_of(&mut self, path: &Path) -> Option<Result<Fields, String>> {
        let row = path.canonicalize().ok().and_then(|full| self.rows.remove(&full));
        let beside = || {
            metadata::file_beside(path).map(|file| metadata::read_json(&file).map_err(|e| format!("{e:#}")))
        };
        row.map(Ok).or_else(beside)
    }

    fn add(&mut self, name: String, files: Vec<PathBuf>, fields: Option<Result<Fields, String>>) {
        let description = match fields {
            None => {
                Err(vec!["no metadata: neither a row of a manifest nor a .json file beside it".to_owned()])
            }
            Some(Err(reason)) => Err(vec![reason]),
            Some(Ok(fields)) => Description::from_fields(&fields.values, self.procedures, self.today)
                .map_err(|broken| broken.iter().map(|rule| format!("{}, {rule}", fields.place)).collect()),
        };
        self.intake.documents.push(Document { scan: Scan { name, files }, description });
    }
}

/// Whether a file stands beside scans and is none, by its ending.
pub fn is_companion(path: &Path) -> bool {
    has_ending(path, &COMPANION_ENDINGS)
}

/// What a folder holds, in name order, hidden files left out.
fn list(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            entries.push(entry.path());
        }
    }
    entries.sort_by(|a, b| natural_order(&a.to_string_lossy(), &b.to_string_lossy()));
    Ok(entries)
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    endings.contains(&ending.as_str())
}

/// Name order as people count: runs of digits compare by value, so `page2` comes before `page10`.
fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (a, b);
    while !rest_a.is_empty() && !rest_b.is_empty() {
        let (digits_a, after_a) = split_digits(rest_a);
        let (digits_b, after_b) = split_digits(rest_b);
        let order = if !digits_a.is_empty() && !digits_b.is_empty() {
            (rest_a, rest_b) = (after_a, after_b);
            let value = |digits: &str| digits.trim_start_matches('0').to_owned();
            let (value_a, value_b) = (value(digits_a), value(digits_b));
            value_a.len().cmp(&value_b.len()).then(value_a.cmp(&value_b))
        } else {
            let (first_a, first_b) = (rest_a.chars().next(), rest_b.chars().next());
            rest_a = &rest_a[first_a.map_or(0, char::len_utf8)..];
            rest_b = &rest_b[first_b.map_or(0, char::len_utf8)..];
            first_a.cmp(&first_b)
        };
        if order.is_ne() {
            return order;
        }
    }
    rest_a.len().cmp(&rest_b.len()).then_with(|| a.cmp(b))
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 24);

    fn names(folder: &Path, files: &[&str]) -> Result<Vec<(String, usize)>> {
        for file in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, "{}")?;
        }
        let intake = survey(&[folder.to_path_buf()], None, &Procedures::default(), TODAY)?;
        let short = |name: &str| {
            name.trim_start_matches(&folder.display().to_string()).trim_start_matches('/').to_owned()
        };
        Ok(intake
            .documents
            .iter()
            .map(|document| (short(&document.scan.name), document.scan.files.len()))
            .collect())
    }

    #[test]
    fn a_folder_of_bare_images_is_one_document_in_name_order() -> Result<()> {
        let folder = tempfile::tempdir()?;
        assert_eq!(names(folder.path(), &["p10.jpg", "p2.jpg", "note.txt"])?, [(String::new(), 2)]);
        let intake = survey(&[folder.path().to_path_buf()], None, &Procedures::default(), TODAY)?;
        let first = intake.documents[0].scan.files[0].clone();
        assert_eq!(first, folder.path().join("p2.jpg"));
        Ok(())
    }

    #[test]
    fn a_folder_whose_files_have_metadata_is_a_batch() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let found =
            names(folder.path(), &["a.jpg", "a.json", "b.pdf", "c/1.png", "c/2.png", "c.json", "d.gt.txt"])?;
        assert_eq!(found, [("a.jpg".to_owned(), 1), ("b.pdf".to_owned(), 1), ("c".to_owned(), 2)]);
        Ok(())
    }

    #[test]
    fn no_page_of_a_folder_is_left_out_silently() -> Result<()> {
        for stray in ["2.tif", "3.heic", "more/4.jpg"] {
            let folder = tempfile::tempdir()?;
            names(folder.path(), &["doc/1.jpg", "doc.json", &format!("doc/{stray}")])?;
            let intake = survey(&[folder.path().to_path_buf()], None, &Procedures::default(), TODAY)?;
            let refused = intake.documents[0].description.as_ref().err().map(|reasons| reasons[0].as_str());
            assert_eq!(refused, Some(MIXED_FOLDER), "{stray}");
        }
        Ok(())
    }

    #[test]
    fn a_path_given_twice_is_one_document_and_a_listed_file_outside_of_the_paths_is_named() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for file in ["a.jpg", "b.jpg"] {
            fs::write(folder.path().join(file), "x")?;
        }
        let list = folder.path().join("list.csv");
        fs::write(&list, "file,title\na.jpg,A\nb.jpg,B\n")?;
        let given = folder.path().join("a.jpg");
        let intake = survey(&[given.clone(), given], Some(&list), &Procedures::default(), TODAY)?;
        let reasons: Vec<&Vec<String>> =
            intake.documents.iter().filter_map(|document| document.description.as_ref().err()).collect();
        assert_eq!(intake.documents.len(), 2);
        assert!(reasons[1][0].contains("list.csv, row 3") && reasons[1][0].contains("not among the paths"));
        Ok(())
    }

    #[test]
    fn numbers_in_names_count_by_value() {
        for (first, second) in
            [("page2", "page10"), ("a1b2", "a1b10"), ("a", "a1"), ("é1", "é2"), ("01", "1")]
        {
            assert_eq!(natural_order(first, second), Ordering::Less, "{first} {second}");
        }
    }
}
