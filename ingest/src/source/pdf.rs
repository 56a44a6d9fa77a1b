//! PDF that comes in: pages that are one scanned image are taken as that image, others are rendered.

use std::sync::Arc;

use hayro::hayro_interpret::hayro_cmap::BfString;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps,
    InterpreterCache, InterpreterSettings, RasterImage, SoftMask, font::GlyphRun, interpret_page,
};
use hayro::kurbo::{Affine, BezPath, Point, Rect};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use hayro_syntax::object::{Array, Dict, Name, Object, Stream};
use hayro_syntax::page::Page;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use super::{PageImage, jpeg};
use crate::raster::{Channels, Orientation, Raster, usize_of};
use crate::{Error, Limits};

/// Resolution at which pages are rendered that are not one image.
const RENDER_DPI: f32 = 300.0;

/// An open PDF.
pub(crate) struct Reader {
    name: String,
    pdf: Pdf,
    limits: Limits,
}

impl Reader {
    /// Opens a PDF from its bytes; its streams are checked against expansion first.
    pub(crate) fn open(name: &str, bytes: Arc<Vec<u8>>, limits: &Limits) -> Result<Self, Error> {
        super::expand::check_streams(name, &bytes, limits.expanded_bytes)?;
        Self::open_inspected(name, bytes, limits)
    }

    /// Opens a PDF whose streams have been checked.
    pub(crate) fn open_inspected(name: &str, bytes: Arc<Vec<u8>>, limits: &Limits) -> Result<Self, Error> {
        let cut = super::expand::find(&bytes[bytes.len().saturating_sub(2048)..], b"%%EOF").is_none();
        let pdf = Pdf::new(bytes).map_err(|error| match error {
            LoadPdfError::Decryption(DecryptionError::PasswordProtected) => Error::Password(name.to_owned()),
            LoadPdfError::Decryption(_) => {
                Error::Damaged { name: name.to_owned(), detail: "its encryption is not known".to_owned() }
            }
            LoadPdfError::Invalid if cut => Error::Truncated {
                name: name.to_owned(),
                detail: "the end-of-file marker is missing".to_owned(),
            },
            LoadPdfError::Invalid => {
                Error::Damaged { name: name.to_owned(), detail: "its structure cannot be read".to_owned() }
            }
        })?;
        if cut {
            // A reader that repairs files would show the pages before the cut as if they were all.
            return Err(Error::Truncated {
                name: name.to_owned(),
                detail: "the end-of-file marker is missing".to_owned(),
            });
        }
        Ok(Self { name: name.to_owned(), pdf, limits: limits.clone() })
    }

    /// The number of pages.
    ///
    /// # Errors
    ///
    /// No page, or more than the limit.
    pub(crate) fn pages(&self) -> Result<u32, Error> {
        let pages = self.pdf.pages().len();
        match u32::try_from(pages) {
            Ok(0) => Err(Error::NoPages(self.name.clone())),
            Ok(pages) if pages <= self.limits.pages => Ok(pages),
            _ => Err(Error::TooManyPages {
                name: self.name.clone(),
                pages: u64::try_from(pages).unwrap_or(u64::MAX),
                limit: self.limits.pages,
            }),
        }
    }

    /// Whether the file carries a signature: a dictionary with a byte range and contents (ISO 32000-1, 12.8.1).
    ///
    /// `SigFlags` is not asked: signed files without it are common, and re-writing one would destroy the signature. A
    /// byte range that no object holds counts too, for a signature in a damaged file is still a signature.
    pub(crate) fn is_signed(&self) -> bool {
        if super::expand::find(self.pdf.data().as_ref(), b"/ByteRange").is_some() {
            return true;
        }
        self.pdf.objects().into_iter().any(|object| match object {
            Object::Dict(dict) => {
                let is_signature = dict.contains_key("ByteRange") && dict.contains_key("Contents");
                let is_signed_field = dict.get::<Name<'_>>("FT").is_some_and(|kind| kind.as_str() == "Sig")
                    && dict.get::<Dict<'_>>("V").is_some();
                is_signature || is_signed_field
            }
            _ => false,
        })
    }

