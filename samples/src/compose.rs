//! Sets documents in type as NĐ 30/2020/NĐ-CP asks: A4, margins of 20 to 30 mm, 13 and 14 points, agency at the left of the
//! head and the country's name at its right. Every text that is set becomes a line of the truth.

use crate::fonts::{Family, Fonts, Typeface};
use crate::page::{HEIGHT, Mark, Page, WIDTH};

mod word;

use word::{Word, words};

const LEFT: f32 = 79.0;
const RIGHT: f32 = WIDTH - 51.0;
const TOP: f32 = 62.0;
const BOTTOM: f32 = HEIGHT - 54.0;
const BODY: f32 = 13.0;
const LEADING: f32 = 1.32;
/// Where the two columns of the head and of the signature block are centred.
const LEFT_COLUMN: f32 = 166.0;
const RIGHT_COLUMN: f32 = 412.0;
const LETTERHEAD: [&str; 2] = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"];

/// How the lines of a paragraph stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stand {
    /// Flush on both sides, the first line indented, the last flush left.
    Justified,
    /// Flush left, without indent.
    Left,
    /// Centred between the margins.
    Centred,
}

/// A column of a table: its heading and its width in points.
pub(crate) type Column = (&'static str, f32);

/// Who signs, and as what; the last lines of a document.
pub(crate) struct Ending<'a> {
    /// Lines of the list of recipients (Nơi nhận), at the left.
    pub recipients: &'a [String],
    /// The office, in one line or more.
    pub office: &'a [&'a str],
    /// The name of who signed.
    pub name: &'a str,
    /// The words around the seal.
    pub seal: &'a str,
    /// Decides the shape of the signature and how the seal was set.
    pub seed: u64,
}

/// Sets one document; pages follow one another as they fill.
pub(crate) struct Composer<'a> {
    fonts: &'a Fonts<'a>,
    family: Family,
    pages: Vec<Page>,
    left: f32,
    right: f32,
    y: f32,
}

impl<'a> Composer<'a> {
    pub(crate) fn new(fonts: &'a Fonts<'a>) -> Self {
        Self::in_family(fonts, Family::Serif)
    }

    pub(crate) fn in_family(fonts: &'a Fonts<'a>, family: Family) -> Self {
        Self { fonts, family, pages: vec![Page::default()], left: LEFT, right: RIGHT, y: TOP }
    }

    pub(crate) fn finish(self) -> Vec<Page> {
        self.pages
    }

    /// Puts a fine-line background under everything on this page.
    pub(crate) fn guilloche(&mut self) {
        self.mark(Mark::Guilloche);
    }

    /// The head: agency and its parent at the left, the country's name and motto at the right, number and day below. The truth
    /// has the left column first.
    pub(crate) fn letterhead(&mut self, parent: &str, agency: &str, number: &str, place_and_day: &str) {
        let (plain, bold) = (self.family.face(false, false), self.family.face(true, false));
        let italic = self.family.face(false, true);
        let top = self.y;
        let columns = [
            (LEFT_COLUMN, 36.0, [(plain, 12.0, parent), (bold, 12.0, agency), (plain, BODY, number)]),
            (
                RIGHT_COLUMN,
                82.0,
                [(bold, 12.5, LETTERHEAD[0]), (bold, 12.5, LETTERHEAD[1]), (italic, BODY, place_and_day)],
            ),
        ];
        for (middle, half, lines) in columns {
            for ((typeface, size, text), below) in lines.into_iter().zip([0.0, 16.5, 43.0]) {
                self.y = top + below;
                self.centred(middle, typeface, size, text);
            }
            self.rule(middle - half, top + 22.0, 2.0 * half, 0.7);
        }
        self.y = top + 61.0;
    }

    /// The title, in capitals, with what it is about below.
    pub(crate) fn title(&mut self, title: &str, about: &[&str]) {
        self.y += 22.0;
        self.centred(WIDTH / 2.0 + 14.0, self.family.face(true, false), 15.0, title);
        self.y += 19.0;
        for line in about {
            self.centred(WIDTH / 2.0 + 14.0, self.family.face(true, false), BODY + 0.5, line);
            self.y += 17.5;
        }
    }

