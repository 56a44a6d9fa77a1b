//! Codes: dossier and result codes, symbols, numbers of persons and firms. They are found whole, by their beginning and by
//! any run of their parts, with any punctuation or none.

use crate::text::words;

/// What a code is a code of; the letter that its terms in the index begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeKind {
    /// A dossier or result code.
    Dossier,
    /// A number and symbol.
    Symbol,
    /// The number of a person or firm.
    Holder,
    /// A procedure's code in the national list.
    Procedure,
}

impl CodeKind {
    pub(crate) const ALL: [Self; 4] = [Self::Dossier, Self::Symbol, Self::Holder, Self::Procedure];

    fn letter(self) -> char {
        match self {
            Self::Dossier => 'd',
            Self::Symbol => 's',
            Self::Holder => 'h',
            Self::Procedure => 'p',
        }
    }

    /// Whether codes of this kind are found by their parts.
    pub(crate) fn has_parts(self) -> bool {
        matches!(self, Self::Dossier | Self::Symbol)
    }

    /// A code of this kind without punctuation. A province's suffix of a procedure code does not count.
    pub(crate) fn compact(self, code: &Code) -> String {
        match &code.parts[..] {
            [list, number, _, ..] if self == Self::Procedure && list.len() == 1 && number.len() == 6 => {
                format!("{list}{number}")
            }
            _ => code.compact(),
        }
    }

    /// How many letters and digits at least are taken for the beginning of such a code.
    pub(crate) fn least_beginning(self) -> usize {
        match self {
            Self::Dossier | Self::Symbol => 4,
            Self::Holder | Self::Procedure => 5,
        }
    }

    /// The term of a whole code, or of its beginning.
    pub(crate) fn whole(self, compact: &str) -> String {
        format!("{}={compact}", self.letter())
    }

    /// The term of a part of a code at its place.
    pub(crate) fn part(self, place: usize, part: &str) -> String {
        format!("{}{place}:{part}", self.letter())
    }
}

/// The most parts of a code that are looked at.
pub(crate) const MOST_PARTS: usize = 8;

/// A code as letters and digits only, in parts as its punctuation cuts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) parts: Vec<String>,
}

impl Code {
    pub(crate) fn new(text: &str) -> Self {
        let parts = words(text).into_iter().map(|word| undo_vowel(&text[word.span], word.folded));
        let code = Self { parts: parts.collect() };
        code.dossier_parts().map_or(code, |parts| Self { parts })
    }

    /// The code without any punctuation.
    pub(crate) fn compact(&self) -> String {
        self.parts.concat()
    }

    /// The terms under which a record with this code is found.
    pub(crate) fn terms(&self, kind: CodeKind) -> impl Iterator<Item = String> {
        // A dossier code's parts find it as well as the whole would, and are not another unique term for each record.
        let whole = (kind != CodeKind::Dossier).then(|| kind.whole(&self.compact()));
        let parts = self.parts.iter().take(MOST_PARTS).enumerate();
        let parts = parts.map(move |(place, part)| kind.part(place, part));
        whole.into_iter().chain(parts.filter(move |_| kind.has_parts()))
    }

    /// The parts of a dossier code that was typed without its punctuation, or with some of it.
    fn dossier_parts(&self) -> Option<Vec<String>> {
        let compact = self.compact();
        let province = compact.find(|c: char| c.is_ascii_alphabetic())?;
        let (agency, rest) = compact.split_at_checked(province)?;
        let (province, number) = rest.split_at_checked(3)?;
        let (number, ordinal) = match number.find("kq") {
            Some(place) => number.split_at_checked(place)?,
            None => (number, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = matches!(agency.len(), 0 | 7)
            && digits(agency)
            && digits(&province[1..])
            && digits(number)
            && digits(ordinal.trim_start_matches("kq"))
            && (6..=12).contains(&number.len())
            // A passport's number looks like a province and a day.
            && (number.len() >= 10 || !agency.is_empty() || self.parts.len() > 1);
        if !fits {
            return None;
        }
        let mut parts = Vec::new();
        if let (Some(first), Some(second), Some(third)) = (agency.get(..3), agency.get(3..5), agency.get(5..))
        {
            parts.extend([first, second, third]);
        }
        parts.push(province);
        parts.push(number.get(..6)?);
        parts.extend([number.get(6..)?, ordinal]);
        Some(parts.into_iter().filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }
}

/// Codes are not words: their last y stays.
fn undo_vowel(typed: &str, mut folded: String) -> String {
    if folded.ends_with('i') && typed.ends_with(['y', 'Y']) {
        folded.pop();
        folded.push('y');
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<String> {
        Code::new(text).parts
    }

    #[test]
    fn punctuation_does_not_change_a_code() {
        for other in ["000.00.00.h05 - 200325 - 0001", "0000000H052003250001", "000 00 00 H05 200325–0001"]
        {
            assert_eq!(parts(other), parts("000.00.00.H05-200325-0001"), "{other}");
        }
        assert_eq!(Code::new("12/2020/QÐ-UBND").compact(), Code::new("12 2020 qđ ubnd").compact());
    }

    #[test]
    fn fragments_of_a_dossier_code_have_the_parts_of_the_whole() {
        assert_eq!(parts("H05-200325-0001-KQ1"), ["h05", "200325", "0001", "kq1"]);
        assert_eq!(parts("000.17.42.H05-2412"), ["000", "17", "42", "h05", "2412"]);
        assert_eq!(parts("H052003250001"), ["h05", "200325", "0001"]);
    }
}
