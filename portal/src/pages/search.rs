//! Officers' search. What is typed is posted and remembered under a word, so that addresses hold no names and numbers.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use muniment_record::{Language, format_date};
use muniment_search::{FacetValue, Hit, Paging, Query, Results, Sort};

use crate::app::App;
use crate::failure::Failure;
use crate::form::Form;
use crate::frame::{Frame, Section, page};
use crate::officer::Officer;
use crate::visit::Visit;

const PAGE_HITS: usize = 20;
/// The most pages that can be asked for; who needs more narrows the search.
const MOST_PAGES: usize = 500;
const LONGEST_QUERY: usize = 400;
const MOST_FILTERS: usize = 12;
const FACET_VALUES: usize = 8;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    /// What was typed.
    typed: String,
    notices: Vec<String>,
    approximate: bool,
    suggestions: Vec<String>,
    filters: Vec<Link>,
    facets: Vec<FacetView>,
    /// How many were found, in words.
    total: String,
    count: u64,
    hits: Vec<HitView>,
    sorts: Vec<SortView>,
    former: Option<String>,
    next: Option<String>,
    page_number: usize,
    page_count: usize,
}

/// A link that changes the search.
struct Link {
    label: String,
    address: String,
}

/// A facet with the links that narrow the search.
struct FacetView {
    title: &'static str,
    values: Vec<FacetLink>,
}

struct FacetLink {
    label: String,
    address: String,
    /// `12`, or `12+` where there may be more.
    count: String,
}

struct SortView {
    label: &'static str,
    address: String,
    is_current: bool,
}

/// A hit as the page shows it.
struct HitView {
    address: String,
    title: String,
    symbol: String,
    issued_on: String,
    agency: String,
    holder: String,
    code: String,
    status: &'static str,
    tone: &'static str,
    icon: &'static str,
    snippet: Vec<(String, bool)>,
}

/// A search as an address holds it: everything but the words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Request {
    /// The word that stands for what was typed.
    word: String,
    filters: Vec<String>,
    sort: Sort,
    /// From 1.
    page: usize,
}

impl Request {
    fn from_query(query: &str) -> Self {
        let mut request = Self { page: 1, ..Self::default() };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "tim" => request.word = value.into_owned(),
                "loc" if request.filters.len() < MOST_FILTERS => request.filters.push(value.into_owned()),
                "sap-xep" => request.sort = sort_named(&value),
                "trang" => request.page = value.parse().unwrap_or(1).clamp(1, MOST_PAGES),
                _ => {}
            }
        }
        request
    }

    fn address(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.word.is_empty() {
            query.append_pair("tim", &self.word);
        }
        for filter in &self.filters {
            query.append_pair("loc", filter);
        }
        if self.sort != Sort::default() {
            query.append_pair("sap-xep", sort_name(self.sort));
        }
        if self.page > 1 {
            query.append_pair("trang", &self.page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { "/can-bo".to_owned() } else { format!("/can-bo?{query}") }
    }

    fn with_filter(&self, filter: &str) -> String {
        let mut changed = Self { page: 1, ..self.clone() };
        changed.filters.push(filter.to_owned());
        changed.address()
    }

    fn without_filter(&self, filter: &str) -> String {
        let mut changed = Self { page: 1, ..self.clone() };
        changed.filters.retain(|known| known != filter);
        changed.address()
    }

    fn at_page(&self, number: usize) -> String {
        Self { page: number, ..self.clone() }.address()
    }

    fn sorted(&self, sort: Sort) -> String {
        Self { page: 1, sort, ..self.clone() }.address()
    }
}

fn sort_name(sort: Sort) -> &'static str {
    match sort {
        Sort::Relevance => "phu-hop",
        Sort::Newest => "moi",
        Sort::Oldest => "cu",
    }
}

fn sort_named(name: &str) -> Sort {
    let all = [Sort::Newest, Sort::Oldest];
    all.into_iter().find(|sort| sort_name(*sort) == name).unwrap_or_default()
}

/// `POST /can-bo`: remembers what was typed and leads to its page.
pub(crate) async fn ask(officer: Officer, form: Form) -> Result<Response, Failure> {
    let typed: String = form.text("q").chars().take(LONGEST_QUERY).collect();
    if typed.is_empty() {
        return Ok(Redirect::to("/can-bo").into_response());
    }
    let word = officer.0.session.remember(&typed);
    let word = word.map_err(|error| Failure::internal("remember a query", &error))?;
    let request = Request { word, page: 1, ..Request::default() };
    Ok(Redirect::to(&request.address()).into_response())
}

