use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use crate::house::{House, samples};

/// The program serving, stopped with the test.
pub struct Served {
    child: Child,
    address: String,
}

impl Served {
    pub fn start(house: &House) -> Self {
        let mut command = house.command();
        command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program serves");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address =
            line.split("http://").nth(1).expect("an address").trim().trim_end_matches('/').to_owned();
        Self { child, address }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)
            .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn pages_are_served_and_records_are_not_shown_to_strangers() {
    let house = House::without_ocr();
    let summary = house.take(&[&samples()], 0);
    let id = summary["documents"][0]["record"].as_str().expect("a record");
    let served = Served::start(&house);
    let home = served.get("/");
    assert!(home.starts_with("HTTP/1.1 200"), "{home}");
    assert!(home.contains("Tra cứu kết quả") && home.contains("lang=\"vi\""), "{home}");
    assert!(served.get("/kiem-tra").contains("Kiểm tra bản điện tử"));
    let stranger = served.get(&format!("/can-bo/ho-so/{id}"));
    assert!(!stranger.starts_with("HTTP/1.1 200"), "{stranger}");
    let title =
        house.run(["--json", "show", id]).expect(0).json()["record"]["description"]["holder"]["name"].clone();
    assert!(!stranger.contains(title.as_str().expect("a name")));
}

#[test]
fn readiness_is_told_and_taken_back_when_the_index_is_gone() {
    let house = House::without_ocr();
    house.take(&[&samples()], 0);
    let served = Served::start(&house);
    assert!(served.get("/healthz").starts_with("HTTP/1.1 200"));
    let ready = served.get("/readyz");
    assert!(ready.starts_with("HTTP/1.1 200") && ready.ends_with("ready\n"), "{ready}");
    std::fs::rename(house.home().join("index"), house.path("index-gone")).expect("the index is moved");
    let broken = served.get("/readyz");
    assert!(broken.starts_with("HTTP/1.1 503") && broken.ends_with("index\n"), "{broken}");
    std::fs::rename(house.path("index-gone"), house.home().join("index")).expect("the index is back");
    assert!(served.get("/readyz").starts_with("HTTP/1.1 200"));
}

#[test]
fn metrics_are_told_and_hold_no_personal_data() {
    let house = House::without_ocr();
    house.take(&[&samples()], 0);
    house.run(["audit", "--minutes", "5"]).expect(0);
    let served = Served::start(&house);
    let record = house.run(["--json", "search", "giay"]).expect(0).json();
    let id = record["hits"][0]["id"].as_str().expect("a hit").to_owned();
    let answer = served.get("/metrics");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("text/plain; version=0.0.4"), "{answer}");
    for line in [
        "muniment_ledger_documents{state=\"archived\"} 8",
        "muniment_ledger_documents{state=\"quarantined\"} 0",
        "muniment_log_entries 8",
        "muniment_log_published_entries 8",
        "muniment_records 8",
        "muniment_records_never_audited 0",
        "muniment_store_failures_total{store=\"first\",operation=\"put\"} 0",
    ] {
        assert!(answer.lines().any(|told| told == line), "{line}: {answer}");
    }
    let holder =
        house.run(["--json", "show", &id]).expect(0).json()["record"]["description"]["holder"].clone();
    for private in [holder["name"].as_str().expect("a name"), id.as_str(), "H05"] {
        assert!(!answer.contains(private), "{private}");
    }
}
