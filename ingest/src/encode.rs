//! What is kept of a page's image: the form that the profile asks for, or a more faithful one where that would harm it.

use muniment_record::KeptPage;

use crate::bits::Bits;
use crate::compact::{self, Compact};
use crate::jpeg_encoder::{self, Chroma};
use crate::pdf::document::{EncodedImage, Layer};
use crate::raster::{Channels, Raster, usize_of};
use crate::source::PageImage;
use crate::{Error, Options, Profile};

/// Resolution from which masks are sharp enough to stand for the page.
const LEAST_MASK_DPI: f32 = 190.0;

/// A page's image ready to be written, and what its record says about it.
pub(crate) struct Encoded {
    /// What is painted, in order.
    pub(crate) layers: Vec<Layer>,
    pub(crate) kept: KeptPage,
}

/// Encodes a page that is seen at `dpi` on `size` points by the profile of the options.
///
/// Nothing is lost for the sake of the profile: a page whose judgement fails is kept by the next more faithful one, and
/// a file's own bits or JPEG stream are kept as they are where that is also smaller.
pub(crate) fn encode(
    image: PageImage,
    dpi: (f32, f32),
    size: (f32, f32),
    options: &Options,
) -> Result<Encoded, Error> {
    let matrix = image.orientation.matrix(size.0, size.1);
    if image.bilevel && image.raster.channels == Channels::Gray {
        let bits = threshold(&image.raster);
        return Ok(as_bits(&bits, matrix, "one bit a pixel in the scan"));
    }
    let because = match options.profile {
        Profile::Faithful => "as configured".to_owned(),
        _ if dpi.0.min(dpi.1) < LEAST_MASK_DPI => format!("{:.0} dpi", dpi.0.min(dpi.1)),
        Profile::Bitonal => match compact::black_and_white(&image.raster) {
            Some(bits) => return Ok(as_bits(&bits, matrix, "as configured")),
            None => return compact_or_faithful(image, matrix, options, "coloured; "),
        },
        Profile::Compact => return compact_or_faithful(image, matrix, options, ""),
    };
    Ok(faithful(image, matrix, options, because))
}

/// The compact form where it is judged good enough and is smaller than the JPEG that came in.
fn compact_or_faithful(
    image: PageImage,
    matrix: [f32; 6],
    options: &Options,
    why: &str,
) -> Result<Encoded, Error> {
    let Compact { layers, likeness } = compact::layers(&image.raster, matrix)?;
    let bytes: usize = layers.iter().map(Layer::bytes).sum();
    let is_smaller = image.jpeg.as_ref().is_none_or(|jpeg| bytes < jpeg.len());
    if !is_smaller {
        return Ok(faithful(image, matrix, options, format!("{why}smaller as it came")));
    }
    if !likeness.is_enough() {
        return Ok(faithful(image, matrix, options, format!("{why}{likeness}")));
    }
    Ok(Encoded { layers, kept: kept(Profile::Compact, format!("{why}{likeness}")) })
}

/// The whole page as one image: its own JPEG where it has one, a new one otherwise.
fn faithful(image: PageImage, matrix: [f32; 6], options: &Options, detail: String) -> Encoded {
    let raster = image.raster;
    let data = image.jpeg.unwrap_or_else(|| {
        let settings = jpeg_encoder::Settings {
            quality: options.jpeg_quality,
            chroma_quality: options.jpeg_quality,
            chroma: Chroma::Full,
            drops_grain: false,
            dpi: image.dpi.map_or(300, |(x, _)| x.clamp(1.0, 10_000.0) as u16),
        };
        jpeg_encoder::encode(&raster, settings)
    });
    let image = EncodedImage::jpeg(&raster, data);
    Encoded {
        layers: vec![Layer { image, matrix, mask: None, ink: None }],
        kept: kept(Profile::Faithful, detail),
    }
}

/// The whole page as bits.
fn as_bits(bits: &Bits, matrix: [f32; 6], detail: &str) -> Encoded {
    let image = EncodedImage::jbig2(bits, Some(Channels::Gray.colour_space()));
    Encoded {
        layers: vec![Layer { image, matrix, mask: None, ink: None }],
        kept: kept(Profile::Bitonal, detail.to_owned()),
    }
}

fn kept(profile: Profile, detail: String) -> KeptPage {
    KeptPage { profile: profile.name().to_owned(), detail, reader: None }
}

/// Ink and paper of a page that has nothing else.
fn threshold(raster: &Raster) -> Bits {
    let width = usize_of(raster.width);
    let mut bits = Bits::empty(raster.width, raster.height);
    let mut dark = vec![0; width];
    for (y, row) in raster.samples.chunks_exact(width).enumerate() {
        dark.iter_mut().zip(row).for_each(|(dark, &sample)| *dark = u8::from(sample < 128));
        bits.pack_row(y, &dark);
    }
    bits
}
