use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::house::{House, copy_folder, samples};

const MOMENTS: u32 = 20;

/// The moments are spread evenly over the time that an undisturbed run takes; the archive's own tests stop it at every
/// boundary between two durable effects.
#[test]
fn a_killed_take_loses_nothing_and_keeps_nothing_twice() {
    let house = House::without_ocr();
    let pristine = house.path("pristine");
    copy_folder(&house.home(), &pristine);
    let begin = Instant::now();
    let whole = house.take(&[&samples()], 0);
    let undisturbed = begin.elapsed();
    let documents = whole["ledger"]["archived"]["documents"].as_u64().expect("documents");

    let mut cut_off = 0;
    for moment in 0..MOMENTS {
        fs::remove_dir_all(house.home()).expect("the home is removed");
        copy_folder(&pristine, &house.home());
        let mut child = house.start(["take", samples().to_str().expect("a path")]);
        thread::sleep(undisturbed * moment / MOMENTS + Duration::from_millis(5));
        cut_off += u32::from(child.try_wait().expect("the child").is_none());
        child.kill().expect("the child is killed");
        child.wait().expect("the child ends");

        let again = house.take(&[&samples()], 0);
        let sum = |state: &str| again["ledger"][state]["documents"].as_u64().expect("a count");
        assert_eq!(sum("archived") + sum("duplicate"), documents, "moment {moment}: {again}");
        assert_eq!(again["ledger"]["balances"], true, "moment {moment}");
        assert_eq!(house.audit_is_clean(), documents, "moment {moment}");
        let results = house.run(["--json", "search", "--limit", "100", ""]).expect(0).json();
        assert_eq!(results["total"].as_u64(), Some(documents), "moment {moment}: {results}");
    }
    assert!(cut_off >= MOMENTS / 2, "only {cut_off} runs were cut off before their end");
}