    fn get(&self, index: u32) -> Result<&Page<'_>, Error> {
        self.pdf.pages().get(usize_of(index)).ok_or_else(|| Error::NoSuchPage(index.saturating_add(1)))
    }

    /// Page `index` (from 0) as an image: the one that it consists of, or a rendering.
    pub(crate) fn page(&self, index: u32) -> Result<PageImage, Error> {
        let page = self.get(index)?;
        let survey = Survey::of(page, &self.limits);
        if survey.pixels > self.limits.page_pixels {
            return Err(Error::TooLarge {
                name: self.name.clone(),
                detail: format!("images of {} pixels on page {}", survey.pixels, index + 1),
            });
        }
        if let Some(image) = survey.whole_page_image(page) {
            return Ok(image);
        }
        let raster = self.render(index, Scale::Dpi(RENDER_DPI))?;
        Ok(PageImage {
            raster,
            dpi: Some((RENDER_DPI, RENDER_DPI)),
            bilevel: false,
            jpeg: None,
            orientation: Orientation::UPRIGHT,
        })
    }

    /// Renders page `index` (from 0) on white.
    pub(crate) fn render(&self, index: u32, scale: Scale) -> Result<Raster, Error> {
        let page = self.get(index)?;
        let (width, height) = page.render_dimensions();
        if !(1.0..=14_400.0).contains(&width) || !(1.0..=14_400.0).contains(&height) {
            return Err(Error::Damaged {
                name: self.name.clone(),
                detail: format!("page {} measures {width} x {height} points", index + 1),
            });
        }
        let factor = match scale {
            Scale::Dpi(dpi) => dpi / 72.0,
            // Half a pixel more, for the renderer rounds down.
            Scale::Width(pixels) => (pixels as f32 + 0.5) / width,
        };
        // The renderer counts pixels in 16 bits.
        let most = f32::from(u16::MAX - 1);
        let factor = factor.min(most / width).min(most / height);
        super::check_pixels(
            &self.name,
            (width * factor).ceil() as u32,
            (height * factor).ceil() as u32,
            &self.limits,
        )?;
        let pixmap = hayro::render(
            page,
            &RenderCache::new(),
            &InterpreterSettings::default(),
            &RenderSettings::default(),
            &PixmapSettings { x_scale: factor, y_scale: factor, bg_color: WHITE },
        );
        let samples: Vec<u8> = pixmap
            .data_as_u8_slice()
            .chunks_exact(4)
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect();
        Raster::new(&self.name, u32::from(pixmap.width()), u32::from(pixmap.height()), Channels::Rgb, samples)
    }

    /// The size of page `index` (from 0) in points, and the text that it holds, a line feed between lines.
    pub(crate) fn text(&self, index: u32) -> Result<((f32, f32), String), Error> {
        let page = self.get(index)?;
        Ok((page.render_dimensions(), Survey::of(page, &self.limits).text()))
    }
}

/// How large a page is rendered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scale {
    /// In dots an inch.
    Dpi(f32),
    /// So wide, in pixels.
    Width(u32),
}

/// What is drawn on a page, found by interpreting it without painting.
#[derive(Default)]
struct Survey {
    images: u32,
    only: Option<(Affine, Option<PageImage>)>,
    marks: u32,
    pixels: u64,
    most_pixels: u64,
    glyphs: Vec<Glyph>,
}

/// A character and where its origin stands, in points from the top left.
struct Glyph {
    text: String,
    origin: Point,
    size: f64,
}

/// Characters of one page that are kept: a full page of small print has some 10,000.
const MOST_GLYPHS: usize = 1_000_000;

impl Survey {
    fn of(page: &Page<'_>, limits: &Limits) -> Self {
        let mut survey = Self { most_pixels: limits.page_pixels, ..Self::default() };
        let (width, height) = page.render_dimensions();
        let cache = InterpreterCache::new();
        let mut context = Context::new(
            to_affine(page),
            Rect::new(0.0, 0.0, f64::from(width), f64::from(height)),
            &cache,
            page.xref(),
            InterpreterSettings::default(),
        );
        interpret_page(page, &mut context, &mut survey);
        survey
    }

