use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use muniment_record::RecordId;
use tantivy::merge_policy::NoMergePolicy;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy};

use crate::engine::{self, failed};
use crate::layout::{self, Generation, io};
use crate::schema::{self, Fields};
use crate::{Entry, Error};

/// Memory in which one thread collects documents before it writes them out.
const THREAD_BYTES: usize = 96 << 20;

/// The one writer of an index. It holds a lock that the operating system takes back when the process ends, however it ends.
pub struct Writer {
    dir: PathBuf,
    generation: Generation,
    /// Whether the index is being built beside the living one.
    is_building: bool,
    fields: Fields,
    writer: IndexWriter,
    /// Tells whether a record is in the index; reloaded with each commit.
    known: IndexReader,
    last_sequence: u64,
    _lock: File,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("index", &self.generation.path)
            .field("last_sequence", &self.last_sequence)
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// Opens the index in this folder for writing; makes it where there is none, to be fed from the first change on.
    /// Checks every file and removes what a process left behind that died.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] while another writer has it; [`Error::Corrupt`] where [`Writer::rebuild`] is the answer.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let lock = layout::lock(dir)?;
        let generation = match layout::current(dir)? {
            Some(generation) => generation,
            None => {
                create_at(&layout::building(dir, 1))?;
                layout::publish(dir, 1)?
            }
        };
        let index = engine::open(&generation.path)?;
        layout::sweep(dir, &generation)?;
        engine::sweep_orphans(&index, &generation.path)?;
        Self::start(dir, generation, false, &index, lock)
    }

    /// Starts a new index beside the one in this folder, which goes on serving until [`Writer::publish`]. The former one may
    /// be damaged or missing.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] while another writer has it.
    pub fn rebuild(dir: &Path) -> Result<Self, Error> {
        let lock = layout::lock(dir)?;
        let former = layout::current(dir)?.map_or(0, |generation| generation.number);
        let number = former + 1;
        let path = layout::building(dir, number);
        if path.exists() {
            fs::remove_dir_all(&path).map_err(io("remove unfinished index", &path))?;
        }
        create_at(&path)?;
        let index = engine::open(&path)?;
        Self::start(dir, Generation { number, path }, true, &index, lock)
    }

    fn start(
        dir: &Path,
        generation: Generation,
        is_building: bool,
        index: &Index,
        lock: File,
    ) -> Result<Self, Error> {
        let path = &generation.path;
        let threads =
            if is_building { std::thread::available_parallelism().map_or(1, |n| n.get().min(4)) } else { 1 };
        let writer = index.writer_with_num_threads(threads, threads * THREAD_BYTES);
        let writer = writer.map_err(failed("start writing", path))?;
        let known = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
        let known = known.map_err(failed("read", path))?;
        let last_sequence = sequence(index, path)?;
        let (_, fields) = schema::schema();
        Ok(Self {
            dir: dir.to_owned(),
            generation,
            is_building,
            fields,
            writer,
            known,
            last_sequence,
            _lock: lock,
        })
    }

    /// Puts a rebuilt index in the place of the former one. Does nothing to an index that was merely opened.
    pub fn publish(self) -> Result<Self, Error> {
        if !self.is_building {
            return Ok(self);
        }
        let Self { dir, generation, writer, known, _lock: lock, .. } = self;
        let path = &generation.path;
        let index = writer.index().clone();
        writer.wait_merging_threads().map_err(failed("finish", path))?;
        drop(known);
        merge_all(&index).map_err(failed("finish", path))?;
        let generation = layout::publish(&dir, generation.number)?;
        layout::sweep(&dir, &generation)?;
        let index = engine::open(&generation.path)?;
        engine::sweep_orphans(&index, &generation.path)?;
        Self::start(&dir, generation, false, &index, lock)
    }

    /// The sequence number of the last change that is safely in the index; 0 in a new one.
    pub fn last_sequence(&self) -> u64 {
        self.last_sequence
    }

    /// Applies changes that end at `through_sequence` in one commit: after a stop all of them are in the index or none.
    /// Where several concern one record, the last one counts. Changes that are in the index already are not applied again.
    ///
    /// When it returns the changes are safely on disk; readers see them after [`crate::Reader::refresh`].
    ///
    /// # Errors
    ///
    /// After an error nothing of the changes is in the index; the writer should be dropped and opened again.
    pub fn apply(&mut self, entries: &[Entry], through_sequence: u64) -> Result<(), Error> {
        if through_sequence <= self.last_sequence {
            return Ok(());
        }
        let mut last: HashMap<RecordId, &Entry> = HashMap::with_capacity(entries.len());
        last.extend(entries.iter().map(|entry| (entry.id(), entry)));
        let path = &self.generation.path;
        let known = self.known.searcher();
        for entry in entries {
            if !last.get(&entry.id()).is_some_and(|counts| std::ptr::eq(*counts, entry)) {
                continue;
            }
            let term = schema::id_term(&self.fields, entry.id());
            if known.doc_freq(&term).map_err(failed("read", path))? > 0 {
                self.writer.delete_term(term);
            }
            if let Some(content) = entry.content() {
                let document = schema::document(entry.id(), content, &self.fields);
                self.writer.add_document(document).map_err(failed("write", path))?;
            }
        }
        let mut commit = self.writer.prepare_commit().map_err(failed("write", path))?;
        commit.set_payload(&through_sequence.to_string());
        commit.commit().map_err(failed("commit", path))?;
        self.known.reload().map_err(failed("read", path))?;
        self.last_sequence = through_sequence;
        Ok(())
    }
}

/// Makes one segment of all: each search asks each segment for each of its words.
fn merge_all(index: &Index) -> tantivy::Result<()> {
    let segments = index.searchable_segment_ids()?;
    if segments.len() < 2 {
        return Ok(());
    }
    let mut writer: IndexWriter = index.writer_with_num_threads(1, THREAD_BYTES)?;
    writer.set_merge_policy(Box::new(NoMergePolicy));
    writer.merge(&segments).wait()?;
    writer.wait_merging_threads()
}

fn create_at(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(io("make index folder", path))?;
    // A process may have died between making the folder and making the index.
    if path.join("meta.json").exists() {
        return Ok(());
    }
    engine::create(path)?;
    layout::sync(path)
}

/// The sequence number in the last commit's payload.
pub(crate) fn sequence(index: &Index, path: &Path) -> Result<u64, Error> {
    let metas = engine::guarded(path, || index.load_metas())?;
    match metas.payload {
        None => Ok(0),
        Some(payload) => {
            payload.parse().map_err(|_| engine::corrupt(path, "its last commit has no sequence number"))
        }
    }
}
