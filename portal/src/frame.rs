use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use muniment_record::Language;

use crate::app::App;
use crate::assets;
use crate::failure::Failure;
use crate::visit::Visit;

/// What surrounds the content of every page.
pub(crate) struct Frame {
    pub(crate) language: Language,
    /// The site's name.
    pub(crate) name: String,
    /// Who runs it.
    pub(crate) operator: String,
    /// The line above every page; may be empty.
    pub(crate) notice: String,
    /// The display name of the officer who is signed in.
    pub(crate) officer: Option<String>,
    /// The token that every form carries.
    pub(crate) token: String,
    /// Whether search engines must leave the page alone.
    pub(crate) private: bool,
    /// The part of the addresses of style, script and icon that changes with them.
    pub(crate) version: &'static str,
    section: Section,
    path: String,
}

/// The entries of the main navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// Look-up by citizens.
    LookUp,
    /// Checking of files.
    Check,
    /// Search by officers.
    Search,
    /// None of them.
    Other,
}

impl Frame {
    /// The frame of a page that anybody may find.
    pub(crate) fn public(app: &App, visit: &Visit, section: Section) -> Self {
        let settings = &app.settings;
        let language = visit.language;
        Self {
            language,
            name: language.choose(&settings.name, &settings.name_english).clone(),
            operator: language.choose(&settings.operator, &settings.operator_english).clone(),
            notice: settings.notice.clone(),
            officer: visit
                .officer
                .as_ref()
                .map(|officer| officer.session.account().display_name().to_owned()),
            token: app.token_of(visit),
            private: false,
            version: &assets::VERSION,
            section,
            path: visit.path.clone(),
        }
    }

    /// The frame of a page with somebody's data.
    pub(crate) fn private(app: &App, visit: &Visit, section: Section) -> Self {
        Self { private: true, ..Self::public(app, visit, section) }
    }

    /// One of two texts.
    pub(crate) fn say<'a>(&self, vietnamese: &'a str, english: &'a str) -> &'a str {
        self.language.choose(vietnamese, english)
    }

    /// The language of the page (BCP 47).
    pub(crate) fn lang(&self) -> &'static str {
        self.language.choose("vi", "en")
    }

    /// The attribute that marks the navigation's entry of this page.
    pub(crate) fn current(&self, section: Section) -> askama::filters::Safe<&'static str> {
        let is_current = self.section == section;
        askama::filters::Safe(if is_current { " aria-current=\"page\"" } else { "" })
    }

    /// The address of this page in the other language.
    pub(crate) fn other_language(&self) -> String {
        let joint = if self.path.contains('?') { '&' } else { '?' };
        format!("{}{joint}lang={}", self.path, self.say("en", "vi"))
    }
}

/// Writes a page.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => Failure::internal("write a page", &error).into_response(),
    }
}
