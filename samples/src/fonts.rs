//! The type faces, read from Debian's `fonts-liberation2` when the program runs: they have the metrics of Times New Roman,
//! in which NĐ 30/2020/NĐ-CP has documents set, and every Vietnamese letter.

use std::path::Path;

use tiny_skia::PathBuilder;
use ttf_parser::{Face, OutlineBuilder};

use crate::Error;

const FOLDER: &str = "/usr/share/fonts/truetype/liberation2";

/// A type face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typeface {
    Serif,
    SerifBold,
    SerifItalic,
    SerifBoldItalic,
    SansBold,
    Sans,
    SansItalic,
    SansBoldItalic,
    Mono,
    MonoBold,
    MonoItalic,
    MonoBoldItalic,
}

/// Type faces that go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Serif,
    Sans,
    Mono,
}

impl Family {
    pub(crate) const ALL: [Self; 3] = [Self::Serif, Self::Sans, Self::Mono];

    /// The face of this weight and slope.
    pub(crate) fn face(self, bold: bool, italic: bool) -> Typeface {
        match (self, bold, italic) {
            (Self::Serif, false, false) => Typeface::Serif,
            (Self::Serif, true, false) => Typeface::SerifBold,
            (Self::Serif, false, true) => Typeface::SerifItalic,
            (Self::Serif, true, true) => Typeface::SerifBoldItalic,
            (Self::Sans, false, false) => Typeface::Sans,
            (Self::Sans, true, false) => Typeface::SansBold,
            (Self::Sans, false, true) => Typeface::SansItalic,
            (Self::Sans, true, true) => Typeface::SansBoldItalic,
            (Self::Mono, false, false) => Typeface::Mono,
            (Self::Mono, true, false) => Typeface::MonoBold,
            (Self::Mono, false, true) => Typeface::MonoItalic,
            (Self::Mono, true, true) => Typeface::MonoBoldItalic,
        }
    }

    /// What a size in points is taken times, so that as much goes into a line as in the serif face.
    pub(crate) fn narrowed(self, size: f32) -> f32 {
        size * match self {
            Self::Serif => 1.0,
            Self::Sans => 0.92,
            Self::Mono => 0.8,
        }
    }
}

impl Typeface {
    const ALL: [Self; 12] = [
        Self::Serif,
        Self::SerifBold,
        Self::SerifItalic,
        Self::SerifBoldItalic,
        Self::SansBold,
        Self::Sans,
        Self::SansItalic,
        Self::SansBoldItalic,
        Self::Mono,
        Self::MonoBold,
        Self::MonoItalic,
        Self::MonoBoldItalic,
    ];

    fn file_name(self) -> &'static str {
        match self {
            Self::Serif => "LiberationSerif-Regular.ttf",
            Self::SerifBold => "LiberationSerif-Bold.ttf",
            Self::SerifItalic => "LiberationSerif-Italic.ttf",
            Self::SerifBoldItalic => "LiberationSerif-BoldItalic.ttf",
            Self::SansBold => "LiberationSans-Bold.ttf",
            Self::Sans => "LiberationSans-Regular.ttf",
            Self::SansItalic => "LiberationSans-Italic.ttf",
            Self::SansBoldItalic => "LiberationSans-BoldItalic.ttf",
            Self::Mono => "LiberationMono-Regular.ttf",
            Self::MonoBold => "LiberationMono-Bold.ttf",
            Self::MonoItalic => "LiberationMono-Italic.ttf",
            Self::MonoBoldItalic => "LiberationMono-BoldItalic.ttf",
        }
    }
}

/// The font files in memory.
pub(crate) struct FontFiles(Vec<Vec<u8>>);

impl FontFiles {
    pub(crate) fn read() -> Result<Self, Error> {
        let files = Typeface::ALL.map(|typeface| {
            let path = Path::new(FOLDER).join(typeface.file_name());
            std::fs::read(&path).map_err(|source| Error::FontMissing { path, source })
        });
        files.into_iter().collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn parse(&self) -> Result<Fonts<'_>, Error> {
        let faces = self.0.iter().zip(Typeface::ALL).map(|(bytes, typeface)| {
            Face::parse(bytes, 0).map_err(|source| Error::FontDamaged {
                path: Path::new(FOLDER).join(typeface.file_name()),
                source,
            })
        });
        faces.collect::<Result<_, _>>().map(Fonts)
    }
}

/// The parsed type faces, in the order of [`Typeface::ALL`].
pub(crate) struct Fonts<'a>(Vec<Face<'a>>);

impl Fonts<'_> {
    /// The width of a text set in `size` points, in points.
    pub(crate) fn width(&self, typeface: Typeface, size: f32, text: &str) -> f32 {
        let face = self.face(typeface);
        let scale = size / f32::from(face.units_per_em());
        text.chars().map(|letter| scale * advance(face, letter)).sum()
    }

    /// The outlines of a text whose base line starts at the origin, in points, y downwards.
    pub(crate) fn outline(&self, typeface: Typeface, size: f32, text: &str) -> Option<tiny_skia::Path> {
        let face = self.face(typeface);
        let scale = size / f32::from(face.units_per_em());
        let mut pen = Pen { path: PathBuilder::new(), scale, x: 0.0 };
        for letter in text.chars() {
            if let Some(glyph) = face.glyph_index(letter) {
                face.outline_glyph(glyph, &mut pen);
            }
            pen.x += scale * advance(face, letter);
        }
        pen.path.finish()
    }

    /// The ink of each word of a text whose base line starts at the origin, in points: left, top, right, bottom.
    pub(crate) fn words<'t>(
        &self,
        typeface: Typeface,
        size: f32,
        text: &'t str,
    ) -> Vec<(&'t str, tiny_skia::Rect)> {
        let place = |word: &'t str| {
            let before = &text[..word.as_ptr() as usize - text.as_ptr() as usize];
            let ink = self.outline(typeface, size, word)?.bounds();
            let x = self.width(typeface, size, before);
            Some((
                word,
                tiny_skia::Rect::from_ltrb(ink.left() + x, ink.top(), ink.right() + x, ink.bottom())?,
            ))
        };
        text.split_whitespace().filter_map(place).collect()
    }

    /// Each letter of a text by itself, with its width, for text along a curve.
    pub(crate) fn letters(
        &self,
        typeface: Typeface,
        size: f32,
        text: &str,
    ) -> Vec<(f32, Option<tiny_skia::Path>)> {
        let mut buffer = [0; 4];
        text.chars()
            .map(|letter| {
                let letter = letter.encode_utf8(&mut buffer);
                (self.width(typeface, size, letter), self.outline(typeface, size, letter))
            })
            .collect()
    }

    fn face(&self, typeface: Typeface) -> &Face<'_> {
        &self.0[typeface as usize]
    }
}

fn advance(face: &Face<'_>, letter: char) -> f32 {
    face.glyph_index(letter).and_then(|glyph| face.glyph_hor_advance(glyph)).map_or(0.0, f32::from)
}

/// Takes outlines in font units, y upwards, into a path in points, y downwards.
struct Pen {
    path: PathBuilder,
    scale: f32,
    x: f32,
}

impl Pen {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, -y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (x1, y1) = self.place(x1, y1);
        let (x, y) = self.place(x, y);
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (x1, y1) = self.place(x1, y1);
        let (x2, y2) = self.place(x2, y2);
        let (x, y) = self.place(x, y);
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