    /// The image that this page consists of: alone on it, upright or in quarter turns, and filling it.
    fn whole_page_image(self, page: &Page<'_>) -> Option<PageImage> {
        if self.images != 1 || self.marks > 0 {
            return None;
        }
        let (placement, Some(mut image)) = self.only? else {
            return None;
        };
        let (width, height) = page.render_dimensions();
        let bounds = placement.transform_rect_bbox(Rect::new(0.0, 0.0, 1.0, 1.0));
        let (page_width, page_height) = (f64::from(width), f64::from(height));
        let covers = bounds.x0 <= 0.03 * page_width
            && bounds.y0 <= 0.03 * page_height
            && bounds.x1 >= 0.97 * page_width
            && bounds.y1 >= 0.97 * page_height
            && bounds.width() <= 1.03 * page_width
            && bounds.height() <= 1.03 * page_height;
        let orientation = orientation_of(placement)?;
        if !covers {
            return None;
        }
        let (seen_width, seen_height) = orientation.size(image.raster.width, image.raster.height);
        let (x, y) =
            (f64::from(seen_width) * 72.0 / bounds.width(), f64::from(seen_height) * 72.0 / bounds.height());
        let stored = if orientation.size(1, 2) == (1, 2) { (x, y) } else { (y, x) };
        image.dpi = Some((stored.0 as f32, stored.1 as f32));
        image.orientation = orientation;
        Some(image)
    }

    /// The characters in the order drawn, with spaces and line feeds where the gaps are.
    fn text(self) -> String {
        let mut text = String::new();
        let mut last: Option<(Point, f64)> = None;
        for glyph in self.glyphs {
            if let Some((point, size)) = last {
                let (right, down) = (glyph.origin.x - point.x, glyph.origin.y - point.y);
                let size = size.max(glyph.size).max(1.0);
                if down.abs() > 0.5 * size || right < -2.0 * size {
                    if !text.ends_with('\n') {
                        text.truncate(text.trim_end_matches(' ').len());
                        text.push('\n');
                    }
                } else if right > 1.2 * size && !text.ends_with([' ', '\n']) && glyph.text != " " {
                    text.push(' ');
                }
            }
            last = Some((glyph.origin, glyph.size));
            if !(glyph.text == " " && text.ends_with([' ', '\n'])) {
                text.push_str(&glyph.text);
            }
        }
        text.trim().to_owned()
    }

    fn take(&mut self, image: &RasterImage<'_>, placement: Affine) {
        let pixels = u64::from(image.width()) * u64::from(image.height());
        self.pixels = self.pixels.max(pixels);
        if self.images != 1 || pixels > self.most_pixels {
            return;
        }
        self.only = Some((placement, taken(image)));
    }
}

