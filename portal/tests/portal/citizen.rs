//! A holder looks up a result.

use axum::http::{StatusCode, header};
use muniment_portal::{Rate, Settings};
use serde_json::json;

use crate::browser::Browser;
use crate::house::{DOSSIER, HOLDER, House};

#[tokio::test]
async fn the_token_opens_pages_file_and_receipt() {
    let house = House::new().await;
    let record = &house.records[0];
    let mut browser = house.browser().await;
    // As it is pasted: spaces, a long dash, lower case.
    let typed = DOSSIER.to_lowercase().replace('-', " – ");
    let answer = browser.look_up(&typed, &record.lookup_token.as_str().replace('-', " ")).await;
    assert_eq!(answer.location(), "/ket-qua/1");

    let page = browser.get("/ket-qua/1").await;
    page.shows(&[
        "Giấy chứng nhận cơ sở đủ điều kiện an toàn thực phẩm",
        "34/2026/ATTP-CNĐK",
        "Còn hiệu lực",
        "Bản điện tử hợp lệ",
        "Nguyễn Thị Mẫu · ••••0017",
        "Trang hai &#60;b&#62;&#38;",
        "name=\"robots\" content=\"noindex, nofollow\"",
    ]);
    page.hides(&[HOLDER]);

    let image = browser.get("/ket-qua/1/trang/2?rong=800").await;
    assert_eq!(image.headers[header::CONTENT_TYPE], "image/jpeg");
    assert_eq!(image.text(), "page 2 at 800");
    assert_eq!(browser.get("/ket-qua/1/trang/3").await.status, StatusCode::NOT_FOUND);

    let file = browser.get("/ket-qua/1/ban-dien-tu.pdf").await;
    assert_eq!(file.body, house.pdf(record).await);
    assert_eq!(
        file.headers[header::CONTENT_DISPOSITION],
        "attachment; filename=\"000.00.12.H05-260224-0017-KQ1.pdf\""
    );
    let receipt: serde_json::Value =
        serde_json::from_str(&browser.get("/ket-qua/1/bien-nhan.json").await.text()).unwrap();
    assert_eq!(receipt["sha256"], record.sha256.to_string());
}

