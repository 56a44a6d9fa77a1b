//! An officer searches and reads, within the account's scope.

use axum::http::StatusCode;
use muniment_portal::{Rate, Settings};
use muniment_record::Record;
use serde_json::{Value, json};

use crate::house::{DOSSIER, HOLDER, House};

fn office(code: &str, name: &str) -> Value {
    json!({"code": code, "name": name})
}

/// Three records: one of the health office, a restricted one of it, and one of another office.
async fn three() -> (House, [Record; 3]) {
    let mut house = House::empty().await;
    let own = house.deposit(json!({})).await;
    let restricted = house
        .deposit(json!({
            "result_code": "000.00.12.H05-260224-0018-KQ1", "title": "Quyết định bí danh", "access_level": "restricted"
        }))
        .await;
    let land = office("H05.07", "Sở Nông nghiệp Mẫu");
    let other = house
        .deposit(json!({
            "result_code": "H05.07-260224-0019-KQ1", "title": "Giấy phép khai thác nước", "agency_issuing": land,
            "agency_receiving": land, "agency_holding": land
        }))
        .await;
    (house, [own, restricted, other])
}

#[tokio::test]
async fn a_page_of_officers_leads_to_the_sign_in_and_back() {
    let house = House::new().await;
    let mut browser = house.browser().await;
    let path = format!("/can-bo/ho-so/{}", house.records[0].id);
    let sign_in = browser.get(&path).await.location().to_owned();
    assert!(sign_in.starts_with("/dang-nhap?tiep=%2Fcan-bo%2Fho-so%2F"), "{sign_in}");
    browser.get(&sign_in).await.shows(&["Đăng nhập dành cho cán bộ", &path]);
    for suffix in ["/trang/1", "/ban-dien-tu.pdf", "/bien-nhan.json"] {
        let answer = browser.get(&format!("{path}{suffix}")).await;
        assert!(answer.location().starts_with("/dang-nhap"), "{suffix}");
    }
    let fields = [("name", "tinh"), ("password", crate::house::PASSWORD), ("next", path.as_str())];
    assert_eq!(browser.post("/dang-nhap", &fields).await.location(), path);
    assert_eq!(browser.get(&path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_get_the_same_bytes() {
    let house = House::empty().await;
    let mut browser = house.browser().await;
    let token = browser.token().await;
    let mut pages = Vec::new();
    for name in ["tinh", "khong-co"] {
        let fields = [("name", name), ("password", "mật khẩu sai rồi")];
        let answer = browser.post_with("/dang-nhap", &token, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        pages.push(answer.text().replace(name, "NAME"));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn attempts_to_sign_in_are_counted() {
    let house = House::empty().await;
    let rate = Rate { burst: 1, interval_seconds: 60 };
    let mut browser =
        house.browser_with(Settings { sign_ins_per_account: rate, ..Settings::default() }).await;
    browser.post("/dang-nhap", &[("name", "tinh"), ("password", "sai")]).await;
    assert_eq!(browser.sign_in("tinh").await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn signing_out_ends_the_session_for_good() {
    let house = House::new().await;
    let mut browser = house.browser().await;
    browser.sign_in("tinh").await;
    let cookies = browser.cookies.clone();
    browser.get("/can-bo").await.shows(&["Cán bộ Mẫu", "Đăng xuất"]);
    assert_eq!(browser.post("/dang-xuat", &[]).await.location(), "/");
    browser.cookies = cookies;
    assert!(browser.get("/can-bo").await.location().starts_with("/dang-nhap"));
}

#[tokio::test]
async fn what_is_searched_is_found_marked_and_not_in_the_address() {
    let (house, [own, _, _]) = three().await;
    let mut browser = house.browser().await;
    browser.sign_in("tinh").await;
    let answer = browser.post("/can-bo", &[("q", "an toàn thực phẩm")]).await;
    let address = answer.location().to_owned();
    assert!(!address.contains("ph%E1%BA%A9m") && address.starts_with("/can-bo?tim="), "{address}");
    let page = browser.get(&address).await;
    page.shows(&[
        &format!("/can-bo/ho-so/{}", own.id),
        "<mark>",
        "value=\"an toàn thực phẩm\"",
        "34/2026/ATTP-CNĐK",
    ]);
    // The word stands for a query in this officer's session alone.
    let mut other = browser.another();
    other.sign_in("y-te").await;
    assert_eq!(other.get(&address).await.location(), "/can-bo");
}

#[tokio::test]
async fn an_officer_finds_and_opens_only_what_is_in_scope() {
    let (house, [own, restricted, other]) = three().await;
    for (account, seen) in
        [("tinh", [true, true, true]), ("y-te", [true, false, false]), ("y-te-mat", [true, true, false])]
    {
        let mut browser = house.browser().await;
        browser.sign_in(account).await;
        let list = browser.get("/can-bo").await;
        for (record, is_seen) in [&own, &restricted, &other].into_iter().zip(seen) {
            let path = format!("/can-bo/ho-so/{}", record.id);
            assert_eq!(list.text().contains(&path), is_seen, "{account} {path}");
            let expected = if is_seen { StatusCode::OK } else { StatusCode::NOT_FOUND };
            for suffix in ["", "/trang/1", "/ban-dien-tu.pdf", "/bien-nhan.json"] {
                let answer = browser.get(&format!("{path}{suffix}")).await;
                assert_eq!(answer.status, expected, "{account} {path}{suffix}");
            }
        }
        if account == "y-te" {
            list.hides(&["Quyết định bí danh", "Giấy phép khai thác nước", "Sở Nông nghiệp"]);
        }
    }
}

#[tokio::test]
async fn what_is_out_of_scope_looks_like_what_does_not_exist() {
    let (house, [_, _, other]) = three().await;
    let mut browser = house.browser().await;
    browser.sign_in("y-te").await;
    let hidden = browser.get(&format!("/can-bo/ho-so/{}", other.id)).await;
    let missing = browser.get("/can-bo/ho-so/01890000-0000-7000-8000-000000000000").await;
    let blank = |page: String| {
        page.replace(&other.id.to_string(), "ID").replace("01890000-0000-7000-8000-000000000000", "ID")
    };
    assert_eq!(blank(hidden.text()), blank(missing.text()));
}

#[tokio::test]
async fn a_record_shows_all_that_is_known_of_it() {
    let house = House::new().await;
    let record = &house.records[0];
    let mut browser = house.browser().await;
    browser.sign_in("tinh").await;
    let page = browser.get(&format!("/can-bo/ho-so/{}", record.id)).await;
    page.shows(&[
        "Nguyễn Thị Mẫu",
        HOLDER,
        &format!("{DOSSIER}-KQ1"),
        "10 năm (đến 31/12/2036)",
        "Dữ liệu cá nhân cơ bản",
        &record.sha256.to_string(),
        record.lookup_token.as_str(),
        "Bản điện tử hợp lệ",
        "Chữ ký số cơ quan",
        "Nhật ký xử lý",
        "Lưu kho",
        "10:15:00 24/11/2026",
    ]);
}

#[tokio::test]
async fn facets_narrow_the_search_and_can_be_taken_back() {
    let (house, [own, _, other]) = three().await;
    let mut browser = house.browser().await;
    browser.sign_in("tinh").await;
    let page = browser.get("/can-bo").await.text();
    let start = page.find("Sở Nông nghiệp Mẫu</span><span class=\"count\">1").unwrap();
    let link = &page[page[..start].rfind("href=\"").unwrap() + 6..];
    let address = link.split_once('"').unwrap().0.replace("&#38;", "&");
    let narrowed = browser.get(&address).await;
    narrowed.shows(&[&other.id.to_string(), "Bỏ lọc", "href=\"/can-bo\""]);
    narrowed.hides(&[&own.id.to_string()]);
}

#[tokio::test]
async fn long_results_come_in_pages() {
    let mut house = House::empty().await;
    for number in 1..=21 {
        house.deposit(json!({"result_code": format!("H05-260224-{number:04}-KQ1")})).await;
    }
    let mut browser = house.browser().await;
    browser.sign_in("tinh").await;
    let first = browser.get("/can-bo").await;
    first.shows(&["21 kết quả", "Trang 1 / 2", "/can-bo?trang=2"]);
    assert_eq!(first.text().matches("<h3><a href=\"/can-bo/ho-so/").count(), 20);
    let last = browser.get("/can-bo?trang=99").await;
    assert_eq!(last.text().matches("<h3><a href=\"/can-bo/ho-so/").count(), 1);
    last.shows(&["Trang 2 / 2"]);
}
