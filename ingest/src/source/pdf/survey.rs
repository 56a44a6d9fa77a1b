//! What is drawn on a page, found by interpreting it without painting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hayro::hayro_interpret::hayro_cmap::BfString;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, InterpreterWarning, RasterImage, SoftMask, TransformExt, font::GlyphRun,
    interpret_page,
};
use hayro::kurbo::{Affine, BezPath, Point, Rect};
use hayro_syntax::page::Page;

use super::image;
use crate::raster::Orientation;
use crate::source::PageImage;
use crate::{Error, Limits};

/// Characters of one page that are kept: a full page of small print has some 10,000.
const MOST_GLYPHS: usize = 1_000_000;

/// Visible characters from which a page is more than a picture with a number stamped on it.
const TYPED_GLYPHS: u32 = 50;

/// What is drawn on a page.
pub(super) struct Survey {
    /// Whether images are decoded.
    decodes: bool,
    most_pixels: u64,
    images: u32,
    only: Option<(Affine, Option<PageImage>)>,
    /// The share of the page that the largest image covers.
    covered: f64,
    page: Rect,
    marks: u32,
    visible_glyphs: u32,
    paths: u32,
    /// Pixels of the largest image.
    pub(super) pixels: u64,
    glyphs: Vec<Glyph>,
    failure: Option<Error>,
}

/// A character and where its origin stands, in points from the top left.
struct Glyph {
    text: String,
    origin: Point,
    size: f64,
}

/// Hears what the interpreter cannot show.
#[derive(Clone, Default)]
pub(super) struct Complaints(Arc<AtomicBool>);

impl Complaints {
    /// Settings with which images that cannot be decoded are heard of.
    pub(super) fn settings(&self) -> InterpreterSettings {
        let heard = Arc::clone(&self.0);
        InterpreterSettings {
            warning_sink: Arc::new(move |warning| {
                if matches!(warning, InterpreterWarning::ImageDecodeFailure) {
                    heard.store(true, Ordering::Relaxed);
                }
            }),
            ..InterpreterSettings::default()
        }
    }

    /// Refuses a page with an image that could not be decoded: it would show paper where the image is.
    pub(super) fn check(&self, page: u32) -> Result<(), Error> {
        if self.0.load(Ordering::Relaxed) {
            return Err(image::damaged(&format!("an image on page {page} cannot be decoded")));
        }
        Ok(())
    }
}

impl Survey {
    /// Looks at a page and decodes its images, whatever they are needed for: what cannot be decoded is refused.
    ///
    /// # Errors
    ///
    /// Those of an image, which is then what they name.
    pub(super) fn of(page: &Page<'_>, number: u32, limits: &Limits) -> Result<Self, Error> {
        Self::new(page, number, limits, true)
    }

    /// Looks at a page and leaves its images alone.
    pub(super) fn quick(page: &Page<'_>, number: u32, limits: &Limits) -> Result<Self, Error> {
        Self::new(page, number, limits, false)
    }

    fn new(page: &Page<'_>, number: u32, limits: &Limits, decodes: bool) -> Result<Self, Error> {
        let (width, height) = page.render_dimensions();
        let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let mut survey = Self {
            decodes,
            most_pixels: limits.page_pixels,
            images: 0,
            only: None,
            covered: 0.0,
            page: bounds,
            marks: 0,
            visible_glyphs: 0,
            paths: 0,
            pixels: 0,
            glyphs: Vec::new(),
            failure: None,
        };
        let (cache, complaints) = (InterpreterCache::new(), Complaints::default());
        let transform = page.initial_transform(true).to_kurbo();
        let mut context = Context::new(transform, bounds, &cache, page.xref(), complaints.settings());
        interpret_page(page, &mut context, &mut survey);
        match survey.failure.take() {
            Some(failure) => Err(failure),
            None => complaints.check(number).map(|()| survey),
        }
    }

    /// Whether the page was typed rather than scanned: it shows letters or lines of its own, not one picture of a page.
    pub(super) fn is_typed(&self) -> bool {
        let is_picture = self.covered >= 0.5;
        self.visible_glyphs >= TYPED_GLYPHS || (!is_picture && self.visible_glyphs + self.paths > 0)
    }

    /// The image that this page consists of: alone on it, upright or in quarter turns, and filling it.
    pub(super) fn whole_page_image(self) -> Option<PageImage> {
        if self.images != 1 || self.marks > 0 {
            return None;
        }
        let (placement, Some(mut image)) = self.only? else {
            return None;
        };
        let bounds = placement.transform_rect_bbox(Rect::new(0.0, 0.0, 1.0, 1.0));
        let (page_width, page_height) = (self.page.width(), self.page.height());
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
    pub(super) fn text(self) -> String {
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
        if !self.decodes || self.failure.is_some() {
            return;
        }
        let pixels = u64::from(image.width()) * u64::from(image.height());
        if pixels > self.most_pixels {
            return;
        }
        match image::taken(image) {
            Ok(page) if self.images == 1 => self.only = Some((placement, page)),
            // Several images are rendered; this one was decoded for the failure that it did not have.
            Ok(_) => self.only = None,
            Err(error) => self.failure = Some(error),
        }
    }
}

impl<'a> Device<'a> for Survey {
    fn draw_path(&mut self, path: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        if !path.is_empty() {
            self.marks += 1;
            self.paths += 1;
        }
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, blend_mode: BlendMode) {
        if opacity < 1.0 || mask.is_some() || blend_mode != BlendMode::Normal {
            self.marks += 1;
        }
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        let is_visible = !matches!(mode, DrawMode::Invisible);
        for glyph in run.glyphs() {
            if is_visible {
                self.marks += 1;
                self.visible_glyphs += 1;
            }
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
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let [a, b, c, d, e, f] = props.transform.as_coeffs();
        let placement = Affine::new([a * width, b * width, c * height, d * height, e, f]);
        let seen = placement.transform_rect_bbox(Rect::new(0.0, 0.0, 1.0, 1.0)).intersect(self.page);
        self.covered = self.covered.max(seen.area() / self.page.area().max(1.0));
        self.pixels = self.pixels.max(u64::from(image.width()) * u64::from(image.height()));
        match image {
            Image::Raster(image) => {
                if props.soft_mask.is_some() || props.blend_mode != BlendMode::Normal {
                    self.marks += 1;
                }
                self.take(&image, placement);
            }
            Image::Stencil(_) => self.marks += 1,
        }
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
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