    /// A paragraph of body text. `*` switches bold on and off, `_` italic.
    pub(crate) fn paragraph(&mut self, stand: Stand, text: &str) {
        let indent = if stand == Stand::Justified { 28.0 } else { 0.0 };
        let words = words(text, self.family);
        let space = self.width(self.family.face(false, false), BODY, " ");
        let measure = self.right - self.left;
        let mut line: Vec<&Word> = Vec::new();
        let mut filled = indent;
        let mut first = true;
        for word in &words {
            let width = word.width(self.fonts, self.family.narrowed(BODY));
            if !line.is_empty() && filled + space + width > measure {
                self.line(&line, stand, if first { indent } else { 0.0 }, false);
                line.clear();
                filled = 0.0;
                first = false;
            }
            filled += if line.is_empty() { width } else { space + width };
            line.push(word);
        }
        self.line(&line, stand, if first { indent } else { 0.0 }, true);
        self.y += 3.0;
    }

    /// A centred line in bold, as a heading within the text.
    pub(crate) fn heading(&mut self, text: &str) {
        self.y += 4.0;
        self.paragraph(Stand::Centred, &format!("*{text}*"));
        self.y += 2.0;
    }

    /// A ruled table; each row becomes one line of the truth, its cells parted by a space.
    pub(crate) fn table(&mut self, columns: &[Column], rows: &[Vec<String>]) {
        const ROW: f32 = 21.0;
        let width: f32 = columns.iter().map(|(_, width)| width).sum();
        let left = (self.left + self.right - width) / 2.0;
        let height = ROW * (rows.len() as f32 + 1.0);
        self.keep_together(height + 12.0);
        self.y += 9.0;
        let top = self.y;
        let headings: Vec<String> = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
        for (number, row) in std::iter::once(&headings).chain(rows).enumerate() {
            let typeface =
                if number == 0 { self.family.face(true, false) } else { self.family.face(false, false) };
            self.rule(left, self.y, width, 0.6);
            let mut x = left;
            for ((_, width), cell) in columns.iter().zip(row) {
                let text_width = self.width(typeface, 11.5, cell);
                let place = (x + (width - text_width) / 2.0, self.y + 14.5);
                self.text(typeface, 11.5, place, cell);
                x += width;
            }
            self.truth(row.join(" "));
            self.y += ROW;
        }
        self.rule(left, self.y, width, 0.6);
        let mut x = left;
        for (_, width) in columns.iter().chain(std::iter::once(&("", 0.0))) {
            self.rule(x, top, 0.6, height);
            x += width;
        }
        self.y += 6.0;
    }

    /// The last lines: recipients at the left; office, signature, seal and name at the right.
    pub(crate) fn ending(&mut self, ending: &Ending<'_>) {
        self.keep_together(170.0);
        self.y += 30.0;
        let top = self.y;
        for (number, recipient) in ending.recipients.iter().enumerate() {
            let (typeface, size) = if number == 0 {
                (self.family.face(true, true), 12.0)
            } else {
                (self.family.face(false, false), 11.0)
            };
            self.text(typeface, size, (self.left, self.y), recipient);
            self.truth(recipient.clone());
            self.y += 14.0;
        }
        self.y = top;
        for line in ending.office {
            self.centred(RIGHT_COLUMN, self.family.face(true, false), BODY, line);
            self.y += 16.5;
        }
        let middle = self.y + 34.0;
        self.mark(Mark::Signature { x: RIGHT_COLUMN - 46.0, y: middle + 4.0, seed: ending.seed });
        self.mark(Mark::Seal {
            x: RIGHT_COLUMN - 52.0,
            y: middle - 7.0,
            ring: ending.seal.to_owned(),
            seed: ending.seed,
        });
        self.y += 84.0;
        self.centred(RIGHT_COLUMN, self.family.face(true, false), BODY + 0.5, ending.name);
        self.y += 20.0;
    }

    /// Text in two columns, each paragraph in one of them; the next text goes on below the longer one.
    pub(crate) fn columns(&mut self, paragraphs: [&[String]; 2]) {
        const GUTTER: f32 = 22.0;
        let (left, right, top) = (self.left, self.right, self.y);
        let middle = f32::midpoint(left, right);
        let mut lowest = top;
        for (edges, paragraphs) in
            [(left, middle - GUTTER / 2.0), (middle + GUTTER / 2.0, right)].into_iter().zip(paragraphs)
        {
            (self.left, self.right, self.y) = (edges.0, edges.1, top);
            for paragraph in paragraphs {
                self.paragraph(Stand::Justified, paragraph);
            }
            lowest = lowest.max(self.y);
        }
        (self.left, self.right, self.y) = (left, right, lowest);
    }

