//! Writes scans as scanners do: an image a page, or all pages in one TIFF or PDF.

use image::codecs::jpeg::{JpegEncoder, PixelDensity};
use image::{ExtendedColorType, RgbImage};

use crate::Error;

mod pdf;
mod tiff;

pub(crate) use pdf::pdf;
pub(crate) use tiff::tiff;

const JPEG_QUALITY: u8 = 70;

/// A page as JPEG data.
pub(crate) struct JpegPage {
    pub bytes: Vec<u8>,
    pub width: u32,
    pub height: u32,
    pub colour: bool,
    pub dpi: u32,
}

impl JpegPage {
    pub(crate) fn encode(image: &RgbImage, colour: bool, dpi: u32) -> Result<Self, Error> {
        let (width, height) = image.dimensions();
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
        encoder.set_pixel_density(PixelDensity::dpi(u16::try_from(dpi).unwrap_or(u16::MAX)));
        let encoded = if colour {
            encoder.encode(image.as_raw(), width, height, ExtendedColorType::Rgb8)
        } else {
            encoder.encode(&one_channel(image), width, height, ExtendedColorType::L8)
        };
        encoded.map_err(|error| Error::encode("JPEG", error))?;
        Ok(Self { bytes, width, height, colour, dpi })
    }
}

/// A page as PNG.
pub(crate) fn png(image: &RgbImage, colour: bool, dpi: u32) -> Result<Vec<u8>, Error> {
    const INCHES_PER_METRE: f64 = 1.0 / 0.0254;
    let (width, height) = image.dimensions();
    let pixels_per_metre = (f64::from(dpi) * INCHES_PER_METRE).round() as u32;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(if colour { png::ColorType::Rgb } else { png::ColorType::Grayscale });
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_filter(png::Filter::Up);
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: pixels_per_metre,
        yppu: pixels_per_metre,
        unit: png::Unit::Meter,
    }));
    let failed = |error| Error::encode("PNG", error);
    let mut writer = encoder.write_header().map_err(failed)?;
    if colour {
        writer.write_image_data(image.as_raw()).map_err(failed)?;
    } else {
        writer.write_image_data(&one_channel(image)).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

/// The grey values of an image whose three channels are alike.
fn one_channel(image: &RgbImage) -> Vec<u8> {
    image.pixels().map(|pixel| pixel.0[0]).collect()
}
