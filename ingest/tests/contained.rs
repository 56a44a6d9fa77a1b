//! Children and their walls, tried with a program that misbehaves.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its fixture has failed")]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use muniment_ingest::contained::{Contained, FileAccess, Job};
use muniment_ingest::{Error, Limits, Options, inspect, prepare};
use muniment_record::{Package, Scan};

fn misbehaving() -> Contained {
    Contained::new(env!("CARGO_BIN_EXE_misbehave"))
}

/// A scan of one gray page with strokes on it.
struct House {
    folder: tempfile::TempDir,
    scan: Scan,
}

impl House {
    fn new(width: u32, height: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.png");
        fs::write(&path, png(width, height)).unwrap();
        fs::create_dir(folder.path().join("staging")).unwrap();
        Self { scan: Scan { name: "page".to_owned(), files: vec![path] }, folder }
    }

    fn staging(&self) -> PathBuf {
        self.folder.path().join("staging")
    }

    /// Prepares the scan while the recogniser does a deed.
    fn prepare(&self, deed: &str, limits: &Limits) -> Result<Package, Error> {
        let contained = misbehaving();
        let inspection = contained.inspect(&self.scan, limits)?;
        let options = Options { limits: limits.clone(), threads: 1, ..Options::default() };
        let staging = self.staging();
        let job = Job {
            scan: &self.scan,
            inspection,
            title: "Giấy phép",
            staging: &staging,
            options: &options,
            ocr: Some(deed),
        };
        contained.prepare(job, &())
    }

    /// What came of a deed that the recogniser tried to do.
    fn attempt(&self, deed: &str) -> String {
        let package = self.prepare(deed, &Limits::default()).unwrap();
        let text = package.pages[0].text.clone();
        fs::remove_file(package.pdf).unwrap();
        text
    }
}

#[test]
fn a_page_is_shown_as_it_is_without_walls() {
    let house = House::new(400, 600);
    let pdf = fs::read(house.prepare("words", &Limits::default()).unwrap().pdf).unwrap();
    let limits = Limits { page_seconds: 10, ..Limits::default() };
    let shown = misbehaving().render(&pdf, 1, 300, &limits).unwrap();
    assert_eq!(shown, muniment_ingest::render_page(&pdf, 1, 300).unwrap());
    let missing = misbehaving().render(&pdf, 2, 300, &limits).unwrap_err();
    assert_eq!(missing.code(), "no-such-page");
    let cut = misbehaving().render(&pdf[..200], 1, 300, &limits).unwrap_err();
    assert_ne!(cut.code(), "internal", "{cut}");
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_compression(png::Compression::Fast);
    let ink = |x: u32, y: u32| x % 24 < 5 && y % 60 < 28 && x > width / 8 && y > height / 8;
    let samples: Vec<u8> =
        (0..height).flat_map(|y| (0..width).map(move |x| if ink(x, y) { 30 } else { 235 })).collect();
    encoder.write_header().unwrap().write_image_data(&samples).unwrap();
    file
}

#[test]
fn a_child_makes_what_its_parent_would_make() {
    let house = House::new(620, 877);
    let contained = house.prepare("word", &Limits::default()).unwrap();
    assert_eq!(contained.pages[0].text, "word");
    let child = misbehaving();
    let seen = child.inspect(&house.scan, &Limits::default()).unwrap();
    assert_eq!(seen, inspect(&house.scan, &Limits::default()).unwrap());

    let options = Options { threads: 1, ..Options::default() };
    let folder = tempfile::tempdir().unwrap();
    let alone = prepare(&house.scan, seen, "Giấy phép", folder.path(), &options, None, &()).unwrap();
    assert_eq!((&alone.sources, alone.form), (&contained.sources, contained.form));
    fs::remove_file(&contained.pdf).unwrap();
    let staging = house.staging();
    let inspection = child.inspect(&house.scan, &options.limits).unwrap();
    let job = Job {
        scan: &house.scan,
        inspection,
        title: "Giấy phép",
        staging: &staging,
        options: &options,
        ocr: None,
    };
    let contained = child.prepare(job, &()).unwrap();
    assert_eq!((&contained.pages, &contained.provenance), (&alone.pages, &alone.provenance));
    assert_eq!(fs::read(contained.pdf).unwrap(), fs::read(alone.pdf).unwrap());
}

