//! Telex as it arrives when nothing converted it: `giaays pheps` for giấy phép.

use super::words::words;

/// What somebody who types Telex meant by a word, in exact and folded form; `None` where the word has no Telex in it or
/// comes out as no syllable.
pub(crate) fn decode(typed: &str) -> Option<(String, String)> {
    if typed.len() < 2 || typed.len() > 12 || !typed.chars().all(|c| c.is_ascii_alphabetic() || c == 'đ') {
        return None;
    }
    let mut letters: Vec<char> = Vec::with_capacity(typed.len());
    let mut tone = None;
    let mut changed = false;
    for key in typed.chars().map(|key| key.to_ascii_lowercase()) {
        let has_vowel = letters.iter().any(|letter| is_vowel(*letter));
        let done = match key {
            's' | 'f' | 'r' | 'x' | 'j' if has_vowel => {
                tone = Some(key);
                true
            }
            'd' => replace_last(&mut letters, 'd', 'đ'),
            'a' | 'e' | 'o' => replace_last(&mut letters, key, circumflex(key)),
            'w' => put_horn(&mut letters),
            _ => false,
        };
        if done {
            changed = true;
        } else {
            letters.push(key);
        }
    }
    let mut meant: String = letters.iter().collect();
    if let (Some(tone), Some(place)) = (tone, letters.iter().rposition(|letter| is_vowel(*letter))) {
        let end: usize = letters[..=place].iter().map(|letter| letter.len_utf8()).sum();
        meant.insert(end, tone_mark(tone));
    }
    if !changed || !is_syllable(&letters) {
        return None;
    }
    let [word] = &words(&meant)[..] else { return None };
    Some((word.exact.clone(), word.folded.clone()))
}

/// Makes a doubled letter of the same letter before it, with at most a coda in between.
fn replace_last(letters: &mut [char], from: char, to: char) -> bool {
    let Some(place) = letters.iter().rposition(|letter| *letter == from) else {
        return false;
    };
    // A vowel typed a second time belongs to its own group of vowels, or comes at the end behind a coda.
    let between = &letters[place + 1..];
    let only_first = from == 'd' && place != 0;
    if only_first
        || (from != 'd' && between.iter().any(|letter| is_vowel(*letter) && *letter != 'u' && *letter != 'i'))
    {
        return false;
    }
    letters[place] = to;
    true
}

fn put_horn(letters: &mut [char]) -> bool {
    let last_u = letters.iter().rposition(|letter| *letter == 'u');
    let last_o = letters.iter().rposition(|letter| *letter == 'o');
    let last_a = letters.iter().rposition(|letter| *letter == 'a');
    match (last_u, last_o, last_a) {
        (Some(u), Some(o), _) if u + 1 == o => {
            letters[u] = 'ư';
            letters[o] = 'ơ';
        }
        (_, _, Some(a)) if last_u.is_none_or(|u| u + 1 != a || (u > 0 && letters[u - 1] == 'q')) => {
            letters[a] = 'ă'
        }
        (Some(u), _, _) => letters[u] = 'ư',
        (None, Some(o), _) => letters[o] = 'ơ',
        // ươ typed as uwow: the second w finds ư and o.
        _ => return false,
    }
    true
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'ă' | 'â' | 'e' | 'ê' | 'i' | 'o' | 'ô' | 'ơ' | 'u' | 'ư' | 'y')
}

fn circumflex(letter: char) -> char {
    match letter {
        'a' => 'â',
        'e' => 'ê',
        _ => 'ô',
    }
}

fn tone_mark(key: char) -> char {
    match key {
        's' => '\u{301}',
        'f' => '\u{300}',
        'r' => '\u{309}',
        'x' => '\u{303}',
        _ => '\u{323}',
    }
}

/// Whether letters are an onset, a group of vowels and a coda that Vietnamese has.
fn is_syllable(letters: &[char]) -> bool {
    const ONSETS: &[&str] = &[
        "", "b", "c", "ch", "d", "đ", "g", "gh", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "p", "ph",
        "q", "r", "s", "t", "th", "tr", "v", "x",
    ];
    const CODAS: &[&str] = &["", "c", "ch", "m", "n", "ng", "nh", "p", "t"];
    let Some(first) = letters.iter().position(|letter| is_vowel(*letter)) else {
        return false;
    };
    let Some(last) = letters.iter().rposition(|letter| is_vowel(*letter)) else {
        return false;
    };
    let onset: String = letters[..first].iter().collect();
    let nucleus = &letters[first..=last];
    let coda: String = letters[last + 1..].iter().collect();
    ONSETS.contains(&onset.as_str())
        && CODAS.contains(&coda.as_str())
        && nucleus.len() <= 3
        && nucleus.iter().all(|letter| is_vowel(*letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_give_the_word_that_was_meant() {
        for (typed, meant) in [
            ("giaays", "giấy"),
            ("pheps", "phép"),
            ("Bawsc", "Bắc"),
            ("Thoj", "Thọ"),
            ("Maaxn", "Mẫn"),
            ("Tuwowcs", "Tước"),
            ("Tuowcs", "Tước"),
            ("DDinhf", "Đình"),
            ("Dduwcs", "Đức"),
            ("dducws", "Đức"),
            ("ddaats", "đất"),
            ("Nguyeenx", "Nguyễn"),
            ("nguyeexn", "nguyễn"),
            ("nguyenex", "nguyễn"),
            ("nhuwowngj", "nhượng"),
            ("quoocs", "quốc"),
            ("xaay", "xây"),
            ("chuwngs", "chứng"),
            ("quyeefn", "quyền"),
            ("hoaf", "hòa"),
            ("quawng", "quăng"),
        ] {
            let [word] = &words(meant)[..] else { unreachable!() };
            assert_eq!(decode(typed), Some((word.exact.clone(), word.folded.clone())), "{typed}");
        }
    }

    #[test]
    fn words_without_telex_and_what_is_no_syllable_are_left_alone() {
        for typed in ["giay", "phep", "ban", "xyz", "12", "s", "strings", "đất"] {
            assert_eq!(decode(typed), None, "{typed}");
        }
    }
}
