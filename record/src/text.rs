use unicode_normalization::UnicodeNormalization;

/// The text in Unicode normalisation form C, trimmed: the one form in which the archive stores text.
pub fn nfc(text: &str) -> String {
    text.trim().nfc().collect()
}
