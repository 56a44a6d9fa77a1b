//! Timestamps when a copy is sealed, validation data some time after.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::house::{House, samples};

/// One bare sample, with its metadata beside it.
fn one_document(house: &House) -> PathBuf {
    let folder = house.path("one");
    fs::create_dir_all(&folder).expect("a folder");
    let scan = fs::read_dir(samples()).expect("the samples").filter_map(Result::ok).map(|entry| entry.path());
    let scan = scan.filter(|path| path.extension().is_some_and(|e| e == "jpg")).min().expect("a sample");
    for file in [scan.clone(), scan.with_extension("json")] {
        fs::copy(&file, folder.join(file.file_name().expect("a name"))).expect("a copy");
    }
    folder
}

/// A copy of the only record, taken out of the archive.
fn taken_out(house: &House, record: &str, name: &str) -> PathBuf {
    let copy = house.path(name);
    house.run(["get".as_ref(), record.as_ref(), "-o".as_ref(), copy.as_os_str()]).expect(0);
    copy
}

fn verified(house: &House, copy: &Path) -> Value {
    let report = house.run(["--json".as_ref(), "verify".as_ref(), copy.as_os_str()]).expect(0).json();
    report["report"]["signatures"][0].clone()
}

#[test]
fn a_copy_gets_a_timestamp_at_once_and_validation_data_when_its_time_has_come() {
    let house = House::without_ocr();
    let summary = house.take(&[&one_document(&house)], 0);
    let record = summary["documents"][0]["record"].as_str().expect("a record").to_owned();
    let sealed = taken_out(&house, &record, "sealed.pdf");
    let signature = verified(&house, &sealed);
    assert_eq!(signature["level"], "B-T");
    assert!(signature["trusted_at"].is_string(), "{signature}");

    let early = house.run(["--json", "uplift"]).expect(0).json();
    assert_eq!(early["uplifted"], 0, "a day is to pass first");
    let done = house.run(["--json", "uplift", "--now"]).expect(0).json();
    assert_eq!(done["uplifted"], 1, "{done}");
    let again = house.run(["--json", "uplift", "--now"]).expect(0).json();
    assert_eq!(again["uplifted"], 0, "it is done once");

    let uplifted = taken_out(&house, &record, "uplifted.pdf");
    assert_eq!(verified(&house, &uplifted)["level"], "B-LT");
    let (before, after) = (fs::read(&sealed).expect("sealed"), fs::read(&uplifted).expect("uplifted"));
    assert!(
        after.len() > before.len() && after.starts_with(&before),
        "not a byte that was signed has changed"
    );
    assert_eq!(house.audit_is_clean(), 1);
    let part = house.run(["--json", "audit", "--minutes", "1"]).expect(0).json();
    assert_eq!((&part["objects"], &part["coverage"]["never"]), (&Value::from(1), &Value::from(0)), "{part}");
    let shown = house.run(["--json", "show", record.as_str()]).expect(0).json();
    assert_eq!(shown["record"]["version"], 2, "{shown}");

    // Storage alone tells all that, and who has the file of the first version is not turned away.
    house.run(["rebuild"]).expect(0);
    assert_eq!(house.audit_is_clean(), 1);
    assert_eq!(fs::read(taken_out(&house, &record, "rebuilt.pdf")).expect("rebuilt"), after);
    assert_eq!(verified(&house, &sealed)["indication"], "TOTAL-PASSED");
}

#[test]
fn a_document_waits_where_no_authority_answers_and_is_archived_later() {
    let house = House::without_ocr();
    // Nobody listens on the discard port of this machine.
    let (own, silent) = ("timestamps = [\"development\"]", "timestamps = [\"http://127.0.0.1:9/\"]");
    house.configure(own, silent);
    let documents = one_document(&house);
    let waiting = house.take(&[&documents], 1);
    assert_eq!(waiting["documents"][0]["fate"], "quarantined");
    assert_eq!(waiting["documents"][0]["reason"]["code"], "timestamp-failed");
    assert_eq!(waiting["ledger"]["balances"], true);
    house.configure(silent, own);
    let archived = house.take(&[&documents], 0);
    assert_eq!(archived["documents"][0]["fate"], "archived");
    assert_eq!(house.audit_is_clean(), 1);
}

#[test]
fn the_officer_signs_first_and_the_agency_after() {
    let house = House::new();
    let scan = fs::read_dir(one_document(&house)).expect("a folder").filter_map(Result::ok);
    let scan = scan.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "jpg"));
    let (plain, first, both) = (house.path("plain.pdf"), house.path("first.pdf"), house.path("both.pdf"));
    let scan = scan.expect("a scan");
    house
        .run(["prepare".as_ref(), scan.as_os_str(), "--no-ocr".as_ref(), "-o".as_ref(), plain.as_os_str()])
        .expect(0);
    let officer = ["sign".as_ref(), "--as".as_ref(), "officer".as_ref(), plain.as_os_str()];
    house.run(officer.into_iter().chain(["-o".as_ref(), first.as_os_str()])).expect(0);
    house.run(["sign".as_ref(), first.as_os_str(), "-o".as_ref(), both.as_os_str()]).expect(0);
    let report = house.run(["--json".as_ref(), "verify".as_ref(), both.as_os_str()]).expect(0).json();
    let roles: Vec<&Value> = report["report"]["signatures"]
        .as_array()
        .expect("signatures")
        .iter()
        .map(|one| &one["role"])
        .collect();
    assert_eq!(roles, ["officer", "agency"]);
}

