//! Puts a page's marks on paper: print, security background, watermark, signature and seal.

use tiny_skia::{
    BlendMode, Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform,
};

use crate::fonts::{Fonts, Typeface};
use crate::page::{HEIGHT, Mark, Page, WIDTH};
use crate::random::Random;

mod guilloche;
mod seal;
mod signature;

const PRINT: [u8; 3] = [30, 30, 34];
const WATERMARK: [u8; 3] = [255, 208, 204];
const WATERMARK_TEXT: &str = "MẪU – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ";

/// Paper on which pages are drawn; `placed` takes points on the page to pixels.
pub(crate) struct Painter<'a> {
    pub fonts: &'a Fonts<'a>,
    pub paper: &'a mut Pixmap,
    pub placed: Transform,
}

impl Painter<'_> {
    /// Draws all of a page. What is printed over something else mixes with it, as ink does.
    pub(crate) fn page(&mut self, page: &Page) {
        if page.is_blank() {
            return;
        }
        if page.marks.contains(&Mark::Guilloche) {
            self.guilloche();
        }
        self.watermark();
        for mark in &page.marks {
            match mark {
                Mark::Text { typeface, size, x, y, text } => {
                    if let Some(outline) = self.fonts.outline(*typeface, *size, text) {
                        self.fill(&outline, PRINT, Transform::from_translate(*x, *y));
                    }
                }
                Mark::Rule { x, y, width, height } => {
                    if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                        self.fill(&PathBuilder::from_rect(rect), PRINT, Transform::identity());
                    }
                }
                Mark::Signature { x, y, seed } => self.signature(*x, *y, Random::new(*seed, 1)),
                Mark::Seal { x, y, ring, seed } => self.seal((*x, *y), ring, Random::new(*seed, 2)),
                Mark::Guilloche => {}
            }
        }
    }

    /// Pale red, across the page: it vanishes in the red channel, from which text is read.
    fn watermark(&mut self) {
        let size = 44.0;
        let width = self.fonts.width(Typeface::SansBold, size, WATERMARK_TEXT);
        if let Some(outline) = self.fonts.outline(Typeface::SansBold, size, WATERMARK_TEXT) {
            let across = Transform::from_translate(WIDTH / 2.0, HEIGHT / 2.0)
                .pre_rotate(-52.0)
                .pre_translate(-width / 2.0, size / 3.0);
            self.fill(&outline, WATERMARK, across);
        }
    }

    fn fill(&mut self, path: &Path, colour: [u8; 3], place: Transform) {
        self.paper.fill_path(path, &ink(colour, 1.0), FillRule::Winding, self.placed.pre_concat(place), None);
    }

    fn stroke(&mut self, path: &Path, colour: [u8; 3], strength: f32, width: f32) {
        let stroke =
            Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.paper.stroke_path(path, &ink(colour, strength), &stroke, self.placed, None);
    }
}

/// An ink that darkens what lies under it.
fn ink([red, green, blue]: [u8; 3], strength: f32) -> Paint<'static> {
    let mut colour = Color::from_rgba8(red, green, blue, 255);
    colour.set_alpha(strength);
    let mut paint = Paint { blend_mode: BlendMode::Multiply, ..Paint::default() };
    paint.set_color(colour);
    paint
}
