//! What holds for every page.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use muniment_portal::Settings;
use serde_json::json;

use crate::browser::Answer;
use crate::house::{DOSSIER, HOLDER, House};

/// Every page that there is, as an officer who also looked up a result and checked a file.
async fn all_pages() -> Vec<(String, Answer)> {
    let mut house = House::new().await;
    let hostile = "<script>alert(1)</script>\" onload=\"x";
    house
        .deposit(json!({
            "result_code": format!("{DOSSIER}-KQ2"), "title": hostile, "abstract": hostile, "symbol": hostile,
            "holder": {"kind": "person", "id": HOLDER, "name": hostile}
        }))
        .await;
    let mut browser = house.browser().await;
    let mut pages = Vec::new();
    for path in ["/", "/kiem-tra", "/dang-nhap", "/khong-co"] {
        pages.push((path.to_owned(), browser.get(path).await));
    }
    pages.push(("/ (wrong)".to_owned(), browser.look_up(hostile, "").await));
    pages.push(("/ (nothing)".to_owned(), browser.look_up("H05-260224-0001", "1").await));
    browser.look_up(DOSSIER, HOLDER).await;
    let pdf = house.pdf(&house.records[0]).await;
    browser.check(&[("<script>.pdf", &pdf), ("b.pdf", b"x")]).await;
    for path in ["/ket-qua", "/ket-qua/1", "/ket-qua/2", "/kiem-tra/ket-qua"] {
        pages.push((path.to_owned(), browser.get(path).await));
    }
    browser.check(&[("<script>.pdf", &pdf)]).await;
    browser.sign_in("tinh").await;
    let search = browser.post("/can-bo", &[("q", "alert")]).await.location().to_owned();
    let record = format!("/can-bo/ho-so/{}", house.records[1].id);
    for path in ["/kiem-tra/ket-qua", "/can-bo", &search, &record, "/?lang=en"] {
        pages.push((path.to_owned(), browser.get(path).await));
    }
    pages
}

#[tokio::test]
async fn every_page_is_hardened_and_every_text_is_escaped() {
    for (path, answer) in all_pages().await {
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert!(answer.headers.contains_key("referrer-policy"), "{path}");
        let page = answer.text();
        let scripts = page.matches("<script").count();
        assert_eq!(scripts, page.matches("<script src=\"/static/").count(), "{path}");
        for inline in [" style=", "<style", "javascript:", " onload=\"", " onclick="] {
            assert!(!page.contains(inline), "{inline} in {path}");
        }
    }
}

#[tokio::test]
async fn the_markup_of_every_page_is_sound() {
    for (path, answer) in all_pages().await {
        let page = answer.text();
        let language = if path.contains("lang=en") { "en" } else { "vi" };
        assert!(page.contains(&format!("<html lang=\"{language}\">")), "{path}");
        assert_eq!(page.matches("<h1").count(), 1, "{path}");
        assert_eq!(page.matches("<main").count(), 1, "{path}");
        assert!(page.contains("class=\"skip\" href=\"#main\""), "{path}");
        assert!(!page.contains("<title> – "), "{path}");
        let ids = values(&page, " id=\"");
        for (place, id) in ids.iter().enumerate() {
            assert!(!ids[..place].contains(id), "id {id} twice in {path}");
        }
        for referred in ["href=\"#", "aria-labelledby=\"", " for=\""] {
            for id in values(&page, referred) {
                assert!(ids.contains(&id), "{referred}{id} leads nowhere in {path}");
            }
        }
        for described in values(&page, "aria-describedby=\"") {
            assert!(described.split(' ').all(|id| ids.contains(&id)), "{described} in {path}");
        }
        for field in page.split("<input ").skip(1) {
            let field = field.split_once('>').unwrap().0;
            let labelled =
                || values(field, "id=\"").first().is_some_and(|id| page.contains(&format!("for=\"{id}\"")));
            assert!(field.contains("type=\"hidden\"") || labelled(), "{field} has no label in {path}");
        }
        for image in page.split("<img ").skip(1) {
            assert!(image.split_once('>').unwrap().0.contains("alt=\""), "{path}");
        }
        for element in
            ["div", "section", "form", "ul", "ol", "li", "dl", "details", "p", "span", "a", "svg", "nav"]
        {
            let opened =
                page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
            assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "<{element}> in {path}");
        }
    }
}

fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    page.split(attribute).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect()
}

#[tokio::test]
async fn forms_of_other_sites_and_stale_forms_are_refused() {
    let house = House::new().await;
    let mut browser = house.browser().await;
    let token = browser.token().await;
    let fields = [("code", DOSSIER), ("factor", HOLDER)];
    let foreign = |name: &str, value: &str| {
        let body = format!("token={token}&code={DOSSIER}&factor={HOLDER}");
        Request::post("/")
            .header(name, value)
            .header(header::HOST, "tracuu.vn")
            .body(Body::from(body))
            .unwrap()
    };
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.vn"), ("origin", "null")]
    {
        let answer = browser.send(foreign(name, value)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name} {value}");
    }
    assert_eq!(browser.send(foreign("origin", "https://tracuu.vn")).await.location(), "/ket-qua/1");
    let forged = browser.post_with("/", "", &fields).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    forged.shows(&["Trang đã mở quá lâu"]);
    let stolen = browser.another().post_with("/", &token, &fields).await;
    assert_eq!(stolen.status, StatusCode::FORBIDDEN);
    // Before and after signing in the tokens differ.
    browser.sign_in("tinh").await;
    assert_eq!(browser.post_with("/dang-xuat", &token, &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_other_sites() {
    let house = House::new().await;
    let settings = Settings { origin: "https://tracuu.example.vn".to_owned(), ..Settings::default() };
    let mut browser = house.browser_with(settings).await;
    let mut answers = vec![browser.get("/?lang=en").await];
    answers.push(browser.look_up(DOSSIER, HOLDER).await);
    answers.push(browser.sign_in("tinh").await);
    answers.push(browser.check(&[("a.pdf", b"x")]).await);
    let lines: Vec<String> = answers
        .iter()
        .flat_map(|answer| answer.headers.get_all(header::SET_COOKIE))
        .map(|line| line.to_str().unwrap().to_owned())
        .collect();
    assert_eq!(lines.len(), 5, "{lines:?}");
    for line in lines {
        assert!(line.starts_with("__Host-muniment-"), "{line}");
        assert!(line.contains("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{line}");
    }
    assert!(answers[0].headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
}

#[tokio::test]
async fn a_long_form_is_refused() {
    let house = House::empty().await;
    let mut browser = house.browser().await;
    let answer = browser.post("/", &[("code", &"x".repeat(20_000))]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.shows(&["<html lang=\"vi\">"]);
}

#[tokio::test]
async fn the_chosen_language_stays() {
    let house = House::empty().await;
    let mut browser = house.browser().await;
    browser.get("/").await.shows(&["Tra cứu kết quả", "href=\"/?lang=en\""]);
    browser.get("/?lang=en").await.shows(&["Look up a result", "href=\"/?lang=vi\""]);
    let page = browser.get("/kiem-tra").await;
    page.shows(&["Check a file"]);
    assert_eq!(page.headers[header::CONTENT_LANGUAGE], "en");
}

#[tokio::test]
async fn files_of_the_site_are_kept_for_ever_and_unknown_ones_are_not_found() {
    let house = House::empty().await;
    let mut browser = house.browser().await;
    let page = browser.get("/").await.text();
    for path in page.split('"').filter(|text| text.starts_with("/static/")) {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
    }
    assert_eq!(browser.get("/static/0/style.css").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn health_robots_and_wrong_methods() {
    let house = House::empty().await;
    let mut browser = house.browser().await;
    assert_eq!(browser.get("/healthz").await.text(), "ok");
    browser.get("/robots.txt").await.shows(&["Disallow: /ket-qua"]);
    let answer = browser.send(Request::delete("/").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    answer.shows(&["method-not-allowed"]);
    assert_eq!(browser.get("/ket-qua/x").await.status, StatusCode::NOT_FOUND);
}