#[test]
fn a_child_reaches_nothing_but_its_document() {
    let walls = misbehaving().check(&Limits::default()).unwrap();
    assert!(walls.network_closed, "{walls}");
    let house = House::new(620, 877);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    assert_eq!(house.attempt(&format!("connect:{address}")), "refused");
    // The recogniser is a program, so programs of the system must run.
    assert_eq!(house.attempt("run:true"), "done");
    if walls.files == FileAccess::Open {
        eprintln!("this kernel has no Landlock: access to files is not narrowed");
        return;
    }
    let beside = house.folder.path().join("beside");
    fs::write(&beside, "a neighbour").unwrap();
    assert_eq!(house.attempt(&format!("read:{}", beside.display())), "refused");
    assert_eq!(house.attempt(&format!("write:{}", beside.display())), "refused");
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("vie"), "what the recogniser knows").unwrap();
    let known = data.path().join("vie");
    assert_eq!(house.attempt(&format!("read:{}", known.display())), "refused");
    assert_eq!(house.attempt(&format!("read-known:{}", known.display())), "done");
    let source = house.scan.files[0].display().to_string();
    assert_eq!(house.attempt(&format!("read:{source}")), "done");
    assert_eq!(house.attempt(&format!("write:{source}")), "refused");
    assert_eq!(house.attempt("read:/etc/passwd"), "refused");
    let mine = house.staging().join("mine");
    assert_eq!(house.attempt(&format!("write:{}", mine.display())), "done");
}

#[test]
fn however_a_child_ends_it_is_one_failure_with_a_code() {
    let house = House::new(620, 877);
    let small = Limits { memory_bytes: 256 << 20, page_seconds: 2, ..Limits::default() };
    let table = [
        ("abort", "crashed"),
        ("leave", "crashed"),
        ("babble", "crashed"),
        ("hoard", "too-much-memory"),
        ("spin", "too-slow"),
        ("a good deed", "done"),
    ];
    for (deed, expected) in table {
        let started = Instant::now();
        let code = house.prepare(deed, &small).map_or_else(|error| error.code(), |_| "done");
        assert_eq!(code, expected, "{deed}");
        assert!(started.elapsed() < Duration::from_secs(20), "{deed}");
        let _ = fs::remove_file(house.staging().join("prepared.pdf"));
    }
}

#[test]
fn a_child_that_hangs_is_ended_with_all_that_it_started() {
    let house = House::new(620, 877);
    let note = house.staging().join("note");
    let limits = Limits { page_seconds: 1, ..Limits::default() };
    let error = house.prepare(&format!("hang:{}", note.display()), &limits).unwrap_err();
    assert_eq!(error.code(), "too-slow");
    let grandchild: u32 = fs::read_to_string(&note).unwrap().parse().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_running(grandchild) {
        assert!(Instant::now() < deadline, "process {grandchild} is still running");
        std::thread::yield_now();
    }
}

/// Whether a process runs; one that nobody has waited for yet does not.
fn is_running(process: u32) -> bool {
    let status = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat"));
    status.is_ok_and(|status| !status.contains(") Z "))
}

#[test]
fn a_page_that_needs_more_than_the_limits_is_refused() {
    let house = House::new(6000, 6000);
    let tight = Limits { memory_bytes: 40 << 20, ..Limits::default() };
    assert_eq!(house.prepare("word", &tight).unwrap_err().code(), "too-much-memory");
    let _ = fs::remove_file(house.staging().join("prepared.pdf"));
    let narrow = Limits { output_bytes: 1000, ..Limits::default() };
    assert_eq!(house.prepare("word", &narrow).unwrap_err().code(), "too-large");
}

#[test]
fn a_program_that_cannot_be_started_is_not_the_documents_fault() {
    let house = House::new(62, 87);
    let nothing = Contained::new("/nonexistent/program");
    assert_eq!(nothing.inspect(&house.scan, &Limits::default()).unwrap_err().code(), "not-contained");
}
