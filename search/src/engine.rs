//! Opening the engine on a folder, and telling damage from other failures.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tantivy::directory::error::OpenReadError;
use tantivy::index::SegmentComponent;
use tantivy::schema::Schema;
use tantivy::store::Compressor;
use tantivy::{Index, IndexSettings, TantivyError};

use crate::Error;
use crate::layout::io;
use crate::schema;

/// Makes an empty index in an empty folder.
pub(crate) fn create(path: &Path) -> Result<Index, Error> {
    let settings = IndexSettings {
        docstore_compression: Compressor::Lz4,
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    };
    let (schema, _) = schema::schema();
    let builder = Index::builder().schema(schema).settings(settings).tokenizers(schema::tokenizers());
    builder.create_in_dir(path).map_err(failed("create", path))
}

/// Opens the index in a folder and checks every file of it.
pub(crate) fn open(path: &Path) -> Result<Index, Error> {
    let mut index = guarded(path, || Index::open_in_dir(path))?;
    if !is_ours(&index.schema()) {
        return Err(corrupt(path, "its fields are not those of this program"));
    }
    index.set_tokenizers(schema::tokenizers());
    for file in guarded(path, || segment_files(&index))? {
        if !path.join(&file).is_file() {
            return Err(corrupt(path, &format!("file {} is missing", file.display())));
        }
        let is_sound = guarded(path, || Ok(index.directory().validate_checksum(&file)?))?;
        if !is_sound {
            return Err(corrupt(path, &format!("file {} has another checksum", file.display())));
        }
    }
    Ok(index)
}

fn is_ours(found: &Schema) -> bool {
    let (expected, _) = schema::schema();
    found == &expected
}

/// The files of the last commit.
fn segment_files(index: &Index) -> tantivy::Result<HashSet<PathBuf>> {
    let parts = [
        SegmentComponent::Postings,
        SegmentComponent::Positions,
        SegmentComponent::Terms,
        SegmentComponent::Store,
        SegmentComponent::FastFields,
        SegmentComponent::FieldNorms,
    ];
    let mut files = HashSet::new();
    for segment in index.searchable_segment_metas()? {
        files.extend(parts.iter().map(|part| segment.relative_path(part.clone())));
        if segment.delete_opstamp().is_some() {
            files.insert(segment.relative_path(SegmentComponent::Delete));
        }
    }
    Ok(files)
}

/// Removes files that no commit knows: what a merge or commit left when its process died. Only for the one writer, before it
/// starts to write.
pub(crate) fn sweep_orphans(index: &Index, path: &Path) -> Result<usize, Error> {
    let living = guarded(path, || segment_files(index))?;
    let mut swept = 0;
    for entry in fs::read_dir(path).map_err(io("list index folder", path))? {
        let entry = entry.map_err(io("list index folder", path))?;
        let name = PathBuf::from(entry.file_name());
        let is_own = name.to_string_lossy().starts_with('.') || name.as_os_str() == "meta.json";
        if !is_own && !living.contains(&name) {
            fs::remove_file(entry.path()).map_err(io("remove left-over file", &entry.path()))?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// Runs the engine on files that may be damaged: it panics on some of them.
pub(crate) fn guarded<T>(path: &Path, work: impl FnOnce() -> tantivy::Result<T>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(failed("open", path)),
        Err(_) => Err(corrupt(path, "a file could not be read")),
    }
}

pub(crate) fn corrupt(path: &Path, what: &str) -> Error {
    Error::Corrupt { dir: path.to_owned(), what: what.to_owned() }
}

/// Sorts the engine's errors: damage is one thing, all others another.
pub(crate) fn failed(attempt: &'static str, path: &Path) -> impl FnOnce(TantivyError) -> Error {
    let path = path.to_owned();
    move |error| match error {
        TantivyError::DataCorruption(damage) => corrupt(&path, &format!("{damage:?}")),
        TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(file)) => {
            corrupt(&path, &format!("file {} is missing", file.display()))
        }
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, filepath })
            if is_damage(&io_error) =>
        {
            corrupt(&path, &format!("file {} is cut off", filepath.display()))
        }
        TantivyError::IoError(io_error) if is_damage(&io_error) => corrupt(&path, "a file is cut off"),
        TantivyError::OpenReadError(OpenReadError::IncompatibleIndex(_))
        | TantivyError::IncompatibleIndex(_) => {
            corrupt(&path, "it was written by another version of the engine")
        }
        other => Error::Engine { attempt, source: Box::new(other) },
    }
}

fn is_damage(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData)
}
