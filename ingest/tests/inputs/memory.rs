//! Memory that long documents take.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use muniment_ingest::contained::{CHILD_ARGUMENT, Contained, Job};
use muniment_ingest::{Monitor, Options, Profile, inspect, prepare};
use muniment_record::Scan;

use crate::make::deflate;

/// A4 at 300 dots an inch.
const WIDTH: usize = 2480;
const HEIGHT: usize = 3508;

/// The most memory that a document may take, whatever its number of pages.
const MOST_BYTES: u64 = 400 << 20;

/// Pages of a test document; `scripts/soak.sh` asks for a thousand.
fn pages() -> usize {
    std::env::var("MEMORY_PAGES").map_or(24, |pages| pages.parse().unwrap())
}

/// A colour page with strokes like lines of text and the grain of paper.
fn page() -> Vec<u8> {
    let mut grain = 1_u32;
    let mut samples = Vec::with_capacity(WIDTH * HEIGHT * 3);
    for at in 0..WIDTH * HEIGHT {
        let (x, y) = (at % WIDTH, at / WIDTH);
        grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = u8::try_from(grain >> 29).unwrap();
        let is_ink = x % 24 < 5 && y % 60 < 28 && x > 300 && x < 2200 && y > 300;
        let is_stamp = x.abs_diff(1700).pow(2) + y.abs_diff(2800).pow(2) < 90_000 && (x + y) % 40 < 12;
        samples.extend(match (is_ink, is_stamp) {
            (true, _) => [30 + noise, 28 + noise, 35],
            (_, true) => [205, 40 + noise, 50 + noise],
            _ => [232 + noise, 228 + noise, 215 + noise],
        });
    }
    samples
}

/// The page as a JPEG, out of a document that keeps it faithfully.
fn jpeg(folder: &Path) -> Vec<u8> {
    let path = folder.join("page.png");
    let mut encoder = png::Encoder::new(
        BufWriter::new(File::create(&path).unwrap()),
        u32::try_from(WIDTH).unwrap(),
        u32::try_from(HEIGHT).unwrap(),
    );
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header().unwrap().write_image_data(&page()).unwrap();
    let scan = Scan { name: "page".to_owned(), files: vec![path] };
    let options = Options { profile: Profile::Faithful, ..Options::default() };
    let inspection = inspect(&scan, &options.limits).unwrap();
    let made = prepare(&scan, inspection, "x", folder, &options, None, &()).unwrap();
    let pdf = fs::read(&made.pdf).unwrap();
    fs::remove_file(made.pdf).unwrap();
    let start = pdf.windows(3).position(|window| window == [0xff, 0xd8, 0xff]).unwrap();
    let length = pdf[start..].windows(10).position(|window| window == b"\nendstream").unwrap();
    pdf[start..start + length].to_vec()
}