/// `GET /can-bo`.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    officer: Officer,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let mut request = Request::from_query(&query.unwrap_or_default());
    let typed = match request.word.as_str() {
        "" => String::new(),
        word => match officer.0.session.query(word) {
            Some(typed) => typed,
            None => return Ok(Redirect::to("/can-bo").into_response()),
        },
    };
    let mut results = search(&app, &officer, &typed, &request).await?;
    let pages = page_count(results.total.count());
    if request.page > pages {
        request.page = pages;
        results = search(&app, &officer, &typed, &request).await?;
    }
    let language = visit.language;
    let template = SearchPage {
        frame: Frame::private(&app, &visit, Section::Search),
        notices: results.notices.iter().map(|notice| notice.message(language)).collect(),
        approximate: results.approximate,
        suggestions: results.suggestions.clone(),
        filters: active_filters(&results, &request),
        facets: facets(&results, &request, language),
        total: results.total.message(language),
        count: results.total.count(),
        hits: results.hits.iter().map(|hit| HitView::of(hit, language)).collect(),
        sorts: sorts(&request, language),
        former: (request.page > 1).then(|| request.at_page(request.page - 1)),
        next: (request.page < pages).then(|| request.at_page(request.page + 1)),
        page_number: request.page,
        page_count: pages,
        typed,
    };
    Ok(page(StatusCode::OK, &template))
}

fn page_count(total: u64) -> usize {
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    total.div_ceil(PAGE_HITS).clamp(1, MOST_PAGES)
}

async fn search(app: &App, officer: &Officer, typed: &str, request: &Request) -> Result<Results, Failure> {
    let reader = Arc::clone(&app.reader);
    let scope = officer.search_scope();
    let words = std::iter::once(typed).chain(request.filters.iter().map(String::as_str));
    let query = Query::parse(&words.collect::<Vec<_>>().join(" "));
    let offset = (request.page - 1) * PAGE_HITS;
    let paging = Paging { offset, limit: PAGE_HITS, sort: request.sort, ..Paging::default() };
    let found = app
        .work("search", move || {
            reader.refresh()?;
            reader.search(&scope, &query, &paging)
        })
        .await?;
    found.map_err(|error| Failure::internal("search the index", &error))
}

fn all_facets(results: &Results) -> impl Iterator<Item = &FacetValue> {
    let facets = &results.facets;
    facets.agencies.iter().chain(&facets.procedures).chain(&facets.years).chain(&facets.statuses)
}

fn active_filters(results: &Results, request: &Request) -> Vec<Link> {
    let label = |filter: &String| {
        let found = all_facets(results).find(|value| value.filter == *filter);
        found.map_or_else(|| filter.clone(), |value| value.label.clone())
    };
    let link = |filter| Link { label: label(filter), address: request.without_filter(filter) };
    request.filters.iter().map(link).collect()
}

fn facets(results: &Results, request: &Request, language: Language) -> Vec<FacetView> {
    let facets = &results.facets;
    let lists = [
        (language.choose("Tình trạng", "Status"), &facets.statuses),
        (language.choose("Cơ quan ban hành", "Issued by"), &facets.agencies),
        (language.choose("Năm ban hành", "Year"), &facets.years),
        (language.choose("Thủ tục", "Procedure"), &facets.procedures),
    ];
    lists
        .into_iter()
        .map(|(title, values)| FacetView {
            title,
            values: values
                .iter()
                .filter(|value| !request.filters.contains(&value.filter))
                .take(FACET_VALUES)
                .map(|value| FacetLink {
                    label: value.label.clone(),
                    address: request.with_filter(&value.filter),
                    count: if results.total.is_exact() {
                        value.count.to_string()
                    } else {
                        format!("{}+", value.count)
                    },
                })
                .collect(),
        })
        .filter(|facet| !facet.values.is_empty())
        .collect()
}

fn sorts(request: &Request, language: Language) -> Vec<SortView> {
    let all = [
        (Sort::Relevance, language.choose("Phù hợp nhất", "Best match")),
        (Sort::Newest, language.choose("Mới nhất", "Newest")),
        (Sort::Oldest, language.choose("Cũ nhất", "Oldest")),
    ];
    all.into_iter()
        .map(|(sort, label)| SortView {
            label,
            address: request.sorted(sort),
            is_current: request.sort == sort,
        })
        .collect()
}

impl HitView {
    fn of(hit: &Hit, language: Language) -> Self {
        use muniment_search::Status;
        let (tone, icon) = match hit.status {
            Status::InForce => ("good", "good"),
            Status::Revoked | Status::Annulled => ("bad", "bad"),
            Status::Superseded => ("unsure", "swap"),
        };
        Self {
            address: format!("/can-bo/ho-so/{}", hit.id),
            title: hit.title.clone(),
            symbol: hit.symbol.to_string(),
            issued_on: format_date(hit.issued_on),
            agency: hit.agency.clone(),
            holder: hit.holder.clone(),
            code: hit.result_code.as_ref().map(ToString::to_string).unwrap_or_default(),
            status: hit.status.label(language),
            tone,
            icon,
            snippet: hit.snippet.pieces().into_iter().map(|(text, lit)| (text.to_owned(), lit)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_back_and_holds_no_words() {
        let request = Request {
            word: "00aa".to_owned(),
            filters: vec!["cơ quan:H05.12".to_owned(), "năm:2026".to_owned()],
            sort: Sort::Newest,
            page: 3,
        };
        let address = request.address();
        let (_, query) = address.split_once('?').unwrap();
        assert_eq!(Request::from_query(query), request);
        assert_eq!(Request::from_query("trang=0").page, 1);
        assert_eq!(Request::from_query("").address(), "/can-bo");
        assert!(!request.without_filter("năm:2026").contains("2026"));
    }
}
