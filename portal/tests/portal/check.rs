//! Anybody checks files.

use axum::http::{StatusCode, header};
use muniment_portal::{Rate, Settings};
use serde_json::{Value, json};

use crate::house::{House, plain_pdf};

#[tokio::test]
async fn a_file_of_the_archive_is_valid_and_its_standing_is_told() {
    let mut house = House::empty().await;
    let record = house.deposit(json!({"legal_status": {"is": "revoked", "basis": "12/QĐ-UBND"}})).await;
    let pdf = house.pdf(&record).await;
    let mut browser = house.browser().await;
    let answer = browser.check(&[("giay-phep.pdf", &pdf)]).await;
    assert_eq!(answer.location(), "/kiem-tra/ket-qua");
    let page = browser.get("/kiem-tra/ket-qua").await;
    page.shows(&[
        "Bản điện tử hợp lệ",
        "Đúng là bản đang được lưu trong kho này",
        "Đã thu hồi",
        "Theo văn bản số 12/QĐ-UBND",
        "giay-phep.pdf",
        "Nội dung đúng như lúc ký",
        "Chữ ký số cơ quan",
        &record.sha256.to_string(),
    ]);
    // Who holds the file learns its standing, and nothing of the holder.
    page.hides(&["Nguyễn Thị Mẫu", record.lookup_token.as_str()]);
    let english = browser.get("/kiem-tra/ket-qua?lang=en").await;
    english.shows(&["<html lang=\"en\">", "The electronic copy is valid", "Revoked"]);
}

#[tokio::test]
async fn a_changed_file_is_not_valid_and_an_unsigned_one_is_no_error() {
    let house = House::new().await;
    let mut changed = house.pdf(&house.records[0]).await;
    let place = changed.windows(8).position(|window| window == b"MediaBox").unwrap();
    changed[place + 10] = b'9';
    let mut browser = house.browser().await;
    browser.check(&[("a.pdf", &changed)]).await;
    browser.get("/kiem-tra/ket-qua").await.shows(&[
        "Bản điện tử KHÔNG hợp lệ",
        "Không dùng bản này",
        "không có trong kho này",
    ]);
    browser.check(&[("b.pdf", &plain_pdf(1, 9))]).await;
    browser.get("/kiem-tra/ket-qua").await.shows(&["Không có chữ ký số"]);
    browser.check(&[("c.pdf", b"not a PDF <script>")]).await;
    browser.get("/kiem-tra/ket-qua").await.shows(&["Tệp không phải là PDF."]);
}

#[tokio::test]
async fn many_files_get_a_verdict_each_and_a_report_for_programs() {
    let house = House::new().await;
    let pdf = house.pdf(&house.records[0]).await;
    let mut browser = house.browser().await;
    browser.check(&[("a.pdf", &pdf), ("<b>.pdf", &plain_pdf(1, 9))]).await;
    let page = browser.get("/kiem-tra/ket-qua").await;
    page.shows(&["Kết quả kiểm tra", "a.pdf", "&#60;b&#62;.pdf", "Bản điện tử hợp lệ", "Không có chữ ký số"]);
    let report = browser.get("/kiem-tra/ket-qua.json").await;
    assert_eq!(report.headers[header::CONTENT_TYPE], "application/json");
    let report: Value = serde_json::from_str(&report.text()).unwrap();
    assert_eq!(report[0]["report"]["verdict"], "TOTAL-PASSED");
    assert_eq!(report[1]["report"]["verdict"], "NOT-SIGNED");
    assert!(report[0].get("kept_as").is_some());
}

#[tokio::test]
async fn a_report_is_seen_by_whoever_sent_the_file_alone() {
    let house = House::new().await;
    let mut browser = house.browser().await;
    browser.check(&[("a.pdf", &plain_pdf(1, 9))]).await;
    let mut stranger = browser.another();
    assert_eq!(stranger.get("/kiem-tra/ket-qua").await.location(), "/kiem-tra");
    assert_eq!(stranger.get("/kiem-tra/ket-qua.json").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn too_much_is_refused_with_words() {
    let house = House::empty().await;
    let settings = Settings { check_file_bytes: 1 << 20, check_files: 2, ..Settings::default() };
    let mut browser = house.browser_with(settings).await;
    let large = vec![0; (1 << 20) + 1];
    let answer = browser.check(&[("a.pdf", &large)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.shows(&["Tệp quá lớn", "tối đa 1 MB"]);
    // Among others it costs only its own verdict.
    browser.check(&[("a.pdf", &large), ("b.pdf", &plain_pdf(1, 9))]).await;
    browser.get("/kiem-tra/ket-qua").await.shows(&["Tệp quá lớn, chưa được kiểm tra", "Không có chữ ký số"]);
    let answer = browser.check(&[("a.pdf", b"x"), ("b.pdf", b"x"), ("c.pdf", b"x")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.shows(&["Mỗi lần kiểm tra tối đa 2 tệp"]);
    let answer = browser.check(&[("a.pdf", &vec![0; 5 << 20])]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn no_file_is_an_error_beside_the_field() {
    let house = House::empty().await;
    let mut browser = house.browser().await;
    let answer = browser.check(&[("", b"")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.shows(&["Hãy chọn ít nhất một tệp PDF", "<title>Lỗi: "]);
}

#[tokio::test]
async fn checks_are_counted_by_file() {
    let house = House::empty().await;
    let rate = Rate { burst: 2, interval_seconds: 60 };
    let mut browser = house.browser_with(Settings { checks_per_address: rate, ..Settings::default() }).await;
    browser.check(&[("a.pdf", b"x"), ("b.pdf", b"x")]).await;
    assert_eq!(browser.check(&[("c.pdf", b"x")]).await.status, StatusCode::TOO_MANY_REQUESTS);
}
