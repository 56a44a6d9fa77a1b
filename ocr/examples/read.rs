//! Reads pages of 300 dots an inch, upright and straight: `read LANGUAGE_DATA IMAGE...` prints the lines of each with their places,
//! and to the error stream how long each page took.

use std::time::Instant;

use anyhow::Context;
use muniment_ocr::{Area, Line, Picture, Reader};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().context("usage: read LANGUAGE_DATA IMAGE...")?;
    let reader = Reader::open(data.as_ref())?;
    eprintln!("computed with {}", reader.instructions());
    for path in arguments {
        let image = image::open(&path).with_context(|| format!("failed to open {path}"))?.to_rgb8();
        // Red ink, as of stamps, is white on this channel.
        let samples: Vec<u8> = image.pixels().map(|pixel| pixel.0[0]).collect();
        let (width, height) = (usize::try_from(image.width())?, usize::try_from(image.height())?);
        let page = Picture { width, height, dpi: 300.0, samples: &samples };
        let started = Instant::now();
        let lines = reader.read(&page);
        eprintln!("{path}: {:.3} s", started.elapsed().as_secs_f32());
        for Line { area: Area { left, top, right, bottom }, words } in lines {
            let text: Vec<String> = words.into_iter().map(|word| word.text).collect();
            println!("{left:.0},{top:.0} {right:.0},{bottom:.0}\t{}", text.join(" "));
        }
    }
    Ok(())
}
