//! What somebody who has never seen the code types, at the command line and into the page of officers.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::house::{House, samples};
use crate::portal::Served;

/// Queries and the last digits of the dossiers that come first, in whatever order.
const QUERIES: &[(&str, &[u32])] = &[
    // Words, with marks and without, decomposed, in keys of Telex, with wrong letters, run together, unfinished.
    ("pham thi gia dinh", &[1, 3, 5]),
    ("Lê Hoàng Thử", &[2, 3, 6, 7]),
    ("Le\u{302} Hoa\u{300}ng Thu\u{31b}\u{309}", &[2, 3, 6, 7]),
    ("Lee Hoangf Thuwr", &[2, 3, 6, 7]),
    ("lê hoàgn thử", &[2, 3, 6, 7]),
    ("VĂN PHÒNG PHẨM", &[1]),
    ("vanphongpham minh hoa", &[1]),
    ("may do minh hoa", &[5]),
    ("giấy phép xây dựng đường Thử Nghiệm", &[8]),
    ("nguyen thi mau giay phep", &[4, 8]),
    ("quyết định về việc xác nh", &[3, 7]),
    ("trích lục kh", &[2, 6]),
    // Phrases and what is left out.
    ("\"đường Mẫu Số Một\"", &[7]),
    ("“đất tại số 232”", &[3]),
    ("hộ kinh doanh -\"may đo\"", &[1]),
    ("trích lục khai sinh -số:364/TLKS", &[6]),
    // Codes, whole and in part, with any punctuation.
    ("27A8000925/GCN-HKD", &[1]),
    ("27a8000707", &[5]),
    ("27A8000707 GCN HKD", &[5]),
    ("813/QÐ-SQLÐÐ", &[3]),
    ("879 gpxd", &[4]),
    ("000.00.92.H05-260829-10004", &[4]),
    ("H05.92 – 260829 – 10004", &[4]),
    ("0000091H0525121710002", &[2]),
    ("260217-10007", &[7]),
    ("10008-KQ1", &[8]),
    ("099 304 000 048", &[1, 3, 5]),
    // Fields.
    ("số: 446 / GPXD - UBND", &[8]),
    ("hồ sơ:H05-251208-10001", &[1]),
    ("tên:\"Nguyễn Thị Mẫu\"", &[4, 7, 8]),
    ("ký:trần văn ví dụ", &[4]),
    ("thủ tục:khai sinh", &[2, 6]),
    ("cơ quan:đất đai mẫu", &[3, 7]),
    ("cơ quan:H05.93", &[8]),
    ("ngày:01/09/2026..30/09/2026", &[3, 4]),
    ("trạng thái:hiệu lực giấy phép xây dựng", &[4, 8]),
    // The same in English.
    ("date:2026-02", &[7]),
    ("year:2025 holder:lê hoàng thử", &[2, 6]),
    ("signer:nguyễn thị mẫu", &[1, 3]),
    ("agency:thử nghiệm name:mẫu", &[8]),
    ("symbol:TLKS date:26/12/2025", &[2]),
    ("procedure:xây dựng status:in_force", &[4, 8]),
    ("dossier:260528-10005", &[5]),
];

