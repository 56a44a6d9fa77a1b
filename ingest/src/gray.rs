use crate::raster::{Channels, Orientation, Raster};

/// A single-channel image, 8 bits a pixel, rows from the top without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gray {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Resolution in dots an inch.
    pub dpi: u32,
    /// `width * height` samples, 0 black, 255 white.
    pub samples: Vec<u8>,
}

impl Gray {
    /// The image as seen after `orientation` is applied.
    pub(crate) fn oriented(self, orientation: Orientation) -> Self {
        let turned = Raster {
            width: self.width,
            height: self.height,
            channels: Channels::Gray,
            samples: self.samples,
        }
        .oriented(orientation);
        Self { width: turned.width, height: turned.height, dpi: self.dpi, samples: turned.samples }
    }
}
