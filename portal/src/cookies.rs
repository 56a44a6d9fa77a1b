//! Cookies: few, and none that a script or another site could use.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::Settings;

/// The cookies that the portal knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// A random value to which form tokens are bound.
    Visitor,
    /// An officer's sign-in.
    Session,
    /// A citizen's ticket to results that were looked up.
    Ticket,
    /// A visitor's last report of checked files.
    Report,
    /// The chosen language.
    Language,
}

const YEAR_SECONDS: u32 = 365 * 24 * 3600;

impl Cookie {
    const fn word(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Session => "session",
            Self::Ticket => "ticket",
            Self::Report => "report",
            Self::Language => "language",
        }
    }

    /// The cookie's name. The prefix makes browsers refuse it from anything but this very host by HTTPS (RFC 6265bis, 4.1.3).
    fn name(self, settings: &Settings) -> String {
        let prefix = if settings.is_secure() { "__Host-" } else { "" };
        format!("{prefix}muniment-{}", self.word())
    }

    /// Its value in a request.
    pub(crate) fn read(self, headers: &HeaderMap, settings: &Settings) -> Option<String> {
        let name = self.name(settings);
        let lines = headers.get_all(header::COOKIE).into_iter();
        lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value.to_owned())
    }

    /// The header that sets it. The value must be plain letters, digits and dashes.
    pub(crate) fn set(self, value: &str, settings: &Settings) -> Option<HeaderValue> {
        let secure = if settings.is_secure() { "; Secure" } else { "" };
        let kept = match self {
            Self::Language => format!("; Max-Age={YEAR_SECONDS}"),
            _ => String::new(),
        };
        let name = self.name(settings);
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{kept}"))
            .ok()
    }

    /// The header that takes it away.
    pub(crate) fn clear(self, settings: &Settings) -> Option<HeaderValue> {
        let secure = if settings.is_secure() { "; Secure" } else { "" };
        let name = self.name(settings);
        HeaderValue::from_str(&format!("{name}=; Path=/; HttpOnly; SameSite=Strict{secure}; Max-Age=0")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_is_secure_by_https() {
        let secure = Settings { origin: "https://example.vn".to_owned(), ..Settings::default() };
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; __Host-muniment-session=abc; c=d"));
        assert_eq!(Cookie::Session.read(&headers, &secure).as_deref(), Some("abc"));
        assert_eq!(Cookie::Session.read(&headers, &Settings::default()), None);
        let set = Cookie::Session.set("abc", &secure).unwrap();
        assert_eq!(set, "__Host-muniment-session=abc; Path=/; HttpOnly; SameSite=Strict; Secure");
    }
}
