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