    /// A line of a form: labels, each with its value on a dotted line; the dots are no text.
    pub(crate) fn fill_in(&mut self, blanks: &[(&str, &str)]) {
        self.keep_together(BODY * LEADING);
        self.y += BODY * LEADING + 2.0;
        let (plain, italic) = (self.family.face(false, false), self.family.face(false, true));
        let space = self.width(plain, BODY, " ");
        let dot = self.width(plain, BODY, ".");
        let share = (self.right - self.left) / blanks.len() as f32;
        let mut truth = Vec::new();
        for (number, (label, value)) in blanks.iter().enumerate() {
            let mut x = self.left + share * number as f32;
            let end = x + share - space;
            self.text(plain, BODY, (x, self.y), label);
            x += self.width(plain, BODY, label) + space;
            truth.push(*label);
            if !value.is_empty() {
                self.text(italic, BODY, (x + 3.0 * dot, self.y - 1.0), value);
                x += 3.0 * dot + self.width(italic, BODY, value) + space;
                truth.push(value);
            }
            let dots = ".".repeat(((end - x) / dot).max(0.0) as usize);
            self.text(plain, BODY, (x, self.y), &dots);
        }
        self.truth(truth.join(" "));
        self.y += 3.0;
    }

    /// Stamps a seal over what has been set, at a place in points.
    pub(crate) fn seal_over(&mut self, (x, y): (f32, f32), ring: &str, seed: u64) {
        self.mark(Mark::Seal { x, y, ring: ring.to_owned(), seed });
    }

    /// Starts the next page, which bears its number at the top.
    pub(crate) fn new_page(&mut self) {
        self.pages.push(Page::default());
        let number = self.pages.len().to_string();
        self.y = 44.0;
        self.centred(WIDTH / 2.0 + 14.0, self.family.face(false, false), BODY, &number);
        self.y = TOP + 8.0;
    }

    fn keep_together(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.new_page();
        }
    }

    fn line(&mut self, line: &[&Word], stand: Stand, indent: f32, last: bool) {
        self.keep_together(BODY * LEADING);
        self.y += BODY * LEADING;
        let space = self.width(self.family.face(false, false), BODY, " ");
        let gaps = line.len().saturating_sub(1) as f32;
        let words: f32 = line.iter().map(|word| word.width(self.fonts, self.family.narrowed(BODY))).sum();
        let room = self.right - self.left - indent - words;
        let (mut x, gap) = match stand {
            Stand::Justified if !last && gaps > 0.0 => (self.left + indent, room / gaps),
            Stand::Centred => (self.left + indent + (room - gaps * space) / 2.0, space),
            Stand::Justified | Stand::Left => (self.left + indent, space),
        };
        let mut truth = String::new();
        for (number, word) in line.iter().enumerate() {
            if number > 0 {
                truth.push(' ');
                x += gap;
            }
            for (typeface, piece) in &word.0 {
                self.text(*typeface, BODY, (x, self.y), piece);
                x += self.width(*typeface, BODY, piece);
                truth.push_str(piece);
            }
        }
        self.truth(truth);
    }

    fn centred(&mut self, middle: f32, typeface: Typeface, size: f32, text: &str) {
        let width = self.width(typeface, size, text);
        self.text(typeface, size, (middle - width / 2.0, self.y), text);
        self.truth(text.to_owned());
    }

    fn width(&self, typeface: Typeface, size: f32, text: &str) -> f32 {
        self.fonts.width(typeface, self.family.narrowed(size), text)
    }

    fn text(&mut self, typeface: Typeface, size: f32, (x, y): (f32, f32), text: &str) {
        let size = self.family.narrowed(size);
        self.mark(Mark::Text { typeface, size, x, y, text: text.to_owned() });
    }

    fn rule(&mut self, x: f32, y: f32, width: f32, height: f32) {
        self.mark(Mark::Rule { x, y, width, height });
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.marks.push(mark);
        }
    }

    fn truth(&mut self, line: String) {
        if let Some(page) = self.pages.last_mut() {
            page.lines.push(line);
        }
    }
}