impl<'a> Device<'a> for Survey {
    fn draw_path(&mut self, path: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        if !path.is_empty() {
            self.marks += 1;
        }
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, blend_mode: BlendMode) {
        if opacity < 1.0 || mask.is_some() || blend_mode != BlendMode::Normal {
            self.marks += 1;
        }
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        if !matches!(mode, DrawMode::Invisible) {
            self.marks += 1;
        }
        for glyph in run.glyphs() {
            if self.glyphs.len() >= MOST_GLYPHS {
                return;
            }
            let text = match glyph.as_unicode() {
                Some(BfString::Char(letter)) => letter.to_string(),
                Some(BfString::String(text)) => text,
                None => continue,
            };
            let placement = props.transform * glyph.transform();
            let [a, b, c, d, _, _] = placement.as_coeffs();
            self.glyphs.push(Glyph {
                text: text.chars().filter(|letter| !letter.is_control()).collect(),
                origin: placement * Point::ORIGIN,
                // Glyph space has a thousand units an em.
                size: 1000.0 * (a * d - b * c).abs().sqrt(),
            });
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.images += 1;
        match image {
            Image::Raster(image) => {
                if props.soft_mask.is_some() || props.blend_mode != BlendMode::Normal {
                    self.marks += 1;
                }
                let [a, b, c, d, e, f] = props.transform.as_coeffs();
                let (width, height) = (f64::from(image.width()), f64::from(image.height()));
                self.take(&image, Affine::new([a * width, b * width, c * height, d * height, e, f]));
            }
            Image::Stencil(stencil) => {
                self.marks += 1;
                let pixels = u64::from(stencil.width()) * u64::from(stencil.height());
                self.pixels = self.pixels.max(pixels);
            }
        }
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}

/// The pixels of an image, and its own JPEG stream where a page may show that unchanged.
fn taken(image: &RasterImage<'_>) -> Option<PageImage> {
    let stream = image.stream();
    if let Some(bytes) = plain_jpeg(stream) {
        let header = jpeg::header("image", &bytes).ok()?;
        if header.width == image.width() && header.height == image.height() && header.components != 4 {
            let raster = jpeg::decode("image", &bytes, &header).ok()?;
            return Some(PageImage {
                raster,
                dpi: None,
                bilevel: false,
                jpeg: Some(bytes),
                orientation: Orientation::UPRIGHT,
            });
        }
    }
    let bilevel = stream.dict().get::<i32>("BitsPerComponent") == Some(1)
        || filter_names(stream).iter().any(|name| matches!(name.as_str(), "CCITTFaxDecode" | "JBIG2Decode"));
    let mut page = None;
    image.with_rgba(
        |data, alpha| {
            if alpha.is_some() {
                return;
            }
            let (width, height) = (data.width(), data.height());
            let (channels, samples) = match data {
                ImageData::Rgb(data) => (Channels::Rgb, data.data),
                ImageData::Luma(data) => (Channels::Gray, data.data),
            };
            page = Raster::new("image", width, height, channels, samples).ok().map(|raster| PageImage {
                bilevel: bilevel && raster.channels == Channels::Gray,
                raster,
                dpi: None,
                jpeg: None,
                orientation: Orientation::UPRIGHT,
            });
        },
        None,
    );
    page
}

/// The stream's JPEG where nothing else in its dictionary changes what it shows.
fn plain_jpeg(stream: &Stream<'_>) -> Option<Vec<u8>> {
    let dict = stream.dict();
    if filter_names(stream) != ["DCTDecode"]
        || ["Decode", "SMask", "Mask", "DecodeParms", "SMaskInData"].iter().any(|key| dict.contains_key(key))
    {
        return None;
    }
    let plain_colours = match dict.get::<Object<'_>>("ColorSpace") {
        Some(Object::Name(name)) => matches!(name.as_str(), "DeviceRGB" | "DeviceGray"),
        Some(Object::Array(array)) => is_icc(&array),
        _ => false,
    };
    plain_colours.then(|| stream.raw_data().into_owned())
}

/// The names of the filters that a stream is encoded with.
fn filter_names(stream: &Stream<'_>) -> Vec<String> {
    match stream.dict().get::<Object<'_>>("Filter") {
        Some(Object::Name(name)) => vec![name.as_str().to_owned()],
        Some(Object::Array(names)) => names.iter::<Name<'_>>().map(|name| name.as_str().to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// Whether a colour space is an ICC profile of one or three components: scanners write sRGB there.
fn is_icc(array: &Array<'_>) -> bool {
    let mut items = array.flex_iter();
    let is_icc = items.next::<Name<'_>>().is_some_and(|name| name.as_str() == "ICCBased");
    is_icc
        && items
            .next::<Stream<'_>>()
            .is_some_and(|profile| matches!(profile.dict().get::<i32>("N"), Some(1 | 3)))
}

fn to_affine(page: &Page<'_>) -> Affine {
    use hayro::hayro_interpret::TransformExt;
    page.initial_transform(true).to_kurbo()
}

/// The quarter turn or mirroring in a placement of the unit square, y down; `None` for anything oblique.
fn orientation_of(placement: Affine) -> Option<Orientation> {
    let [a, b, c, d, _, _] = placement.as_coeffs();
    let small = |value: f64, large: f64| value.abs() < 0.002 * large.abs();
    let exif = if small(b, a) && small(c, d) {
        match (a > 0.0, d > 0.0) {
            (true, true) => 1,
            (false, true) => 2,
            (false, false) => 3,
            (true, false) => 4,
        }
    } else if small(a, b) && small(d, c) {
        match (c > 0.0, b > 0.0) {
            (true, true) => 5,
            (false, true) => 6,
            (false, false) => 7,
            (true, false) => 8,
        }
    } else {
        return None;
    };
    Some(Orientation::from_exif(exif))
}
