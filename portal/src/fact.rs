/// A label and a value, as pages list them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) value: String,
    /// Whether the value is a code, to be set in a type of equal widths.
    pub(crate) is_code: bool,
}

impl Fact {
    pub(crate) fn new(label: &str, value: impl Into<String>) -> Self {
        Self { label: label.to_owned(), value: value.into(), is_code: false }
    }

    /// A fact whose value is a code.
    pub(crate) fn code(label: &str, value: impl ToString) -> Self {
        Self { label: label.to_owned(), value: value.to_string(), is_code: true }
    }
}