#[test]
fn the_agency_signs_with_a_key_in_a_token() {
    let house = House::without_ocr();
    let tokens = house.path("tokens");
    fs::create_dir_all(&tokens).expect("a folder for tokens");
    let settings = house.path("softhsm2.conf");
    fs::write(&settings, format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display()))
        .expect("the settings");
    let softhsm = |args: &[&str]| {
        let output = Command::new("softhsm2-util").env("SOFTHSM2_CONF", &settings).args(args).output();
        let output = output.expect("softhsm2-util runs: scripts/tools.sh test installs it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let key = house.home().join("keys/agency.key.pem");
    softhsm(&["--init-token", "--free", "--label", "muniment", "--pin", "1234", "--so-pin", "5678"]);
    let import = ["--import", key.to_str().expect("a path"), "--token", "muniment", "--pin", "1234"];
    softhsm(&[&import[..], &["--label", "agency", "--id", "01"]].concat());
    // From here on the key is in the token alone.
    fs::remove_file(&key).expect("the key's file is removed");
    fs::write(house.home().join("keys/token.pin"), "1234\n").expect("the PIN");
    let module = "/usr/lib/softhsm/libsofthsm2.so";
    let uri = format!("pkcs11:token=muniment;object=agency?module-path={module}&pin-source=keys/token.pin");
    house.configure("key = \"keys/agency.key.pem\" ", &format!("key = \"{uri}\" "));

    let documents = one_document(&house);
    let args = ["--json".as_ref(), "take".as_ref(), documents.as_os_str()];
    let taken =
        house.command().env("SOFTHSM2_CONF", &settings).args(args).output().expect("the program runs");
    let (out, err) = (String::from_utf8_lossy(&taken.stdout), String::from_utf8_lossy(&taken.stderr));
    assert_eq!(taken.status.code(), Some(0), "{out}\n{err}");
    let summary: Value = serde_json::from_str(&out).expect("JSON");
    let record = summary["documents"][0]["record"].as_str().expect("a record");
    let copy = taken_out(&house, record, "sealed.pdf");
    assert_eq!(verified(&house, &copy)["indication"], "TOTAL-PASSED");
}

#[test]
fn the_agency_signs_with_a_key_in_a_pkcs12_file() {
    let house = House::without_ocr();
    let keys = house.home().join("keys");
    let made = Command::new("openssl")
        .args(["pkcs12", "-export", "-passout", "pass:mật khẩu", "-inkey"])
        .arg(keys.join("agency.key.pem"))
        .arg("-in")
        .arg(keys.join("agency.chain.pem"))
        .arg("-out")
        .arg(keys.join("agency.p12"))
        .output()
        .expect("openssl runs: scripts/tools.sh test installs it");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::write(keys.join("agency.p12.password"), "mật khẩu\n").expect("the password");
    fs::remove_file(keys.join("agency.key.pem")).expect("the key's file is removed");
    house.configure("key = \"keys/agency.key.pem\" ", "key = \"keys/agency.p12\" ");
    let summary = house.take(&[&one_document(&house)], 0);
    let record = summary["documents"][0]["record"].as_str().expect("a record");
    let copy = taken_out(&house, record, "sealed.pdf");
    assert_eq!(verified(&house, &copy)["indication"], "TOTAL-PASSED");
}

#[test]
fn a_certificate_that_ends_soon_is_in_what_doctor_says_to_people_and_machines() {
    let house = House::without_ocr();
    let keys = house.home().join("keys");
    let openssl = |args: &[&str]| {
        let output = Command::new("openssl").current_dir(&keys).args(args).output();
        let output = output.expect("openssl runs: scripts/tools.sh test installs it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    house.run(["doctor"]).expect(0);
    fs::write(keys.join("extensions"), "keyUsage = critical, digitalSignature, nonRepudiation\n")
        .expect("a file");
    openssl(&["req", "-new", "-key", "agency.key.pem", "-subj", "/CN=ten days", "-out", "request"]);
    let issue = ["x509", "-req", "-in", "request", "-CA", "issuing.chain.pem", "-CAkey", "issuing.key.pem"];
    openssl(&[&issue[..], &["-days", "10", "-extfile", "extensions", "-out", "new.pem"]].concat());
    let chain = [fs::read(keys.join("new.pem")), fs::read(keys.join("issuing.chain.pem"))];
    fs::write(keys.join("agency.chain.pem"), chain.map(|part| part.expect("a certificate")).concat())
        .expect("the chain");
    for file in ["extensions", "request", "new.pem"] {
        fs::remove_file(keys.join(file)).expect("it is removed");
    }
    let said = house.run(["--lang", "en", "doctor"]).expect(1).stdout;
    assert!(
        said.contains("WRONG  agency certificate   expires on") && said.contains("within 30 days"),
        "{said}"
    );
    let checks = house.run(["--json", "doctor"]).expect(1).json();
    let check = checks.as_array().expect("a list").iter().find(|check| check["what"] == "agency certificate");
    assert_eq!(check.expect("the certificate")["well"], false);
}
