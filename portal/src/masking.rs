//! Names and numbers shown in part, so that a holder knows them again and nobody else learns them.

/// A name of which only the first word, and the first letter of each other, is shown: `Nguyễn T. M***`.
pub(crate) fn name(name: &str) -> String {
    let mut words = name.split_whitespace();
    let Some(first) = words.next() else {
        return String::new();
    };
    let others: Vec<&str> = words.collect();
    let Some((last, middle)) = others.split_last() else {
        return format!("{}***", first_letter(first));
    };
    let mut masked = first.to_owned();
    for word in middle {
        masked.push(' ');
        masked.push_str(&first_letter(word));
        masked.push('.');
    }
    masked.push(' ');
    masked.push_str(&first_letter(last));
    masked.push_str("***");
    masked
}

/// A number of which only the last four characters are shown: `••••0017`.
pub(crate) fn number(number: &str) -> String {
    let characters: Vec<char> = number.chars().collect();
    let shown = characters.len().saturating_sub(4).max(characters.len() / 2);
    let tail: String = characters.iter().skip(shown).collect();
    format!("••••{tail}")
}

fn first_letter(word: &str) -> String {
    word.chars().next().map(String::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_keep_their_first_word_and_first_letters() {
        assert_eq!(super::name("Nguyễn Thị Mẫu"), "Nguyễn T. M***");
        assert_eq!(super::name("  Lê  Thử "), "Lê T***");
        assert_eq!(super::name("Mẫu"), "M***");
        assert_eq!(super::name(""), "");
    }

    #[test]
    fn numbers_keep_at_most_four_digits() {
        assert_eq!(super::number("099188000017"), "••••0017");
        assert_eq!(super::number("C12"), "••••12");
    }
}
