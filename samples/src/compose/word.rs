use crate::fonts::{Family, Fonts, Typeface};

/// A word in pieces, each in its own type face.
pub(super) struct Word(pub(super) Vec<(Typeface, String)>);

impl Word {
    pub(super) fn width(&self, fonts: &Fonts<'_>, size: f32) -> f32 {
        let pieces = self.0.iter();
        pieces.map(|(typeface, piece)| fonts.width(*typeface, size, piece)).sum()
    }
}

/// Splits marked-up text at its spaces.
pub(super) fn words(text: &str, family: Family) -> Vec<Word> {
    let (mut bold, mut italic) = (false, false);
    let mut words = Vec::new();
    for marked in text.split_whitespace() {
        let mut word = Word(Vec::new());
        let mut piece = String::new();
        for letter in marked.chars() {
            match letter {
                '*' | '_' => {
                    word.push(family.face(bold, italic), &mut piece);
                    if letter == '*' { bold = !bold } else { italic = !italic }
                }
                _ => piece.push(letter),
            }
        }
        word.push(family.face(bold, italic), &mut piece);
        words.push(word);
    }
    words
}

impl Word {
    fn push(&mut self, typeface: Typeface, piece: &mut String) {
        if !piece.is_empty() {
            self.0.push((typeface, std::mem::take(piece)));
        }
    }
}
