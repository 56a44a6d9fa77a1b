use super::fixture::{Document, House, archive_all, audit, id_of, now};
use crate::{Archive, Error, Registration};

#[tokio::test]
async fn what_was_deposited_is_found_and_read_back() {
    let (house, archive) = House::new().await;
    let batch = archive_all(&house, &archive, 0..3).await;
    let record = archive.record(id_of(1)).await.unwrap();
    assert_eq!(record.batch, batch.as_str());
    for code in [
        record.id.to_string(),
        "H05.12-260224-0001-KQ1".to_owned(),
        " h05.12 – 260224 – 0001-kq1".to_owned(),
        "H05.12-260224-0001".to_owned(),
    ] {
        assert_eq!(archive.find(&code).await.unwrap(), [record.id], "{code}");
    }
    assert_eq!(archive.find("34/2026/attp-cnđk").await.unwrap().len(), 3);
    assert_eq!(archive.find("H05.12-260224-0009").await.unwrap(), []);
    assert_eq!(archive.pdf(&record).await.unwrap(), b"%PDF-1.7 1 signed 0");
    assert_eq!(archive.text(&record).await.unwrap(), "Giấy chứng nhận số 1");
    let receipt = archive.receipt(record.id).await.unwrap();
    assert_eq!((receipt.sha256, receipt.pages, receipt.archived_at), (record.sha256, 2, now()));
    assert_eq!(archive.holder_of(&record.sha256).await.unwrap(), Some(record.id));
    assert_eq!(archive.events(&record).await.unwrap().archived_at(), Some(now()));
    let page = archive.records(Some(id_of(0)), 1).await.unwrap();
    assert_eq!(page, [record]);
    let sequences: Vec<u64> = archive.outbox(1, 10).await.unwrap().iter().map(|row| row.sequence).collect();
    assert_eq!(sequences, [2, 3]);
    archive.check_storage().await.unwrap();
    assert!(audit(&archive).await.is_clean());
}

#[tokio::test]
async fn the_same_bytes_are_a_duplicate_under_any_name() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..1).await;
    let batch = archive.open_batch(now()).await.unwrap();
    let mut again = Document::new(&house, 0, 1);
    again.name = "copy.jpg".to_owned();
    again.id = id_of(9);
    assert_eq!(again.register(&archive, &batch).await, Registration::Duplicate { of: id_of(0) });
    // So is a PDF that the archive gave out.
    let given_out = super::fixture::source("given-out.pdf", b"%PDF-1.7 0 signed 0");
    again.source = given_out;
    assert_eq!(again.register(&archive, &batch).await, Registration::Duplicate { of: id_of(0) });
}

#[tokio::test]
async fn a_result_code_has_one_holder() {
    let (house, archive) = House::new().await;
    let batch = archive_all(&house, &archive, 0..1).await;
    let rival = Document::new(&house, 1, 0).with_code_of(0);
    rival.register(&archive, &batch).await;
    let refused = rival.deposit(&archive, &batch).await.unwrap_err();
    assert!(matches!(refused, Error::ResultCodeTaken { holder } if holder == id_of(0)), "{refused}");
    assert_eq!(refused.code(), "result-code-taken");
    assert!(audit(&archive).await.is_clean());
}

#[tokio::test]
async fn what_does_not_agree_is_refused() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let document = Document::new(&house, 0, 0);
    let early = document.deposit(&archive, &batch).await.unwrap_err();
    assert_eq!(early.code(), "not-pending");
    document.register(&archive, &batch).await;
    std::fs::write(&document.scan, b"another scan").unwrap();
    let changed = document.deposit(&archive, &batch).await.unwrap_err();
    assert_eq!(changed.code(), "damaged");
    let other_batch = archive.open_batch(now()).await.unwrap();
    let moved = document.deposit(&archive, &other_batch).await.unwrap_err();
    assert_eq!(moved.code(), "mismatch");
}

