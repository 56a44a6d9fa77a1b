use crate::{Error, Gray};

/// A page's pixels, 8 bits a sample, rows from the top without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raster {
    /// Width in pixels.
    pub(crate) width: u32,
    /// Height in pixels.
    pub(crate) height: u32,
    /// Samples of one pixel.
    pub(crate) channels: Channels,
    /// `width * height * channels` samples.
    pub(crate) samples: Vec<u8>,
}

/// The samples of one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channels {
    /// Luminance.
    Gray,
    /// sRGB.
    Rgb,
}

impl Channels {
    /// Samples a pixel.
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
        }
    }

    /// The name of the colour space in PDF (ISO 32000-1, 8.6.4).
    pub(crate) const fn colour_space(self) -> &'static str {
        match self {
            Self::Gray => "DeviceGray",
            Self::Rgb => "DeviceRGB",
        }
    }
}

impl Raster {
    /// Takes decoded samples; a decoder that delivered another amount has failed.
    pub(crate) fn new(
        name: &str,
        width: u32,
        height: u32,
        channels: Channels,
        samples: Vec<u8>,
    ) -> Result<Self, Error> {
        let expected = usize_of(width) * usize_of(height) * channels.count();
        if width == 0 || height == 0 || samples.len() != expected {
            return Err(Error::Damaged {
                name: name.to_owned(),
                detail: format!("{} samples where {width} x {height} need {expected}", samples.len()),
            });
        }
        Ok(Self { width, height, channels, samples })
    }

    /// The channel in which ink is read: red, where a red stamp all but disappears from the letters under it.
    pub(crate) fn red(&self, dpi: u32) -> Gray {
        let samples = match self.channels {
            Channels::Gray => self.samples.clone(),
            Channels::Rgb => self.samples.chunks_exact(3).map(|pixel| pixel[0]).collect(),
        };
        Gray { width: self.width, height: self.height, dpi, samples }
    }

    /// The image as seen after `orientation` is applied.
    pub(crate) fn oriented(self, orientation: Orientation) -> Self {
        if orientation == Orientation::UPRIGHT {
            return self;
        }
        let (width, height) = orientation.size(self.width, self.height);
        let count = self.channels.count();
        let mut samples = Vec::with_capacity(self.samples.len());
        for y in 0..height {
            for x in 0..width {
                let (from_x, from_y) = orientation.stored(x, y, self.width, self.height);
                let at = (usize_of(from_y) * usize_of(self.width) + usize_of(from_x)) * count;
                samples.extend_from_slice(&self.samples[at..at + count]);
            }
        }
        Self { width, height, channels: self.channels, samples }
    }
}

/// How stored pixels have to be turned to be seen as meant: the eight cases of Exif tag 274 (Exif 2.32, 4.6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Orientation {
    /// Whether the stored rows run along the columns that are seen.
    swapped: bool,
    /// Whether columns are counted from the far side, after swapping.
    mirror_x: bool,
    /// Whether rows are counted from the far side, after swapping.
    mirror_y: bool,
}

impl Orientation {
    /// Nothing to turn.
    pub(crate) const UPRIGHT: Self = Self { swapped: false, mirror_x: false, mirror_y: false };

    /// The value of the Exif tag; unknown ones mean upright.
    pub(crate) const fn from_exif(value: u16) -> Self {
        let (swapped, mirror_x, mirror_y) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { swapped, mirror_x, mirror_y }
    }

    /// The size as seen of an image stored at this size.
    pub(crate) const fn size(self, width: u32, height: u32) -> (u32, u32) {
        if self.swapped { (height, width) } else { (width, height) }
    }

    /// The stored pixel that is seen at `(x, y)`.
    fn stored(self, x: u32, y: u32, width: u32, height: u32) -> (u32, u32) {
        let (seen_width, seen_height) = self.size(width, height);
        let x = if self.mirror_x { seen_width - 1 - x } else { x };
        let y = if self.mirror_y { seen_height - 1 - y } else { y };
        if self.swapped { (y, x) } else { (x, y) }
    }

    /// The matrix that paints the stored image as seen onto a page of this size in points.
    pub(crate) fn matrix(self, width: f32, height: f32) -> [f32; 6] {
        // The image's unit square has its origin at the bottom left and stored row 0 at the top (ISO 32000-1, 8.9.5.1).
        // Stored corner (0 or 1, 0 or 1), y down, to the place where it is seen.
        let seen = |sx: f32, sy: f32| {
            let (x, y) = if self.swapped { (sy, sx) } else { (sx, sy) };
            let x = if self.mirror_x { 1.0 - x } else { x };
            let y = if self.mirror_y { 1.0 - y } else { y };
            (x * width, (1.0 - y) * height)
        };
        let origin = seen(0.0, 1.0);
        let right = seen(1.0, 1.0);
        let up = seen(0.0, 0.0);
        [right.0 - origin.0, right.1 - origin.1, up.0 - origin.0, up.1 - origin.1, origin.0, origin.1]
    }
}

/// Widens a pixel count; every platform that this crate builds for has at least 32-bit addresses.
pub(crate) const fn usize_of(value: u32) -> usize {
    value as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(orientation: u16) -> Vec<u8> {
        // Stored:  a b
        //          c d
        //          e f
        let raster = Raster::new("test", 2, 3, Channels::Gray, b"abcdef".to_vec()).unwrap();
        raster.oriented(Orientation::from_exif(orientation)).samples
    }

    #[test]
    fn every_exif_orientation_turns_as_the_standard_draws_it() {
        assert_eq!(letters(1), b"abcdef");
        assert_eq!(letters(2), b"badcfe");
        assert_eq!(letters(3), b"fedcba");
        assert_eq!(letters(4), b"efcdab");
        assert_eq!(letters(5), b"acebdf");
        assert_eq!(letters(6), b"ecafdb");
        assert_eq!(letters(7), b"fdbeca");
        assert_eq!(letters(8), b"bdface");
    }

    #[test]
    fn the_matrix_of_a_quarter_turn_swaps_the_axes() {
        // Orientation 6: the stored top row is seen on the right, top to bottom.
        assert_eq!(Orientation::from_exif(6).matrix(10.0, 20.0), [0.0, -20.0, 10.0, 0.0, 0.0, 20.0]);
        assert_eq!(Orientation::UPRIGHT.matrix(10.0, 20.0), [10.0, 0.0, 0.0, 20.0, 0.0, 0.0]);
    }
}
