//! PNG (ISO/IEC 15948), down to 8-bit gray or RGB on white paper.

use std::io::Cursor;

use png::{ColorType, Decoder, Transformations, Unit};

use super::PageImage;
use crate::raster::{Channels, Orientation, Raster};
use crate::{Error, Limits};

/// Reads the header: width and height.
pub(crate) fn header(name: &str, bytes: &[u8], limits: &Limits) -> Result<(u32, u32), Error> {
    // The header chunk comes first and has a fixed place (ISO/IEC 15948, 11.2.2).
    let chunk = bytes.get(12..24).ok_or_else(|| Error::Truncated {
        name: name.to_owned(),
        detail: "the header chunk is incomplete".to_owned(),
    })?;
    let number = |at: usize| u32::from_be_bytes([chunk[at], chunk[at + 1], chunk[at + 2], chunk[at + 3]]);
    let (width, height) = (number(4), number(8));
    if &chunk[..4] != b"IHDR" || width == 0 || height == 0 {
        return Err(Error::Damaged {
            name: name.to_owned(),
            detail: format!("a header of {width} x {height} pixels"),
        });
    }
    super::check_pixels(name, width, height, limits)?;
    // The last chunk is IEND (11.2.5); a file without it was cut.
    if !bytes.windows(4).rev().take(1 << 16).any(|window| window == b"IEND") {
        return Err(Error::Truncated {
            name: name.to_owned(),
            detail: "the end chunk is missing".to_owned(),
        });
    }
    Ok((width, height))
}

/// Decodes the image; transparent parts show white paper.
pub(crate) fn load(name: &str, bytes: &[u8], limits: &Limits) -> Result<PageImage, Error> {
    let (width, height) = header(name, bytes, limits)?;
    let failed = |error: png::DecodingError| match error {
        png::DecodingError::IoError(_) => {
            Error::Truncated { name: name.to_owned(), detail: "its image data ends early".to_owned() }
        }
        other => Error::Damaged { name: name.to_owned(), detail: other.to_string() },
    };
    let mut decoder = Decoder::new(Cursor::new(bytes));
    decoder.set_limits(png::Limits { bytes: usize::try_from(limits.expanded_bytes).unwrap_or(usize::MAX) });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(failed)?;
    let dpi = reader.info().pixel_dims.and_then(|dims| {
        let inches = |per_metre: u32| per_metre as f32 * 0.0254;
        (dims.unit == Unit::Meter).then(|| (inches(dims.xppu), inches(dims.yppu)))
    });
    let bilevel =
        reader.info().bit_depth == png::BitDepth::One && reader.info().color_type == ColorType::Grayscale;
    let expanded = reader.output_buffer_size().filter(|&bytes| bytes as u64 <= limits.expanded_bytes);
    let mut samples = vec![
        0;
        expanded.ok_or_else(|| Error::TooLarge {
            name: name.to_owned(),
            detail: format!(
                "an image of {width} x {height} pixels expands beyond {} bytes",
                limits.expanded_bytes
            ),
        })?
    ];
    let frame = reader.next_frame(&mut samples).map_err(failed)?;
    samples.truncate(frame.buffer_size());
    let (channels, samples) = match frame.color_type {
        ColorType::Grayscale => (Channels::Gray, samples),
        ColorType::Rgb => (Channels::Rgb, samples),
        ColorType::GrayscaleAlpha => (Channels::Gray, on_white::<1>(&samples)),
        ColorType::Rgba => (Channels::Rgb, on_white::<3>(&samples)),
        ColorType::Indexed => {
            return Err(Error::Damaged {
                name: name.to_owned(),
                detail: "its palette is missing".to_owned(),
            });
        }
    };
    Ok(PageImage {
        raster: Raster::new(name, width, height, channels, samples)?,
        dpi,
        bilevel,
        jpeg: None,
        orientation: Orientation::UPRIGHT,
    })
}

/// Lays `COLOURS` samples and one of opacity on white.
pub(super) fn on_white<const COLOURS: usize>(samples: &[u8]) -> Vec<u8> {
    samples
        .chunks_exact(COLOURS + 1)
        .flat_map(|pixel| {
            let opacity = u16::from(pixel[COLOURS]);
            let mut laid = [0; COLOURS];
            for (laid, &sample) in laid.iter_mut().zip(pixel) {
                let mixed = (u16::from(sample) * opacity + 255 * (255 - opacity) + 127) / 255;
                *laid = u8::try_from(mixed).unwrap_or(u8::MAX);
            }
            laid
        })
        .collect()
}