#[tokio::test]
async fn an_archive_is_made_once_and_not_opened_without_its_catalogue() {
    let (house, archive) = House::new().await;
    archive.close().await;
    drop(archive);
    assert_eq!(Archive::create(&house.home()).await.unwrap_err().code(), "archive-exists");
    std::fs::remove_file(house.home().join("catalog.sqlite")).unwrap();
    assert_eq!(Archive::open(&house.home()).await.unwrap_err().code(), "catalogue-missing");
    assert_eq!(Archive::open(&house.home().join("ocfl")).await.unwrap_err().code(), "not-found");
}

#[tokio::test]
async fn deposits_at_the_same_time_fail_alone() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let good = Document::new(&house, 0, 0);
    let rival = Document::new(&house, 1, 0).with_code_of(0);
    let changed = Document::new(&house, 2, 0);
    let other = Document::new(&house, 3, 0);
    for document in [&good, &rival, &changed, &other] {
        document.register(&archive, &batch).await;
    }
    std::fs::write(&changed.scan, b"another scan").unwrap();
    let answers = tokio::join!(
        good.deposit(&archive, &batch),
        rival.deposit(&archive, &batch),
        changed.deposit(&archive, &batch),
        other.deposit(&archive, &batch)
    );
    // Which of the two comes first is open; the other one is refused.
    let (winner, loser) = if answers.0.is_ok() { (answers.0, answers.1) } else { (answers.1, answers.0) };
    winner.unwrap();
    assert_eq!(loser.unwrap_err().code(), "result-code-taken");
    assert_eq!(answers.2.unwrap_err().code(), "damaged");
    answers.3.unwrap();
    let totals = archive.ledger(&batch).await.unwrap().totals;
    assert_eq!((totals.archived.documents, totals.pending.documents), (2, 2));
    assert!(audit(&archive).await.is_clean());
}

#[tokio::test]
async fn a_code_is_the_same_in_the_older_and_the_newer_form() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let first = Document::new(&house, 1, 0).in_old_form();
    first.register(&archive, &batch).await;
    first.deposit(&archive, &batch).await.unwrap();
    for code in [
        "H05.12-260224-0001-KQ1",
        "000.00.12.H05-260224-0001-KQ1",
        "h05.12 – 260224-0001",
        "000.00.12.H05-260224-0001",
    ] {
        assert_eq!(archive.find(code).await.unwrap(), [id_of(1)], "{code}");
    }
    let code = "H05.12-260224-0001-KQ1".parse().unwrap();
    assert_eq!(archive.code_holder(&code).await.unwrap(), Some(id_of(1)));
    let second = Document::new(&house, 2, 0).with_code_of(1);
    second.register(&archive, &batch).await;
    assert_eq!(second.deposit(&archive, &batch).await.unwrap_err().code(), "result-code-taken");
    let kept = archive.record(id_of(1)).await.unwrap().description.result_code.unwrap();
    assert_eq!(kept.to_string(), "000.00.12.H05-260224-0001-KQ1");
}

#[tokio::test]
async fn codes_of_an_older_catalogue_are_brought_to_canonical_form() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    for seed in 1..5 {
        let document = Document::new(&house, seed, 0);
        document.register(&archive, &batch).await;
        document.deposit(&archive, &batch).await.unwrap();
    }
    let old = ["000.00.12.H05", "000.00.00.H05", "000.03.12.H05", "007.03.12.H05"];
    let mut transaction = archive.catalogue.sqlite().unwrap().begin().await.unwrap();
    for (seed, agency) in (1..).zip(old) {
        sqlx::query("UPDATE records SET result_code = ?1 || '-KQ1', dossier_code = ?1 WHERE id = ?2")
            .bind(format!("{agency}-260224-0017"))
            .bind(id_of(seed).to_string())
            .execute(&mut *transaction)
            .await
            .unwrap();
    }
    sqlx::raw_sql(include_str!("../../migrations/sqlite/0003_canonical_codes.sql"))
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    for (seed, agency) in (1..).zip(old) {
        let result = format!("{agency}-260224-0017-KQ1").parse().unwrap();
        assert_eq!(archive.code_holder(&result).await.unwrap(), Some(id_of(seed)), "{agency}");
        assert_eq!(archive.find(&format!("{agency}-260224-0017")).await.unwrap(), [id_of(seed)], "{agency}");
    }
}
