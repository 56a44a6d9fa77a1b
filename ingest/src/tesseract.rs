use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use muniment_record::{Area, Word, nfc};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde::{Deserialize, Serialize};

use crate::raster::usize_of;
use crate::{Error, Gray, LanguageData, Limits, Ocr};

/// The program, from Debian's package `tesseract-ocr`.
const PROGRAM: &str = "tesseract";

/// Its input, as it finds it by name.
const IMAGE: &str = "/proc/self/fd/0";

/// What it does without: its own turning of sideways text, which is decided before; a search for typewriter pitch that
/// changes nothing in what its network reads; and a search for tables, which takes lines apart (character error rate 0.65 %
/// with it, 0.55 % without, over five pages).
const SETTINGS: [&str; 3] =
    ["textord_tabfind_vertical_text=0", "textord_disable_pitch_test=1", "textord_tabfind_find_tables=0"];

/// What it is to expect (`--psm`): a page of any layout, or a block of lines.
const PAGE: &str = "3";
const BLOCK: &str = "6";

/// Has it answer with a table of words. Its file of settings of that name says no more, but lies beside the language data where
/// Debian puts those, and need not elsewhere.
const TABLE: &str = "tessedit_create_tsv=1";

/// On whitened paper its Vietnamese model, which scales each line to 36 pixels whatever comes in, reads 200 dots an inch as
/// well as 250 or 300, for a tenth less of its time.
const DPI: u32 = 200;

/// The most output that is read: a dense page has some 100 kB.
const MOST_OUTPUT_BYTES: u64 = 16 << 20;

/// The recogniser Tesseract 5, run as one contained process a page.
///
/// Each process has one thread, a limit on its memory and processor time set by the kernel, and a limit on time set
/// here; the image goes in as a file in memory and the words come out through a pipe, so nothing is left on disk. A
/// crash, a hang or memory without end is a failure of that page only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tesseract {
    data: LanguageData,
    version: String,
    seconds: u64,
    memory_bytes: u64,
}

impl Tesseract {
    /// Finds the program and checks that it knows the language.
    ///
    /// # Errors
    ///
    /// [`Error::OcrMissing`] when the program or the language is not installed.
    pub fn find(data: &LanguageData, limits: &Limits) -> Result<Self, Error> {
        let run = |argument: &str| {
            let mut command = Command::new(PROGRAM);
            command.arg(argument).arg("--tessdata-dir").arg(data.folder()).stdin(Stdio::null());
            command
                .output()
                .map_err(|error| Error::OcrMissing(format!("the program {PROGRAM} does not run: {error}")))
        };
        let version = run("--version")?;
        // Older versions print it to the error stream.
        let text = [version.stdout, version.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        let version = text
            .lines()
            .find_map(|line| line.strip_prefix("tesseract "))
            .ok_or_else(|| Error::OcrMissing(format!("the program {PROGRAM} does not tell its version")))?;
        let languages = run("--list-langs")?;
        let known = String::from_utf8_lossy(&languages.stdout).lines().any(|line| line.trim() == data.name());
        if !known {
            let (language, folder) = (data.name(), data.folder().display());
            return Err(Error::OcrMissing(format!(
                "{PROGRAM} has no data for the language {language} in {folder}"
            )));
        }
        Ok(Self {
            data: data.clone(),
            version: version.trim().to_owned(),
            seconds: limits.ocr_seconds,
            memory_bytes: limits.ocr_memory_bytes,
        })
    }

    fn start(&self, page: &Gray, layout: &str) -> Result<Child, Error> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::OcrFailed(format!("the program {PROGRAM} does not start: {error}"))
        };
        let image = in_memory(page).map_err(|error| failed(&error))?;
        let dpi = page.dpi.to_string();
        let child = Command::new(PROGRAM)
            .args([IMAGE, "stdout", "-l", self.data.name(), "--psm", layout, "--dpi", &dpi])
            .arg("--tessdata-dir")
            .arg(self.data.folder())
            .args(SETTINGS.iter().chain([&TABLE]).flat_map(|setting| ["-c", *setting]))
            .env("OMP_THREAD_LIMIT", "1")
            .stdin(image)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(&error))?;
        // The image has been decoded and drawn anew by this program: what is limited is the work on it.
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        for (resource, most) in
            [(Resource::As, self.memory_bytes), (Resource::Cpu, self.seconds), (Resource::Core, 0)]
        {
            let limit = Rlimit { current: Some(most), maximum: Some(most) };
            prlimit(pid, resource, limit)
                .map_err(|error| Error::OcrFailed(format!("its limits were refused: {error}")))?;
        }
        Ok(child)
    }

    fn run(&self, page: &Gray, layout: &str) -> Result<String, Error> {
        let failed = |what: &str| Error::OcrFailed(what.to_owned());
        let mut child = self.start(page, layout)?;
        let Some(output) = child.stdout.take() else {
            return Err(failed("its pipe is missing"));
        };
        let deadline = Duration::from_secs(self.seconds);
        let text = thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            scope.spawn(move || {
                let mut text = Vec::new();
                let read = output.take(MOST_OUTPUT_BYTES).read_to_end(&mut text);
                let _ = sender.send(read.map(|_| text));
            });
            let answer = receiver.recv_timeout(deadline);
            if answer.is_err() {
                // Ends the thread: its pipe breaks.
                let _ = child.kill();
            }
            answer
        });
        let status = child.wait().map_err(|error| Error::OcrFailed(error.to_string()))?;
        let text = match text {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => return Err(Error::OcrFailed(error.to_string())),
            Err(_) => return Err(Error::OcrFailed(format!("no answer within {} seconds", self.seconds))),
        };
        if !status.success() {
            return Err(Error::OcrFailed(format!("the program ended with {status}")));
        }
        String::from_utf8(text).map_err(|_| failed("its answer is not UTF-8"))
    }
}

