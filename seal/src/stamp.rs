//! The visible text of a signature: where it stands on the first page, and its appearance stream.

use muniment_record::SignerRole;

use crate::font::{self, Subset, stream};
use crate::pdf::{Dictionary, Document, Id, Object, Update};
use crate::{Error, SealRequest};

const FONT_SIZE: f64 = 10.0;
const LINE_HEIGHT: f64 = 11.5;
/// From the page's edges: text of documents begins further in (NĐ 30/2020/NĐ-CP: 20 mm from the top).
const SIDE_MARGIN: f64 = 14.0;
const TOP_MARGIN: f64 = 6.0;
/// Room inside the box around the text.
const PADDING: f64 = 1.0;
const WIDEST: f64 = 230.0;
/// A page without a usable box is taken for A4.
const A4: [f64; 4] = [0.0, 0.0, 595.276, 841.89];

/// The text of a signature, set in lines.
pub(crate) struct Stamp {
    lines: Vec<String>,
    widths: Vec<f64>,
    is_right: bool,
    page: Page,
}

/// The visible part of a page and how it is turned.
struct Page {
    /// Left, bottom, right, top.
    area: [f64; 4],
    /// Clockwise: 0, 90, 180 or 270.
    rotation: i64,
}

impl Page {
    fn of(document: &Document<'_>, page: &Dictionary) -> Self {
        let rotation = match document.get(page, "Rotate") {
            Some(Object::Integer(angle)) if angle % 90 == 0 => angle.rem_euclid(360),
            _ => 0,
        };
        Self { area: visible_area(document, page), rotation }
    }

    /// Width and height as people see them.
    fn size(&self) -> (f64, f64) {
        let [left, bottom, right, top] = self.area;
        let (width, height) = (right - left, top - bottom);
        if self.rotation % 180 == 0 { (width, height) } else { (height, width) }
    }

    /// A point as people see it, from the bottom left, in the page's own coordinates.
    fn point(&self, x: f64, y: f64) -> (f64, f64) {
        let [left, bottom, right, top] = self.area;
        match self.rotation {
            90 => (right - y, bottom + x),
            180 => (right - x, top - y),
            270 => (left + y, top - x),
            _ => (left + x, bottom + y),
        }
    }
}

/// The visible part of a page: left, bottom, right, top.
pub(crate) fn visible_area(document: &Document<'_>, page: &Dictionary) -> [f64; 4] {
    let area = ["CropBox", "MediaBox"].iter().find_map(|key| rectangle(document, &document.get(page, key)?));
    area.unwrap_or(A4)
}

/// Reads a rectangle; one that is empty or not of this world is none.
fn rectangle(document: &Document<'_>, object: &Object) -> Option<[f64; 4]> {
    let corner = |place: usize| document.resolve(object.array()?.get(place)?)?.number();
    let (x1, y1, x2, y2) = (corner(0)?, corner(1)?, corner(2)?, corner(3)?);
    let area = [x1.min(x2), y1.min(y2), x1.max(x2), y1.max(y2)];
    let is_sane =
        area[2] - area[0] >= 36.0 && area[3] - area[1] >= 36.0 && area.iter().all(|edge| edge.abs() < 1e6);
    is_sane.then_some(area)
}

impl Stamp {
    pub(crate) fn new(
        document: &Document<'_>,
        page: &Dictionary,
        request: &SealRequest,
    ) -> Result<Self, Error> {
        let page = Page::of(document, page);
        // Officer and agency share the top of the page, half each.
        let room = (page.size().0 / 2.0 - SIDE_MARGIN - 2.0 * PADDING).clamp(20.0, WIDEST);
        let mut lines = Vec::new();
        for paragraph in request.paragraphs() {
            wrap(&muniment_record::nfc(&paragraph), room, &mut lines)?;
        }
        let widths = lines.iter().map(|line| points(line)).collect::<Result<_, _>>()?;
        Ok(Self { lines, widths, is_right: request.role != SignerRole::Officer, page })
    }

    fn size(&self) -> (f64, f64) {
        let width = self.widths.iter().copied().fold(0.0, f64::max);
        let lines = self.lines.iter().fold(0.0, |height, _| height + LINE_HEIGHT);
        (width + 2.0 * PADDING, lines + 2.0 * PADDING)
    }

    /// The annotation's rectangle on the page.
    pub(crate) fn rectangle(&self) -> [f64; 4] {
        let (width, height) = self.size();
        let (page_width, page_height) = self.page.size();
        let left = if self.is_right { page_width - SIDE_MARGIN - width } else { SIDE_MARGIN };
        let top = page_height - TOP_MARGIN;
        let (x1, y1) = self.page.point(left, top - height);
        let (x2, y2) = self.page.point(left + width, top);
        [x1.min(x2), y1.min(y2), x1.max(x2), y1.max(y2)]
    }

    /// Writes the appearance stream (ISO 32000-1, 12.5.5) with its font and returns it.
    pub(crate) fn write(&self, update: &mut Update<'_, '_>) -> Result<Id, Error> {
        let subset = Subset::of(&self.lines)?;
        let font = subset.write(update);
        let (width, height) = self.size();
        let mut content = format!("q\nBT\n0 g\n/F1 {FONT_SIZE} Tf\n");
        let mut baseline = height - PADDING - FONT_SIZE + 1.0;
        for (line, line_width) in self.lines.iter().zip(&self.widths) {
            let left = if self.is_right { width - PADDING - line_width } else { PADDING };
            content.push_str(&format!("1 0 0 1 {left:.2} {baseline:.2} Tm <{}> Tj\n", subset.encode(line)?));
            baseline -= LINE_HEIGHT;
        }
        content.push_str("ET\nQ\n");
        let turn = match self.page.rotation {
            90 => "0 1 -1 0 0 0",
            180 => "-1 0 0 -1 0 0",
            270 => "0 -1 1 0 0 0",
            _ => "1 0 0 1 0 0",
        };
        let head = format!(
            "<< /Type /XObject /Subtype /Form /BBox [0 0 {width:.2} {height:.2}] /Matrix [{turn}] \
             /Resources << /Font << /F1 {} 0 R >> >> /Length {} >>",
            font.number,
            content.len()
        );
        Ok(update.add(stream(&head, content.as_bytes())))
    }
}

fn points(text: &str) -> Result<f64, Error> {
    Ok(f64::from(font::width(text)?) * FONT_SIZE / 1000.0)
}

/// Breaks a paragraph between words into lines no wider than the room; a longer word stands alone.
fn wrap(paragraph: &str, room: f64, lines: &mut Vec<String>) -> Result<(), Error> {
    let mut line = String::new();
    for word in paragraph.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if !line.is_empty() && points(&longer)? > room {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        } else {
            line = longer;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    Ok(())
}
