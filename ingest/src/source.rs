//! The files of a scan, told apart by their first bytes and read page by page.

pub(crate) mod ccitt;
pub(crate) mod exif;
pub(crate) mod expand;
pub(crate) mod held;
#[cfg(test)]
mod hostile;
pub(crate) mod jpeg;
pub(crate) mod pdf;
pub(crate) mod png;
pub(crate) mod tiff;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use crate::raster::{Orientation, Raster, usize_of};
use crate::{Error, Limits};

/// The formats that are taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Format {
    Jpeg,
    Png,
    Tiff,
    Pdf,
}

impl Format {
    /// Tells the format from a file's first kilobyte; its name is not asked.
    pub(crate) fn sniff(start: &[u8]) -> Option<Self> {
        // ISO 32000-1, annex H, implementation note 13: the header may stand anywhere in the first 1024 bytes.
        let pdf = || start.windows(5).take(1024).any(|window| window == b"%PDF-");
        if start.starts_with(&[0xff, 0xd8, 0xff]) {
            Some(Self::Jpeg)
        } else if start.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if start.starts_with(b"II*\0")
            || start.starts_with(b"MM\0*")
            || start.starts_with(b"II+\0\x08\0\0\0")
            || start.starts_with(b"MM\0+\0\x08\0\0")
        {
            Some(Self::Tiff)
        } else if pdf() {
            Some(Self::Pdf)
        } else {
            None
        }
    }

    /// The format whose media type this is.
    pub(crate) fn from_media_type(media_type: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Tiff, Self::Pdf]
            .into_iter()
            .find(|format| format.media_type() == media_type)
    }

    /// Its registered media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
            Self::Pdf => "application/pdf",
        }
    }
}

/// One page as its file shows it.
#[derive(Clone, Debug)]
pub(crate) struct PageImage {
    /// The pixels as stored.
    pub(crate) raster: Raster,
    /// Resolution across and down, as stored, in dots an inch; absent where the file does not say.
    pub(crate) dpi: Option<(f32, f32)>,
    /// Whether the file stores one bit a pixel.
    pub(crate) bilevel: bool,
    /// A JPEG stream that a PDF reader shows as exactly these pixels.
    pub(crate) jpeg: Option<Vec<u8>>,
    /// How the stored pixels have to be turned.
    pub(crate) orientation: Orientation,
}

/// Checks a page's pixel count before memory is taken for it.
pub(crate) fn check_pixels(name: &str, width: u32, height: u32, limits: &Limits) -> Result<(), Error> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits.page_pixels {
        return Err(Error::TooLarge {
            name: name.to_owned(),
            detail: format!("a page of {width} x {height} pixels, over the limit of {}", limits.page_pixels),
        });
    }
    // JPEG counts a side in 16 bits (ITU-T T.81, B.2.2), and buffers below hold up to eight bytes a pixel.
    match usize_of(width).checked_mul(usize_of(height)).and_then(|pixels| pixels.checked_mul(8)) {
        Some(_) if width <= 65_500 && height <= 65_500 => Ok(()),
        _ => Err(Error::TooLarge {
            name: name.to_owned(),
            detail: format!("a page of {width} x {height} pixels"),
        }),
    }
}

/// Runs a parser that others wrote on bytes that anybody may have written.
///
/// The parsers below this crate are written to return errors, yet a hostile file may still find an index out of range
/// or an overflow in one. Such a panic is about that file only: it is caught here and becomes [`Error::Damaged`], so
/// that the batch goes on. Nothing touched by the parser is used afterwards.
pub(crate) fn contained<T>(name: &str, parse: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(parse)).unwrap_or_else(|_| {
        Err(Error::Damaged { name: name.to_owned(), detail: "its content stopped a parser".to_owned() })
    })
}

/// Says which file a failure of something in it belongs to.
pub(crate) fn within<T>(name: &str, result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|error| error.within(name))
}

/// A resolution that can be true of a scanner or a camera; others are taken for absent.
pub(crate) fn plausible_dpi(dpi: Option<(f32, f32)>) -> Option<(f32, f32)> {
    dpi.filter(|&(x, y)| (50.0..=2400.0).contains(&x) && (50.0..=2400.0).contains(&y))
}