#[test]
fn whoever_has_never_seen_the_code_finds_records_at_the_command_line_and_on_the_page() {
    let house = House::new();
    house.take(&[&samples()], 0);
    let added = house.run(["account", "add", "canbo", "--restricted"]).expect(0).stdout;
    let password = added.rsplit(' ').next().expect("a password").trim().to_owned();
    let served = Served::start(&house);
    let mut browser = Browser { address: served.address().to_owned(), cookies: Vec::new() };
    browser.sign_in("canbo", &password);
    let mut misses = Vec::new();
    for (query, expected) in QUERIES {
        let expected: BTreeSet<u32> = expected.iter().copied().collect();
        let results = house.run(["--json", "search", "--", query]).expect(0).json();
        let hits = results["hits"].as_array().expect("hits");
        let first = hits.iter().take(expected.len()).map(number_of_dossier).collect::<BTreeSet<u32>>();
        if first != expected {
            misses.push(format!("search {query}: {first:?} instead of {expected:?}"));
        }
        let shown = browser.search(query);
        let listed: Vec<&str> = hits.iter().filter_map(|hit| hit["id"].as_str()).collect();
        if shown != listed {
            misses.push(format!("page {query}: {shown:?} instead of {listed:?}"));
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn what_cannot_be_understood_is_said_in_vietnamese_and_the_rest_is_searched() {
    let house = House::without_ocr();
    house.take(&[&samples()], 0);
    let wrong = house.run(["search", "khai sinh ngày:31/02/2026"]).expect(0);
    assert!(wrong.stdout.contains("“31/02/2026” không phải là ngày hợp lệ"), "{}", wrong.stdout);
    assert!(wrong.stdout.contains("\n2 kết quả\n"), "{}", wrong.stdout);
    let one = house.run(["search", "27A8000925/GCN-HKD"]).expect(0);
    assert!(one.stdout.starts_with("1 kết quả\n"), "{}", one.stdout);
    let english = house.run(["--lang", "en", "search", "27A8000925/GCN-HKD"]).expect(0);
    assert!(english.stdout.starts_with("1 result\n"), "{}", english.stdout);
    let none = house.run(["search", "trạng thái:thu hồi"]).expect(0);
    assert!(none.stdout.starts_with("Không có kết quả\n"), "{}", none.stdout);
    for without in [["hộ kinh doanh", "-may đo"], ["kinh doanh", "-đo"], ["GCN-HKD", "-số:27A8000707"]]
    {
        let left = house.run([&["search"][..], &without, &["--limit", "5"]].concat()).expect(0);
        assert!(left.stdout.starts_with("1 kết quả\n"), "{without:?}: {}", left.stdout);
        assert!(left.stdout.contains("27A8000925/GCN-HKD"), "{without:?}: {}", left.stdout);
    }
    let refused = house.run(["search", "--limit", "0", "khai sinh"]).expect(64);
    assert!(refused.stderr.contains("--limit phải từ 1 trở lên"), "{}", refused.stderr);
}

/// The number that the sample has in its dossier code: 3 of `000.00.95.H05-260828-10003-KQ1`.
fn number_of_dossier(hit: &Value) -> u32 {
    let code = hit["result_code"].as_str().expect("a result code");
    let number = code.split('-').nth(2).and_then(|number| number.parse::<u32>().ok());
    number.expect("a number") - 10_000
}

/// Keeps cookies and posts forms.
struct Browser {
    address: String,
    cookies: Vec<(String, String)>,
}

impl Browser {
    fn sign_in(&mut self, name: &str, password: &str) {
        let token = self.token();
        let answer = self.post("/dang-nhap", &[("token", &token), ("name", name), ("password", password)]);
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    }

    /// Types a query into the page's form and gives the ids of the first page of hits, in order.
    fn search(&mut self, query: &str) -> Vec<String> {
        let token = self.token();
        let answer = self.post("/can-bo", &[("token", &token), ("q", query)]);
        let place =
            answer.lines().find_map(|line| line.strip_prefix("location: ")).expect("a place").to_owned();
        let page = self.send(&format!("GET {place} HTTP/1.1\r\n"), "");
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let hits = page.split("<h3><a href=\"/can-bo/ho-so/").skip(1);
        hits.filter_map(|rest| rest.split_once('"')).map(|(id, _)| id.to_owned()).collect()
    }

    fn token(&mut self) -> String {
        let page = self.send("GET / HTTP/1.1\r\n", "");
        let (_, rest) = page.split_once("name=\"token\" value=\"").expect("a form");
        rest.split_once('"').expect("a token").0.to_owned()
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let fields: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let body = fields.join("&");
        let head = format!(
            "POST {path} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        );
        self.send(&head, &body)
    }

    fn send(&mut self, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        write!(
            stream,
            "{head}Host: {0}\r\nOrigin: http://{0}\r\nCookie: {1}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            cookies.join("; ")
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let set = answer.lines().take_while(|line| !line.is_empty());
        for line in set.filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let pair = line.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        answer
    }
}

/// A value as a form sends it.
fn encoded(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
