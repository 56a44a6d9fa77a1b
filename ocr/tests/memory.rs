//! What reading takes of memory, counted as it is asked for, has a bound that the data and the picture cannot lift.

#![allow(unsafe_code, reason = "memory can only be counted where it is given out")]
#![expect(clippy::unwrap_used, reason = "a test that cannot make its fixture has failed")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use muniment_ocr::{Error, Picture, Reader};

const DATA: &str = "/usr/share/tesseract-ocr/5/tessdata/vie.traineddata";
const MB: usize = 1 << 20;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What some work gives, and the bytes that were held during it, at most, beside those before.
fn counted<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let given = work();
    (given, MOST.load(Ordering::Relaxed) - before)
}

fn read(reader: &Reader, width: usize, height: usize, sample: impl Fn(usize, usize) -> u8) -> usize {
    let samples: Vec<u8> = (0..width * height).map(|at| sample(at % width, at / width)).collect();
    let (_, most) = counted(|| reader.read(&Picture { width, height, dpi: 300.0, samples: &samples }));
    most
}

/// The network's component of a file, and where it begins.
fn network(file: &[u8]) -> usize {
    let offset = &file[4 + 8 * 17..][..8];
    usize::try_from(u64::from_le_bytes(offset.try_into().unwrap())).unwrap()
}

/// Writes a number behind the name of the first layer of a kind, so many bytes further on.
fn with_number(file: &[u8], kind: &str, skipped: usize, number: i32) -> Vec<u8> {
    let start = network(file);
    let at = file[start..].windows(kind.len()).position(|bytes| bytes == kind.as_bytes()).unwrap();
    let at = start + at + kind.len() + skipped;
    let mut changed = file.to_vec();
    changed[at..at + 4].copy_from_slice(&number.to_le_bytes());
    changed
}

// One test: what is counted is of the whole process.
#[test]
fn memory_has_a_bound() {
    let file = std::fs::read(DATA).unwrap();
    let (reader, most) = counted(|| Reader::from_bytes(&file).unwrap());
    assert!(most < 8 * MB, "{most} bytes for {} of data", file.len());

    for (name, width, height) in [("a page", 2480, 3508), ("wide", 20_000, 400), ("high", 400, 20_000)] {
        let noise = |x: usize, y: usize| {
            let mixed = (x * 0x9e37 + y * 0x85eb_ca6b).wrapping_mul(0xc2b2_ae35_27d4_eb4f);
            (mixed >> 40) as u8
        };
        let pictures: [(&str, usize); 8] = [
            ("white", read(&reader, width, height, |_, _| 255)),
            ("black", read(&reader, width, height, |_, _| 0)),
            ("noise", read(&reader, width, height, noise)),
            ("dots", read(&reader, width, height, |x, y| if noise(x / 4, y / 4) < 20 { 0 } else { 255 })),
            ("upright stripes", read(&reader, width, height, |x, _| if x % 4 < 2 { 0 } else { 255 })),
            ("level stripes", read(&reader, width, height, |_, y| if y % 4 < 2 { 0 } else { 255 })),
            ("stripes of a pixel", read(&reader, width, height, |x, _| if x % 2 == 0 { 0 } else { 255 })),
            ("bars", read(&reader, width, height, |x, y| if x % 24 < 14 && y % 60 < 30 { 0 } else { 255 })),
        ];
        for (picture, most) in pictures {
            let bound = 32 * MB + 8 * width * height;
            assert!(most <= bound, "{name}, {picture}: {most} bytes, bound {bound}");
        }
    }

    // Where the numbers of a layer stand behind its name: flags, inputs and outputs, what it is made of.
    let hostile = [
        with_number(&file, "Input", 22 + 4, 256),
        with_number(&file, "Maxpool", 22, 1),
        with_number(&file, "Softmax", 10, 4096),
    ];
    for data in hostile {
        let (reader, most) = counted(|| Reader::from_bytes(&data));
        assert!(most < 32 * MB, "{most} bytes for hostile data");
        match reader {
            Ok(reader) => {
                let most =
                    read(&reader, 2000, 40, |x, y| if x % 24 < 14 && y > 8 && y < 32 { 0 } else { 255 });
                assert!(most < 128 * MB, "{most} bytes for a line");
            }
            Err(error) => assert!(matches!(error, Error::Damaged(_) | Error::Unsupported(_))),
        }
    }
}
