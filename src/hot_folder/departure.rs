use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use muniment_archive::BatchId;
use muniment_record::Language;

use super::{NOT_TAKEN, Stamp, Stamps, names_in};
use crate::intake::{self, Document};
use crate::stop::Reason;
use crate::{clock, metadata};

/// What is added to a document's name for the note that says why it was not taken.
const NOTE_ENDING: &str = ".ly-do.txt";

/// The files of one document in the hot folder, and how they leave it once the catalogue holds what became of them.
#[derive(Debug)]
pub struct Departure {
    path: PathBuf,
    files: Vec<PathBuf>,
    metadata: Option<PathBuf>,
}

impl Departure {
    /// That of a document as the survey found it.
    pub fn of(document: &Document) -> Self {
        let files = document.scan.files.clone();
        let path = match &files[..] {
            [only] if only.display().to_string() == document.scan.name => only.clone(),
            [first, ..] => first.parent().unwrap_or(first).to_path_buf(),
            [] => PathBuf::from(&document.scan.name),
        };
        Self { metadata: metadata::file_beside(&path), path, files }
    }

    /// Whether the document lies in this unit of the hot folder.
    pub fn is_of(&self, unit: &Path) -> bool {
        self.path.starts_with(unit)
    }

    /// Removes a document that the archive holds, with its metadata, which the record has. Where a file is no longer the
    /// one that was looked at, all stay: what is there now comes in as a document of its own.
    pub fn taken(&self, seen: &Stamps) -> io::Result<()> {
        let files = self.files.iter().chain(&self.metadata);
        for file in files {
            if seen.get(file) != Some(&Stamp::of(file)?) {
                return Ok(());
            }
        }
        for file in &self.files {
            fs::remove_file(file)?;
        }
        if let Some(metadata) = self.metadata_of_its_own()? {
            fs::remove_file(metadata)?;
        }
        let is_empty_folder = self.path.is_dir() && names_in(&self.path)?.is_empty();
        if is_empty_folder { fs::remove_dir(&self.path) } else { Ok(()) }
    }

    /// Puts a document aside in a folder of its batch, with a note in Vietnamese that says why and what to do.
    pub fn not_taken(&self, root: &Path, batch: &BatchId, reason: &Reason, now: Timestamp) -> io::Result<()> {
        if !self.path.exists() {
            return Ok(());
        }
        let aside = |path: &Path| {
            let relative = path.strip_prefix(root).unwrap_or(path);
            root.join(NOT_TAKEN).join(batch.as_str()).join(relative)
        };
        let target = aside(&self.path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        // The note comes first: a stop in between leaves a note without its document, never a document without its note.
        let mut note = target.clone().into_os_string();
        note.push(NOTE_ENDING);
        fs::write(note, self.note(root, reason, now))?;
        let metadata = self.metadata_of_its_own()?;
        fs::rename(&self.path, &target)?;
        metadata.map_or(Ok(()), |metadata| fs::rename(metadata, aside(metadata)))
    }

    fn note(&self, root: &Path, reason: &Reason, now: Timestamp) -> String {
        let name = self.path.strip_prefix(root).unwrap_or(&self.path).display();
        let why = crate::messages::explain(&reason.code, Language::Vietnamese);
        format!(
            "Tài liệu chưa được nhận: {name}\nLý do: {why}\nChi tiết: {}\nMã lỗi: {}\nThời điểm: {}\n\n\
             Sau khi khắc phục, chép tài liệu cùng tệp siêu dữ liệu vào lại thư mục quét.\n",
            reason.detail,
            reason.code,
            clock::local(now),
        )
    }

    /// Its metadata file, unless another scan that is still there has the same one.
    fn metadata_of_its_own(&self) -> io::Result<Option<&PathBuf>> {
        let Some(metadata) = &self.metadata else { return Ok(None) };
        let others = names_in(self.path.parent().unwrap_or(&self.path))?;
        let is_shared = others.iter().any(|other| {
            *other != self.path
                && !intake::is_companion(other)
                && metadata::file_beside(other).as_ref() == Some(metadata)
        });
        Ok((!is_shared).then_some(metadata))
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Result;
    use muniment_record::Procedures;

    use super::*;

    fn departure(folder: &Path, name: &str) -> Result<Departure> {
        let today = jiff::civil::date(2026, 11, 24);
        let intake = intake::survey(&[folder.join(name)], None, &Procedures::default(), today)?;
        Ok(Departure::of(&intake.documents[0]))
    }

    fn write(folder: &Path, files: &[&str]) -> Result<Stamps> {
        for file in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, "{}")?;
        }
        files.iter().map(|file| Ok((folder.join(file), Stamp::of(&folder.join(file))?))).collect()
    }

    #[test]
    fn a_taken_document_goes_with_its_metadata_and_nothing_else() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let at = |name: &str| folder.path().join(name);
        let seen = write(
            folder.path(),
            &["doc/1.jpg", "doc/2.jpg", "doc.json", "note.txt", "a.pdf", "a.jpg", "a.json"],
        )?;
        departure(folder.path(), "doc")?.taken(&seen)?;
        assert!(!at("doc").exists() && !at("doc.json").exists() && at("note.txt").exists());
        departure(folder.path(), "a.pdf")?.taken(&seen)?;
        assert!(!at("a.pdf").exists() && at("a.json").exists(), "a.jpg still needs it");
        departure(folder.path(), "a.jpg")?.taken(&seen)?;
        assert!(!at("a.json").exists());
        Ok(())
    }

    #[test]
    fn a_file_that_changed_since_stays() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let seen = write(folder.path(), &["a.pdf", "a.json"])?;
        fs::write(folder.path().join("a.pdf"), "another document")?;
        departure(folder.path(), "a.pdf")?.taken(&seen)?;
        assert_eq!(fs::read(folder.path().join("a.pdf"))?, b"another document");
        assert!(folder.path().join("a.json").exists());
        Ok(())
    }

    #[test]
    fn what_is_not_taken_is_put_aside_with_the_reason() -> Result<()> {
        let folder = tempfile::tempdir()?;
        write(folder.path(), &["batch/a.pdf", "batch/a.json", "batch/b.pdf", "batch/b.json"])?;
        let reason = Reason { code: "password".to_owned(), detail: "it is encrypted".to_owned() };
        let batch: BatchId = "20261124T031500-0001".parse()?;
        let departure = departure(folder.path(), "batch/a.pdf")?;
        departure.not_taken(folder.path(), &batch, &reason, "2026-11-24T03:15:00Z".parse()?)?;
        let aside = folder.path().join("khong-nhan/20261124T031500-0001/batch");
        assert!(aside.join("a.pdf").exists() && aside.join("a.json").exists());
        let note = fs::read_to_string(aside.join("a.pdf.ly-do.txt"))?;
        for part in ["batch/a.pdf", "PDF có mật khẩu", "it is encrypted", "24/11/2026 10:15:00"] {
            assert!(note.contains(part), "{part}: {note}");
        }
        assert!(folder.path().join("batch/b.pdf").exists());
        Ok(())
    }
}
