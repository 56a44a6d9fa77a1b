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
        code.newer_parts().or_else(|| code.dossier_parts()).map_or(code, |parts| Self { parts })
    }

    /// The code without any punctuation.
    pub(crate) fn compact(&self) -> String {
        self.parts.concat()
    }

    /// The terms under which a record with this code is found.
    pub(crate) fn terms(&self, kind: CodeKind) -> impl Iterator<Item = String> {
        // A dossier code's parts find it as well as the whole would, and are not another unique term for each record.
        let whole = (kind != CodeKind::Dossier).then(|| kind.whole(&self.compact()));
        // The newer form names no levels where there are none below the province; the older one has zeros.
        let is_bare = kind == CodeKind::Dossier && self.parts.first().is_some_and(|part| is_province(part));
        let padding: &[&str] = if is_bare { &NO_LEVELS } else { &[] };
        let parts = padding.iter().copied().chain(self.parts.iter().map(String::as_str)).take(MOST_PARTS);
        let parts = parts.enumerate().map(move |(place, part)| kind.part(place, part));
        whole.into_iter().chain(parts.filter(move |_| kind.has_parts()))
    }

    /// The parts of a dossier code with its agency in the newer form (`H05.12`), as they would be with the older one
    /// (`000.00.12.H05`): so each finds the other.
    fn newer_parts(&self) -> Option<Vec<String>> {
        let (province, rest) = self.parts.split_first()?;
        let levels = rest.iter().take_while(|part| part.len() <= 3 && is_number(part)).count();
        let (levels, rest) = rest.split_at_checked(levels)?;
        let (number, rest) = rest.split_first()?;
        let fits = is_province(province)
            && (1..=3).contains(&levels.len())
            && (4..=12).contains(&number.len())
            && is_number(number);
        fits.then(|| {
            let level = |nth: usize| levels.get(nth).map_or(NO_LEVELS[2 - nth], String::as_str);
            let (day, sequence) = number.split_at(number.len().min(6));
            let parts = [level(2), level(1), level(0), province, day, sequence].into_iter();
            let parts = parts.chain(rest.iter().map(String::as_str)).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        })
    }

    /// The parts of a dossier code that was typed without its punctuation, or with some of it.
    fn dossier_parts(&self) -> Option<Vec<String>> {
        let compact = self.compact();
        // The day and the number behind it. A tax code may look like them, but is found by what is the same: the whole.
        if self.parts.len() == 1 && matches!(compact.len(), 10 | 11) && is_number(&compact) {
            let (day, number) = compact.split_at_checked(6).filter(|(day, _)| begins_with_day(day))?;
            return Some(vec![day.to_owned(), number.to_owned()]);
        }
        let province = compact.find(|c: char| c.is_ascii_alphabetic())?;
        let (agency, rest) = compact.split_at_checked(province)?;
        let (province, number) = rest.split_at_checked(3)?;
        let (number, ordinal) = match number.find("kq") {
            Some(place) => number.split_at_checked(place)?,
            None => (number, ""),
        };
        let (level, number) = match number.split_at_checked(2) {
            // The newer form without its punctuation: no day begins with these digits, but one does behind two of them.
            Some((level, rest)) if agency.is_empty() && !begins_with_day(number) && begins_with_day(rest) => {
                (level, rest)
            }
            _ => ("", number),
        };
        let fits = matches!(agency.len(), 0 | 7)
            && is_number(agency)
            && is_number(&province[1..])
            && is_number(number)
            && is_number(ordinal.trim_start_matches("kq"))
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
        if !level.is_empty() {
            parts.extend([NO_LEVELS[0], NO_LEVELS[1], level]);
        }
        parts.push(province);
        parts.push(number.get(..6)?);
        parts.extend([number.get(6..)?, ordinal]);
        Some(parts.into_iter().filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }
}

/// What stands in the older form of an agency's code for levels that are not there, the innermost first.
const NO_LEVELS: [&str; 3] = ["000", "00", "00"];

/// A province in a dossier code: a letter and two digits.
pub(crate) fn is_province(part: &str) -> bool {
    matches!(part.as_bytes(), [letter, digits @ ..]
        if letter.is_ascii_alphabetic() && digits.len() == 2 && digits.iter().all(u8::is_ascii_digit))
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether digits begin with a year, a month and a day, two digits each.
fn begins_with_day(digits: &str) -> bool {
    let two = |at: usize| digits.get(at..at + 2).and_then(|two| two.parse::<u8>().ok());
    two(2).is_some_and(|month| (1..=12).contains(&month)) && two(4).is_some_and(|day| (1..=31).contains(&day))
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

    #[test]
    fn both_forms_of_an_agency_give_a_dossier_code_the_same_parts() {
        for (newer, older) in [
            ("H05.12-260224-0017-KQ1", "000.00.12.H05-260224-0017-KQ1"),
            ("H05.12-2602", "000.00.12.H05-2602"),
            ("h05 12 260224 0017", "000.00.12.H05-260224-0017"),
            ("H05122602240017", "000.00.12.H05-260224-0017"),
            ("H05.12.04.007-260224-0017", "007.04.12.H05-260224-0017"),
        ] {
            assert_eq!(parts(newer), parts(older), "{newer}");
        }
        let terms = |text: &str| Code::new(text).terms(CodeKind::Dossier).collect::<Vec<_>>();
        assert_eq!(terms("H05-260224-0017-KQ1"), terms("000.00.00.H05-260224-0017-KQ1"));
    }
}
