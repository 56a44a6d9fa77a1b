/// A text that is not the code, number or date it was read as.
///
/// The message names the kind of value and the rule that it breaks; it never repeats the value itself, which may
/// be a person's number and would end up in a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {} {what}: {rule}", article(.what))]
pub struct ParseError {
    /// The kind of value, in English: `tax code`.
    pub what: &'static str,
    /// The rule that does not hold: `10 digits, or 13 for a branch`.
    pub rule: &'static str,
}

impl ParseError {
    pub(crate) const fn new(what: &'static str, rule: &'static str) -> Self {
        Self { what, rule }
    }
}

fn article(what: &str) -> &'static str {
    if what.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

/// Gives a validated text type its `Display`, `FromStr`-based serde and `as_str`.
macro_rules! text_type {
    ($type:ident) => {
        impl $type {
            /// The value in its canonical spelling.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        crate::error::serde_as_text!($type);
    };
}

/// Serialises a type through its `Display` and reads it through its `FromStr`.
macro_rules! serde_as_text {
    ($type:ident) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use {serde_as_text, text_type};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_article_fits_what_follows() {
        assert!(ParseError::new("agency code", "x").to_string().starts_with("not an agency code: "));
        assert!(ParseError::new("date", "x").to_string().starts_with("not a date: "));
    }
}
