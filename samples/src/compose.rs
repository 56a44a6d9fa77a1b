//! Sets documents in type as NĐ 30/2020/NĐ-CP asks: A4, margins of 20 to 30 mm, 13 and 14 points, agency at the left of the
//! head and the country's name at its right. Every text that is set becomes a line of the truth.

use crate::fonts::{Fonts, Typeface};
use crate::page::{HEIGHT, Mark, Page, WIDTH};

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
    pages: Vec<Page>,
    y: f32,
}

impl<'a> Composer<'a> {
    pub(crate) fn new(fonts: &'a Fonts<'a>) -> Self {
        Self { fonts, pages: vec![Page::default()], y: TOP }
    }

    pub(crate) fn finish(self) -> Vec<Page> {
        self.pages
    }

    /// Puts a fine-line background under everything on this page.
    pub(crate) fn guilloche(&mut self) {
        self.mark(Mark::Guilloche);
    }

    /// The head: agency and its parent at the left, the country's name and motto at the right, number and day below.
    pub(crate) fn letterhead(&mut self, parent: &str, agency: &str, number: &str, place_and_day: &str) {
        let rows = [
            (parent, Typeface::Serif, LETTERHEAD[0], Typeface::SerifBold),
            (agency, Typeface::SerifBold, LETTERHEAD[1], Typeface::SerifBold),
        ];
        for (left, left_face, right, right_face) in rows {
            self.centred(LEFT_COLUMN, left_face, 12.0, left);
            self.centred(RIGHT_COLUMN, right_face, 12.5, right);
            self.y += 16.5;
        }
        let underline = self.y - 11.0;
        self.rule(LEFT_COLUMN - 36.0, underline, 72.0, 0.7);
        self.rule(RIGHT_COLUMN - 82.0, underline, 164.0, 0.7);
        self.y += 10.0;
        self.centred(LEFT_COLUMN, Typeface::Serif, BODY, number);
        self.centred(RIGHT_COLUMN, Typeface::SerifItalic, BODY, place_and_day);
        self.y += 18.0;
    }

    /// The title, in capitals, with what it is about below.
    pub(crate) fn title(&mut self, title: &str, about: &[&str]) {
        self.y += 22.0;
        self.centred(WIDTH / 2.0 + 14.0, Typeface::SerifBold, 15.0, title);
        self.y += 19.0;
        for line in about {
            self.centred(WIDTH / 2.0 + 14.0, Typeface::SerifBold, BODY + 0.5, line);
            self.y += 17.5;
        }
    }

    /// A paragraph of body text. `*` switches bold on and off, `_` italic.
    pub(crate) fn paragraph(&mut self, stand: Stand, text: &str) {
        let indent = if stand == Stand::Justified { 28.0 } else { 0.0 };
        let words = words(text);
        let space = self.fonts.width(Typeface::Serif, BODY, " ");
        let measure = RIGHT - LEFT;
        let mut line: Vec<&Word> = Vec::new();
        let mut filled = indent;
        let mut first = true;
        for word in &words {
            let width = word.width(self.fonts, BODY);
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
        let left = (LEFT + RIGHT - width) / 2.0;
        let height = ROW * (rows.len() as f32 + 1.0);
        self.keep_together(height + 12.0);
        self.y += 9.0;
        let top = self.y;
        let headings: Vec<String> = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
        for (number, row) in std::iter::once(&headings).chain(rows).enumerate() {
            let typeface = if number == 0 { Typeface::SerifBold } else { Typeface::Serif };
            self.rule(left, self.y, width, 0.6);
            let mut x = left;
            for ((_, width), cell) in columns.iter().zip(row) {
                let text_width = self.fonts.width(typeface, 11.5, cell);
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
            let (typeface, size) =
                if number == 0 { (Typeface::SerifBoldItalic, 12.0) } else { (Typeface::Serif, 11.0) };
            self.text(typeface, size, (LEFT, self.y), recipient);
            self.truth(recipient.clone());
            self.y += 14.0;
        }
        self.y = top;
        for line in ending.office {
            self.centred(RIGHT_COLUMN, Typeface::SerifBold, BODY, line);
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
        self.centred(RIGHT_COLUMN, Typeface::SerifBold, BODY + 0.5, ending.name);
        self.y += 20.0;
    }

    /// Starts the next page, which bears its number at the top.
    pub(crate) fn new_page(&mut self) {
        self.pages.push(Page::default());
        let number = self.pages.len().to_string();
        self.y = 44.0;
        self.centred(WIDTH / 2.0 + 14.0, Typeface::Serif, BODY, &number);
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
        let space = self.fonts.width(Typeface::Serif, BODY, " ");
        let gaps = line.len().saturating_sub(1) as f32;
        let words: f32 = line.iter().map(|word| word.width(self.fonts, BODY)).sum();
        let room = RIGHT - LEFT - indent - words;
        let (mut x, gap) = match stand {
            Stand::Justified if !last && gaps > 0.0 => (LEFT + indent, room / gaps),
            Stand::Centred => (LEFT + indent + (room - gaps * space) / 2.0, space),
            Stand::Justified | Stand::Left => (LEFT + indent, space),
        };
        let mut truth = String::new();
        for (number, word) in line.iter().enumerate() {
            if number > 0 {
                truth.push(' ');
                x += gap;
            }
            for (typeface, piece) in &word.0 {
                self.text(*typeface, BODY, (x, self.y), piece);
                x += self.fonts.width(*typeface, BODY, piece);
                truth.push_str(piece);
            }
        }
        self.truth(truth);
    }

    fn centred(&mut self, middle: f32, typeface: Typeface, size: f32, text: &str) {
        let width = self.fonts.width(typeface, size, text);
        self.text(typeface, size, (middle - width / 2.0, self.y), text);
        self.truth(text.to_owned());
    }

    fn text(&mut self, typeface: Typeface, size: f32, (x, y): (f32, f32), text: &str) {
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

/// A word in pieces, each in its own type face.
struct Word(Vec<(Typeface, String)>);

impl Word {
    fn width(&self, fonts: &Fonts<'_>, size: f32) -> f32 {
        let pieces = self.0.iter();
        pieces.map(|(typeface, piece)| fonts.width(*typeface, size, piece)).sum()
    }
}

/// Splits marked-up text at its spaces.
fn words(text: &str) -> Vec<Word> {
    let (mut bold, mut italic) = (false, false);
    let mut words = Vec::new();
    for marked in text.split_whitespace() {
        let mut word = Word(Vec::new());
        let mut piece = String::new();
        for letter in marked.chars() {
            match letter {
                '*' | '_' => {
                    word.push(bold, italic, &mut piece);
                    if letter == '*' { bold = !bold } else { italic = !italic }
                }
                _ => piece.push(letter),
            }
        }
        word.push(bold, italic, &mut piece);
        words.push(word);
    }
    words
}

impl Word {
    fn push(&mut self, bold: bool, italic: bool, piece: &mut String) {
        let typeface = match (bold, italic) {
            (false, false) => Typeface::Serif,
            (true, false) => Typeface::SerifBold,
            (false, true) => Typeface::SerifItalic,
            (true, true) => Typeface::SerifBoldItalic,
        };
        if !piece.is_empty() {
            self.0.push((typeface, std::mem::take(piece)));
        }
    }
}
