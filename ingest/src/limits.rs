use serde::{Deserialize, Serialize};

/// What one scan may cost; each is checked before the memory or time is spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Pixels of one page: A3 at 600 dpi has 70 million.
    pub page_pixels: u64,
    /// Pages of one document.
    pub pages: u32,
    /// Bytes that one compressed stream, or one page's image, may expand to.
    pub expanded_bytes: u64,
    /// Bytes of memory that work on a document may take, in a process of its own; the recogniser is counted apart.
    pub memory_bytes: u64,
    /// Seconds that looking at a file, or one page of a document, may take in such a process.
    pub page_seconds: u64,
    /// Bytes of the file that is made of a document.
    pub output_bytes: u64,
    /// Seconds that the recogniser may take for a page.
    pub ocr_seconds: u64,
    /// Bytes of address space that the recogniser may take.
    pub ocr_memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 2 << 30,
            page_pixels: 150_000_000,
            pages: 5_000,
            expanded_bytes: 512 << 20,
            memory_bytes: 3 << 30,
            page_seconds: 120,
            output_bytes: 4 << 30,
            ocr_seconds: 60,
            ocr_memory_bytes: 1 << 30,
        }
    }
}

/// How page images are compressed; what a scan stores as one bit a pixel stays bits in each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Ink and stamps as lossless masks over a coarse picture of the paper; each page is judged, and kept as
    /// [`Profile::Faithful`] keeps it where marks would be lost.
    #[default]
    Compact,
    /// The whole page as one JPEG; a JPEG that comes in goes through bit for bit.
    Faithful,
    /// The whole page as bits, lossless, for black-and-white originals; a page with colour is kept as
    /// [`Profile::Compact`] keeps it.
    Bitonal,
}

impl Profile {
    /// Its name in configuration and provenance.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Faithful => "faithful",
            Self::Bitonal => "bitonal",
        }
    }
}

/// How scans are prepared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What one scan may cost.
    pub limits: Limits,
    /// How page images are compressed.
    pub profile: Profile,
    /// Quality of page images that have to be encoded, 1 to 100 (the scale of the IJG library).
    pub jpeg_quality: u8,
    /// Threads for a document: three pages at most are worked on at the same time, and of each several lines are read where
    /// there are more threads than that; 0 means one a processor.
    pub threads: usize,
    /// One page in so many is read again as it will be archived, and kept more faithfully where its text then differs; 0
    /// means none. Which ones is decided by the digest of the scan.
    pub reread_one_in: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            profile: Profile::default(),
            jpeg_quality: 90,
            threads: 0,
            reread_one_in: 50,
        }
    }
}

/// The most pages of one document in work: each takes some 110 MB of memory for A4 at 300 dpi, and a document is to take
/// at most 400 MB.
const MOST_WORKERS: usize = 3;

/// The most lines of a page that are read at a time: beyond that finding them, which one thread does, takes longer.
const MOST_LINES_ABREAST: usize = 8;

impl Options {
    /// The number of threads for a document: at least one.
    pub(crate) fn all_threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }

    /// The number of worker threads for a document of `pages` pages: at least one.
    pub(crate) fn workers(&self, pages: u32) -> usize {
        self.all_threads().min(usize::try_from(pages).unwrap_or(MOST_WORKERS)).clamp(1, MOST_WORKERS)
    }

    /// How many lines of a page each worker may have read at a time: at least one.
    pub(crate) fn lines_abreast(&self, pages: u32) -> usize {
        (self.all_threads() / self.workers(pages)).min(MOST_LINES_ABREAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_pages_leave_over_read_lines() {
        // Threads and pages; workers and lines abreast.
        let table = [
            (1, 0, 1, 1),
            (1, 5, 1, 1),
            (2, 1, 1, 2),
            (2, 5, 2, 1),
            (4, 2, 2, 2),
            (5, 2, 2, 2),
            (8, 5_000, 3, 2),
            (64, 1, 1, 8),
        ];
        for (threads, pages, workers, lines) in table {
            let options = Options { threads, ..Options::default() };
            let found = (options.workers(pages), options.lines_abreast(pages));
            assert_eq!(found, (workers, lines), "{threads} threads, {pages} pages");
        }
    }
}