/// A PDF whose pages each have a JPEG of their own.
fn write_pdf(path: &Path, jpeg: &[u8], pages: usize) {
    let mut out = BufWriter::new(File::create(path).unwrap());
    let mut at = 0;
    let mut offsets = Vec::new();
    let mut put = |bytes: &[u8], is_object: bool| {
        if is_object {
            offsets.push(at);
        }
        out.write_all(bytes).unwrap();
        at += bytes.len();
    };
    put(b"%PDF-1.7\n", false);
    put(b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n", true);
    let kids: String = (0..pages).map(|page| format!("{} 0 R ", 3 + page * 3)).collect();
    put(format!("2 0 obj\n<</Type/Pages/Count {pages}/Kids[{kids}]>>\nendobj\n").as_bytes(), true);
    for page in 0..pages {
        let number = 3 + page * 3;
        let (content, image) = (number + 1, number + 2);
        let body = format!(
            "{number} 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.2 841.92]/Contents {content} 0 R\
             /Resources<</XObject<</I {image} 0 R>>>>>>\nendobj\n"
        );
        put(body.as_bytes(), true);
        let paint = "q 595.2 0 0 841.92 0 0 cm/I Do Q";
        let length = paint.len();
        put(
            format!("{content} 0 obj\n<</Length {length}>>\nstream\n{paint}\nendstream\nendobj\n").as_bytes(),
            true,
        );
        let head = format!(
            "{image} 0 obj\n<</Type/XObject/Subtype/Image/Width {WIDTH}/Height {HEIGHT}/ColorSpace/DeviceRGB\
             /BitsPerComponent 8/Filter/DCTDecode/Length {}>>\nstream\n",
            jpeg.len()
        );
        put(head.as_bytes(), true);
        put(jpeg, false);
        put(b"\nendstream\nendobj\n", false);
    }
    let (start, size) = (at, offsets.len() + 1);
    let entries: String = offsets.iter().map(|offset| format!("{offset:010} 00000 n \n")).collect();
    write!(
        out,
        "xref\n0 {size}\n0000000000 65535 f \n{entries}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
    )
    .unwrap();
    out.flush().unwrap();
}

/// A TIFF whose pages share their one strip.
fn write_tiff(path: &Path, pages: usize) {
    let strip = deflate(&page());
    let mut out = BufWriter::new(File::create(path).unwrap());
    let directory = |at: usize| u32::try_from(at.next_multiple_of(2)).unwrap();
    let number = |value: usize| u32::try_from(value).unwrap();
    // The three depths stand behind the header.
    let mut at = 14 + strip.len();
    out.write_all(b"II*\0").unwrap();
    out.write_all(&directory(at).to_le_bytes()).unwrap();
    out.write_all(&[8, 0, 8, 0, 8, 0]).unwrap();
    out.write_all(&strip).unwrap();
    for page in 0..pages {
        out.write_all(&[0][..at.next_multiple_of(2) - at]).unwrap();
        at = at.next_multiple_of(2);
        let entries: [(u16, u32, u32); 9] = [
            (256, 1, number(WIDTH)),
            (257, 1, number(HEIGHT)),
            (258, 3, 8),
            (259, 1, 8),
            (262, 1, 2),
            (273, 1, 14),
            (277, 1, 3),
            (278, 1, number(HEIGHT)),
            (279, 1, number(strip.len())),
        ];
        out.write_all(&9_u16.to_le_bytes()).unwrap();
        for (tag, count, value) in entries {
            // Depths are short, all else long.
            let kind: u16 = if tag == 258 { 3 } else { 4 };
            out.write_all(&tag.to_le_bytes()).unwrap();
            out.write_all(&kind.to_le_bytes()).unwrap();
            out.write_all(&count.to_le_bytes()).unwrap();
            out.write_all(&value.to_le_bytes()).unwrap();
        }
        at += 2 + 9 * 12 + 4;
        let next = if page + 1 == pages { 0 } else { directory(at) };
        out.write_all(&next.to_le_bytes()).unwrap();
    }
    out.flush().unwrap();
}

/// Watches the memory of this process's children.
#[derive(Default)]
struct Watch {
    most_bytes: AtomicU64,
}

impl Watch {
    fn look(&self) {
        let me = format!("PPid:\t{}", std::process::id());
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let read = |name| fs::read_to_string(entry.path().join(name)).unwrap_or_default();
            // Until it has become another program, a child shows its parent's memory.
            if !read("cmdline").contains(CHILD_ARGUMENT) {
                continue;
            }
            let status = read("status");
            let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
            let peak =
                line("VmHWM:").and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
            if let Some(peak) = peak.filter(|_| status.lines().any(|line| line == me)) {
                self.most_bytes.fetch_max(peak << 10, Ordering::Relaxed);
            }
        }
    }
}

impl Monitor for Watch {
    fn page_done(&self, _: u32, _: u32) {
        self.look();
    }
}

/// The most memory that children took for the document at `path`.
fn peak(path: &Path, profile: Profile, threads: usize) -> u64 {
    let scan = Scan { name: "long".to_owned(), files: vec![path.to_owned()] };
    let options = Options { profile, threads, ..Options::default() };
    let contained = Contained::new(env!("CARGO_BIN_EXE_misbehave"));
    let watch = Watch::default();
    let inspection = std::thread::scope(|scope| {
        let inspecting = scope.spawn(|| contained.inspect(&scan, &options.limits).unwrap());
        while !inspecting.is_finished() {
            watch.look();
            // Often enough to see a peak, seldom enough not to be one.
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        inspecting.join().unwrap()
    });
    let inspecting = watch.most_bytes.load(Ordering::Relaxed);
    assert_eq!(usize::try_from(inspection.pages), Ok(pages()));
    let staging = tempfile::tempdir_in(path.parent().unwrap()).unwrap();
    let staging = staging.path();
    let job = Job { scan: &scan, inspection, title: "Giấy phép", staging, options: &options, ocr: None };
    contained.prepare(job, &watch).unwrap();
    let most = watch.most_bytes.load(Ordering::Relaxed);
    let bytes = path.metadata().unwrap().len();
    println!(
        "{}: {bytes} bytes, {}: {} MiB to inspect, {} MiB at most",
        path.display(),
        profile.name(),
        inspecting >> 20,
        most >> 20
    );
    most
}

#[test]
fn a_long_document_takes_no_more_memory_than_a_short_one() {
    let folder = tempfile::tempdir().unwrap();
    let [pdf, tiff] = ["long.pdf", "long.tif"].map(|name| folder.path().join(name));
    write_pdf(&pdf, &jpeg(folder.path()), pages());
    write_tiff(&tiff, pages());
    for path in [pdf, tiff] {
        let most = peak(&path, Profile::Compact, usize::MAX);
        assert!(most > 20 << 20, "{most} bytes are less than a page: the child was not seen");
        assert!(most <= MOST_BYTES, "{}: {most} bytes", path.display());
    }
}
