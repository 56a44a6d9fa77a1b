//! How a syllable of Vietnamese is written: an initial, a rhyme, and a tone that the rhyme allows.
//!
//! Nearly every word of the language is one syllable. What is none may still be a word, of another language or an abbreviation.
//!
//! The tables are the rules of Vietnamese orthography, written out by hand. They were taken from no corpus, list of words or
//! program, and have this project's licence (Apache-2.0), as the code has.

use std::collections::HashSet;

/// Initials that consist of consonants, the longest first.
const INITIALS: [&str; 28] = [
    "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", "b", "c", "d", "đ", "g", "h", "k",
    "l", "m", "n", "p", "r", "s", "t", "v", "x", "",
];

/// Rhymes without their tones.
const RHYMES: &str = "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo \
    ep et ê êch êm ên êng ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu o oa oac oach oai oam oan \
    oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ \
    ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uơ uôc uôi uôm uôn uông uôt up ut uy uya uych uyên \
    uyêt uynh uyt uyu ư ưa ưc ưi ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu";

/// Vowels with tones: level, acute, grave, hook, tilde, dot below.
const VOWELS: [&str; 12] = [
    "aáàảãạ",
    "ăắằẳẵặ",
    "âấầẩẫậ",
    "eéèẻẽẹ",
    "êếềểễệ",
    "iíìỉĩị",
    "oóòỏõọ",
    "ôốồổỗộ",
    "ơớờởỡợ",
    "uúùủũụ",
    "ưứừửữự",
    "yýỳỷỹỵ",
];

/// What can be a syllable.
#[derive(Debug)]
pub(crate) struct Syllables {
    rhymes: HashSet<&'static str>,
}

impl Syllables {
    pub(crate) fn new() -> Self {
        Self { rhymes: RHYMES.split_whitespace().collect() }
    }

    /// Whether this, in small letters and NFC, can be a syllable.
    pub(crate) fn allow(&self, word: &str) -> bool {
        let Some((plain, tone)) = without_tone(word) else { return false };
        INITIALS.iter().filter_map(|initial| plain.strip_prefix(initial).map(|rest| (*initial, rest))).any(
            |(initial, rest)| {
                // The vowel of `gi` and `qu` may be that of the rhyme, too.
                let shared = match initial {
                    "gi" => format!("i{rest}"),
                    "qu" => format!("u{rest}"),
                    _ => rest.to_owned(),
                };
                // Before front vowels these are written `ngh`, `gh` and `k`.
                let is_misspelt =
                    matches!(initial, "ng" | "g" | "c") && rest.starts_with(['e', 'ê', 'i', 'y']);
                let is_stopped = rest.ends_with(['c', 'p', 't']) || rest.ends_with("ch");
                (self.rhymes.contains(rest) || self.rhymes.contains(shared.as_str()))
                    && !is_misspelt
                    && (!is_stopped || matches!(tone, 1 | 5))
            },
        )
    }
}

/// The word without its tone, and the place of the tone; nothing where there are two.
fn without_tone(word: &str) -> Option<(String, usize)> {
    let mut tone = 0;
    let mut plain = String::with_capacity(word.len());
    for letter in word.chars() {
        let place = |vowel: &&str| vowel.chars().position(|with_tone| with_tone == letter);
        match VOWELS.iter().find_map(|vowel| Some((vowel.chars().next()?, place(vowel)?))) {
            Some((base, 0)) => plain.push(base),
            Some((base, found)) if tone == 0 => {
                tone = found;
                plain.push(base);
            }
            Some(_) => return None,
            None => plain.push(letter),
        }
    }
    Some((plain, tone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_told_from_what_is_none() {
        let syllables = Syllables::new();
        for word in "quyết giấy nghĩa đường gì giếng quốc khuỷu nguyễn huơ oanh ý ươm thuở xoong".split(' ')
        {
            assert!(syllables.allow(word), "{word}");
        }
        for word in "quyêt thấãm cap bhyt www lliệu theø ngiã đđo x".split(' ') {
            assert!(!syllables.allow(word), "{word}");
        }
    }
}
