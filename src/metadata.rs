//! Metadata beside the scans: a manifest (CSV) or one JSON file a document, both read as dotted fields of text.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Metadata as it was found: fields of text, and where they stand for messages.
#[derive(Clone, Debug)]
pub struct Fields {
    /// Value by dotted field name.
    pub values: BTreeMap<String, String>,
    /// Where they were read: `manifest.csv, row 3`.
    pub place: String,
}

/// A list of documents with their metadata: a CSV file with a column `file` and one column a field.
#[derive(Debug)]
pub struct Manifest {
    folder: PathBuf,
    rows: Vec<(PathBuf, Fields)>,
}

impl Manifest {
    /// Reads a manifest: UTF-8, separated by commas, semicolons or tabs, the first row naming the columns.
    pub fn read(path: &Path) -> Result<Self> {
        let attempt = || format!("failed to read manifest {}", path.display());
        let bytes = fs::read(path).with_context(attempt)?;
        let text = std::str::from_utf8(&bytes)
            .context("it is not UTF-8; save it as CSV UTF-8")
            .with_context(attempt)?;
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter_of(text))
            .trim(csv::Trim::All)
            .flexible(false)
            .from_reader(text.as_bytes());
        let columns = reader.headers().with_context(attempt)?.clone();
        let Some(file_column) = columns.iter().position(|column| column == "file") else {
            bail!("failed to read manifest {}: it has no column named file", path.display());
        };
        let shown_name =
            path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        let mut rows: Vec<(PathBuf, Fields)> = Vec::new();
        for (index, row) in reader.records().enumerate() {
            let row = row.with_context(attempt)?;
            // As a spreadsheet counts: the names of the columns stand in row 1, and a line end within a value begins no row.
            let number = index + 2;
            let named = columns.iter().zip(row.iter()).enumerate();
            let values = named
                .filter(|(column, (_, value))| *column != file_column && !value.is_empty())
                .map(|(_, (name, value))| (name.to_owned(), value.to_owned()))
                .collect();
            let file = row.get(file_column).unwrap_or_default();
            if file.is_empty() {
                bail!("failed to read manifest {}: row {number} has no file", path.display());
            }
            if rows.iter().any(|(other, _)| other.as_os_str() == file) {
                bail!("failed to read manifest {}: row {number} names a file again: {file}", path.display());
            }
            rows.push((PathBuf::from(file), Fields { values, place: format!("{shown_name}, row {number}") }));
        }
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok(Self { folder, rows })
    }

    /// The rows whose file exists, by its full path, and those whose file does not. A file is looked for from the
    /// manifest's own folder, then from the folders given.
    pub fn resolve(&self, folders: &[PathBuf]) -> (BTreeMap<PathBuf, Fields>, Vec<(PathBuf, Fields)>) {
        let mut found = BTreeMap::new();
        let mut missing = Vec::new();
        for (file, fields) in &self.rows {
            let mut bases = std::iter::once(&self.folder).chain(folders);
            match bases.find_map(|base| base.join(file).canonicalize().ok()) {
                Some(path) => {
                    found.insert(path, fields.clone());
                }
                None => missing.push((file.clone(), fields.clone())),
            }
        }
        (found, missing)
    }
}

fn delimiter_of(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |delimiter: char| header.matches(delimiter).count();
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(char::from(*delimiter))).unwrap_or(b',')
}

/// The metadata file that stands beside a document: `scan.jpg.json` or `scan.json`.
pub fn file_beside(document: &Path) -> Option<PathBuf> {
    let mut with_ending = document.as_os_str().to_owned();
    with_ending.push(".json");
    let candidates = [PathBuf::from(with_ending), document.with_extension("json")];
    candidates.into_iter().find(|candidate| candidate.is_file())
}

/// Reads a metadata file: a JSON object, whose nested names are joined by dots.
pub fn read_json(path: &Path) -> Result<Fields> {
    const LONGEST: u64 = 1 << 20;
    let attempt = || format!("failed to read metadata {}", path.display());
    if fs::metadata(path).with_context(attempt)?.len() > LONGEST {
        bail!("failed to read metadata {}: longer than 1 MiB", path.display());
    }
    let text = fs::read_to_string(path).with_context(attempt)?;
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).with_context(attempt)?;
    if !value.is_object() {
        bail!("failed to read metadata {}: not a JSON object", path.display());
    }
    let mut values = BTreeMap::new();
    flatten(String::new(), &value, &mut values);
    let place = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Fields { values, place })
}

/// `{"holder": {"id": 1}}` becomes `holder.id`; lists of texts are joined by semicolons, lists of objects numbered.
fn flatten(name: String, value: &Value, into: &mut BTreeMap<String, String>) {
    let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Null => {}
        Value::Array(items) if items.is_empty() => {}
        Value::Object(members) => {
            for (part, member) in members {
                flatten(below(part), member, into);
            }
        }
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            into.insert(name, texts.join("; "));
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                flatten(below(&(place + 1).to_string()), item, into);
            }
        }
        Value::String(text) => {
            into.insert(name, text.clone());
        }
        Value::Bool(_) | Value::Number(_) => {
            into.insert(name, value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_json_becomes_dotted_fields() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.json");
        fs::write(
            &path,
            r#"{"holder":{"id":"1","birth_year":1990},"co_holders":[{"kind":"person"}],"keywords":["a","b"],"x":null}"#,
        )?;
        let fields = read_json(&path)?;
        let named: Vec<(&str, &str)> = fields.values.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let expected = [
            ("co_holders.1.kind", "person"),
            ("holder.birth_year", "1990"),
            ("holder.id", "1"),
            ("keywords", "a; b"),
        ];
        assert_eq!(named, expected);
        Ok(())
    }

    #[test]
    fn a_manifest_may_use_semicolons_and_a_byte_order_mark() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("a.jpg"), "x")?;
        let path = folder.path().join("list.csv");
        fs::write(&path, "\u{feff}file;title;holder.name\na.jpg;\"Một; hai\";\nb.jpg;Ba;C\n")?;
        let (found, missing) = Manifest::read(&path)?.resolve(&[]);
        let fields = found.values().next().context("one row")?;
        assert_eq!(fields.values.get("title").map(String::as_str), Some("Một; hai"));
        assert_eq!(fields.place, "list.csv, row 2");
        assert!(!fields.values.contains_key("holder.name"));
        assert_eq!(missing.len(), 1);
        Ok(())
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_does_whatever_ends_a_line() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("list.csv");
        for end in ["\n", "\r\n"] {
            fs::write(&path, ["file,title", "a.jpg,\"Một\nhai\"", "b.jpg,Ba", ""].join(end))?;
            let (_, missing) = Manifest::read(&path)?.resolve(&[]);
            let places: Vec<&str> = missing.iter().map(|(_, fields)| fields.place.as_str()).collect();
            assert_eq!(places, ["list.csv, row 2", "list.csv, row 3"], "{end:?}");
        }
        Ok(())
    }

    #[test]
    fn both_names_of_a_metadata_file_are_found() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let document = folder.path().join("a.jpg");
        assert_eq!(file_beside(&document), None);
        fs::write(folder.path().join("a.json"), "{}")?;
        assert_eq!(file_beside(&document), Some(folder.path().join("a.json")));
        fs::write(folder.path().join("a.jpg.json"), "{}")?;
        assert_eq!(file_beside(&document), Some(folder.path().join("a.jpg.json")));
        Ok(())
    }
}