impl Ocr for Tesseract {
    fn name(&self) -> String {
        format!("tesseract {} {}", self.version, self.data.name())
    }

    fn dpi(&self) -> u32 {
        DPI
    }

    fn folders(&self) -> Vec<PathBuf> {
        vec![self.data.folder().to_owned()]
    }

    fn read(&self, page: &Gray) -> Result<Vec<Word>, Error> {
        Ok(words(&self.run(page, PAGE)?))
    }

    fn read_lines(&self, sheet: &Gray) -> Result<Vec<Word>, Error> {
        Ok(words(&self.run(sheet, BLOCK)?))
    }
}

/// The image as a file that is nowhere but in memory.
fn in_memory(page: &Gray) -> std::io::Result<File> {
    let mut file = File::from(memfd_create("page", MemfdFlags::CLOEXEC)?);
    file.write_all(&bitmap(page))?;
    Ok(file)
}

/// The image as a Windows bitmap of 256 grays, which Tesseract's library takes over row by row; what it reads through a
/// pipe, or as PNM, it takes byte by byte, at a seventh of its whole time.
fn bitmap(page: &Gray) -> Vec<u8> {
    const HEADERS: u32 = 14 + 40;
    const PALETTE: u32 = 4 * 256;
    // Rows are filled up to four bytes and go from the bottom up.
    let row = page.width.next_multiple_of(4);
    let bytes = row * page.height;
    let dots_a_metre = (page.dpi * 10_000 + 127) / 254;
    let mut file = Vec::with_capacity(usize_of(HEADERS + PALETTE + bytes));
    file.extend_from_slice(b"BM");
    for word in [HEADERS + PALETTE + bytes, 0, HEADERS + PALETTE, 40, page.width, page.height, 8 << 16 | 1, 0]
    {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for word in [bytes, dots_a_metre, dots_a_metre, 256, 256] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    file.extend((0..=255).flat_map(|level| [level, level, level, 0]));
    let padding = vec![0; usize_of(row - page.width)];
    for samples in page.samples.rchunks_exact(usize_of(page.width)) {
        file.extend_from_slice(samples);
        file.extend_from_slice(&padding);
    }
    file
}

/// The words in Tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
fn words(table: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let (mut line, mut last) = (0, None);
    for row in table.lines() {
        let cells: Vec<&str> = row.splitn(12, '\t').collect();
        let [level, _, block, paragraph, line_number, _, x, y, width, height, confidence, text] =
            cells.as_slice()
        else {
            continue;
        };
        let text = nfc(text.trim());
        // Level 5 is a word.
        if *level != "5" || text.is_empty() {
            continue;
        }
        let number = |cell: &str| cell.parse::<f32>().ok();
        let (Some(x), Some(y), Some(width), Some(height), Some(confidence)) =
            (number(x), number(y), number(width), number(height), number(confidence))
        else {
            continue;
        };
        let place = (block.to_string(), paragraph.to_string(), line_number.to_string());
        if let Some(last) = &last
            && *last != place
        {
            line += 1;
        }
        last = Some(place);
        words.push(Word {
            text,
            place: Area { x, y, width, height },
            confidence: confidence.clamp(0.0, 100.0),
            line,
        });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Native;

    #[test]
    fn words_of_one_line_share_its_number() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
            4\t1\t1\t1\t1\t0\t10\t10\t100\t20\t-1\t\n\
            5\t1\t1\t1\t1\t1\t10\t10\t40\t20\t96.5\tGia\u{302}\u{301}y\n\
            5\t1\t1\t1\t1\t2\t60\t10\t40\t20\t91\tphép\n\
            5\t1\t1\t1\t2\t1\t10\t40\t40\t20\t95\t \n\
            5\t1\t2\t1\t1\t1\t10\t40\t40\t20\t95\txây\n";
        let words = words(table);
        assert_eq!(
            words.iter().map(|word| (word.text.as_str(), word.line)).collect::<Vec<_>>(),
            [("Giấy", 0), ("phép", 0), ("xây", 1)]
        );
        assert_eq!(words[0].place.width, 40.0);
    }

    #[test]
    fn language_data_may_lie_anywhere_and_have_a_name_with_a_dot() {
        let folder = tempfile::tempdir().unwrap();
        let data = LanguageData::new(folder.path(), "vie.old");
        std::fs::copy(LanguageData::default().file(), data.file()).unwrap();
        let page = Gray { width: 200, height: 200, dpi: 200, samples: vec![255; 40_000] };
        let tesseract = Tesseract::find(&data, &Limits::default()).unwrap();
        assert!(tesseract.name().ends_with(" vie.old"), "{}", tesseract.name());
        assert_eq!(tesseract.read(&page).unwrap(), []);
        assert_eq!(Native::open(&data).unwrap().read(&page).unwrap(), []);
    }

    #[test]
    fn a_language_that_is_not_installed_is_missing() {
        let error =
            Tesseract::find(&LanguageData::new(LanguageData::DEBIAN, "nosuchlanguage"), &Limits::default())
                .unwrap_err();
        assert_eq!(error.code(), "ocr-missing");
    }
}