#[tokio::test]
async fn the_holders_number_opens_a_summary_and_the_token_the_rest() {
    let house = House::new().await;
    let record = &house.records[0];
    let mut browser = house.browser().await;
    assert_eq!(browser.look_up(DOSSIER, HOLDER).await.location(), "/ket-qua/1");
    let page = browser.get("/ket-qua/1").await;
    page.shows(&["Nguyễn T. M*** · ••••0017", "Còn hiệu lực", "Xem và tải toàn văn"]);
    page.hides(&["Nguyễn Thị Mẫu", HOLDER, "ban-dien-tu.pdf", "Trang hai", record.lookup_token.as_str()]);
    for path in ["/ket-qua/1/trang/1", "/ket-qua/1/ban-dien-tu.pdf", "/ket-qua/1/bien-nhan.json"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }

    let wrong = browser.post("/ket-qua/1", &[("factor", HOLDER)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = browser.post("/ket-qua/1", &[("factor", record.lookup_token.as_str())]).await;
    assert_eq!(right.location(), "/ket-qua/1");
    assert_eq!(browser.get("/ket-qua/1/ban-dien-tu.pdf").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_operator_may_let_the_number_open_everything() {
    let house = House::new().await;
    let settings = Settings { holder_number_opens_file: true, ..Settings::default() };
    let mut browser = house.browser_with(settings).await;
    browser.look_up(DOSSIER, HOLDER).await;
    assert_eq!(browser.get("/ket-qua/1/ban-dien-tu.pdf").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_does_not_exist_and_what_does_not_match_get_the_same_bytes() {
    let house = House::new().await;
    let other = "000.00.12.H05-260224-0018";
    let mut browser = house.browser().await;
    let answer = async |browser: &mut Browser, code: &str, factor: &str| {
        let answer = browser.look_up(code, factor).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        answer.shows(&["Không tìm thấy kết quả phù hợp"]);
        // The page shows again what was typed as a code, and is as much longer; nothing else may differ.
        let headers = answer.headers.iter().filter(|(name, _)| *name != header::CONTENT_LENGTH);
        let headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {value:?}")).collect();
        let typed = format!("value=\"{code}\"");
        (answer.text().replace(&typed, "value=\"CODE\""), headers)
    };
    let missing = answer(&mut browser, other, "099188000099").await;
    let mismatch = answer(&mut browser, DOSSIER, "099188000099").await;
    assert_eq!(missing, mismatch);
    let wrong_token = answer(&mut browser, DOSSIER, "0000-0000-00000").await;
    assert_eq!(missing, wrong_token);
    let other_result = answer(&mut browser, &format!("{DOSSIER}-KQ2"), HOLDER).await;
    assert_eq!(missing, other_result);
}

#[tokio::test]
async fn a_failed_look_up_takes_its_time_whatever_the_reason() {
    let house = House::new().await;
    let settings = Settings { look_up_milliseconds: 150, ..Settings::default() };
    let mut browser = house.browser_with(settings).await;
    let token = browser.token().await;
    for code in [DOSSIER, "000.00.12.H05-260224-0018"] {
        let started = std::time::Instant::now();
        browser.post_with("/", &token, &[("code", code), ("factor", "099188000099")]).await;
        assert!(started.elapsed().as_millis() >= 150, "{code}");
    }
}

#[tokio::test]
async fn a_dossier_with_several_results_lists_them() {
    let mut house = House::new().await;
    house
        .deposit(json!({
            "result_code": format!("{DOSSIER}-KQ2"),
            "title": "Quyết định kèm theo",
            "legal_status": {"is": "revoked", "basis": "12/QĐ-UBND"}
        }))
        .await;
    house.deposit(json!({"result_code": format!("{DOSSIER}-KQ3"), "holder": {"kind": "org", "name": "Công ty Mẫu"}})).await;
    let mut browser = house.browser().await;
    assert_eq!(browser.look_up(DOSSIER, HOLDER).await.location(), "/ket-qua");
    let page = browser.get("/ket-qua").await;
    page.shows(&["/ket-qua/1", "/ket-qua/2", "Quyết định kèm theo", "Đã thu hồi"]);
    page.hides(&["/ket-qua/3", "Công ty Mẫu", "Nguyễn Thị Mẫu"]);
    browser.get("/ket-qua/2").await.shows(&["Theo văn bản số 12/QĐ-UBND"]);
    assert_eq!(browser.get("/ket-qua/3").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_expired_result_says_so() {
    let mut house = House::empty().await;
    house.deposit(json!({"valid_to": "2026-11-23"})).await;
    let mut browser = house.browser().await;
    browser.look_up(DOSSIER, HOLDER).await;
    browser.get("/ket-qua/1").await.shows(&["Hết hiệu lực", "Từ sau ngày 23/11/2026"]);
}

#[tokio::test]
async fn a_result_is_open_in_the_browser_that_looked_it_up_and_until_it_is_closed() {
    let house = House::new().await;
    let mut browser = house.browser().await;
    browser.look_up(DOSSIER, HOLDER).await;
    let mut stranger = browser.another();
    assert_eq!(stranger.get("/ket-qua/1").await.location(), "/");
    assert_eq!(stranger.get("/ket-qua/1/ban-dien-tu.pdf").await.status, StatusCode::NOT_FOUND);
    let cookies = browser.cookies.clone();
    assert_eq!(browser.post("/ket-qua/ket-thuc", &[]).await.location(), "/");
    // Even a cookie that was kept is worth nothing afterwards.
    browser.cookies = cookies;
    assert_eq!(browser.get("/ket-qua/1").await.location(), "/");
}

#[tokio::test]
async fn guessing_is_slowed_down_by_code_and_by_address_but_a_token_is_not_locked_out() {
    let house = House::new().await;
    let rate = |burst| Rate { burst, interval_seconds: 60 };
    let settings = Settings {
        look_ups_per_code: rate(2),
        look_ups_per_address: rate(5),
        look_up_milliseconds: 1,
        ..Settings::default()
    };
    let mut browser = house.browser_with(settings).await;
    for _ in 0..2 {
        let answer = browser.look_up(DOSSIER, "099188000099").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let refused = browser.look_up(DOSSIER, HOLDER).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers[header::RETRY_AFTER], "60");
    refused.shows(&["Bạn đã thử quá nhiều lần", "60 giây"]);
    // A code that does not exist is counted just so.
    let token = house.records[0].lookup_token.clone();
    assert_eq!(browser.look_up(DOSSIER, token.as_str()).await.location(), "/ket-qua/1");
    browser.look_up("000.00.12.H05-260224-0018", HOLDER).await;
    let refused = browser.look_up("000.00.12.H05-260224-0018", HOLDER).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_number_dressed_as_a_token_is_counted_and_opens_nothing() {
    let house = House::new().await;
    let rate = |burst| Rate { burst, interval_seconds: 60 };
    let settings = Settings {
        look_ups_per_code: rate(2),
        look_ups_per_address: rate(30),
        look_up_milliseconds: 1,
        ..Settings::default()
    };
    let mut browser = house.browser_with(settings).await;
    // With the right one of these behind it, a number reads as a token.
    for check in "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U".chars() {
        let dressed = format!("{HOLDER}{check}");
        if dressed.parse::<muniment_record::LookupToken>().is_ok() {
            for expected in [
                StatusCode::UNPROCESSABLE_ENTITY,
                StatusCode::UNPROCESSABLE_ENTITY,
                StatusCode::TOO_MANY_REQUESTS,
            ] {
                assert_eq!(browser.look_up(DOSSIER, &dressed).await.status, expected);
            }
            return;
        }
    }
    panic!("some check character must fit");
}

#[tokio::test]
async fn a_dossier_code_opens_in_the_newer_form_too_and_is_counted_as_one() {
    let house = House::new().await;
    let rate = |burst| Rate { burst, interval_seconds: 60 };
    let settings = Settings { look_ups_per_code: rate(2), look_up_milliseconds: 1, ..Settings::default() };
    let mut browser = house.browser_with(settings).await;
    for code in ["H05.12-260224-0017", "H05.12-260224-0017-KQ1"] {
        assert_eq!(browser.look_up(code, HOLDER).await.location(), "/ket-qua/1", "{code}");
    }
    assert_eq!(browser.look_up(DOSSIER, HOLDER).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn typing_errors_are_named_beside_the_field_and_above_the_form() {
    let house = House::empty().await;
    let mut browser = house.browser().await;
    let answer = browser.look_up("0017", "").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.shows(&[
        "<title>Lỗi: Tra cứu kết quả",
        "<a href=\"#code\">Mã hồ sơ chưa đúng dạng",
        "id=\"code-error\"",
        "aria-invalid=\"true\"",
        "Hãy nhập mã tra cứu",
        "value=\"0017\"",
    ]);
    browser.look_up(DOSSIER, "7K2M-9QXD-0RTA0").await.shows(&["Mã tra cứu có chỗ gõ nhầm"]);
}
