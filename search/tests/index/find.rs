//! What finds what.

use muniment_search::{Paging, Query, Scope, Sort, Total};
use tempfile::TempDir;
use unicode_normalization::UnicodeNormalization;

use crate::support::{draft, found, index, numbers, search};

fn people() -> (TempDir, muniment_search::Reader) {
    let dir = TempDir::new().expect("a folder");
    let reader = index(
        dir.path(),
        &[
            draft(1).holder("Trịnh Văn Mã").with("symbol", "12/2020/QĐ-UBND"),
            draft(2).holder("Trịnh Văn Má").with("issued_on", "2020-05-17"),
            draft(3).holder("Khổng Thúy Quỳnh").text("nghệ nhân ưu tú đúc đồng Đại Bái"),
            draft(4).holder("Lý Thị Hoà").with("symbol", "CN 987654").text("đồng Đại Bái đúc"),
            draft(5)
                .holder("Đặng Bắc")
                .agency("H05.13", "Sở Y tế")
                .with("procedure_name", "Cấp chứng chỉ hành nghề"),
        ],
    );
    (dir, reader)
}

#[test]
fn names_are_found_however_their_marks_are_typed() {
    let (_dir, reader) = people();
    for (query, expected) in [
        ("Trịnh Văn Mã", vec![1, 2]),
        ("Trịnh Văn Má", vec![2, 1]),
        ("khong thuy quynh", vec![3]),
        ("Khổng Thuý Quỳnh", vec![3]),
        ("Lí Thị Hòa", vec![4]),
        ("Ðặng Bắc", vec![5]),
        ("Ddawngj Bawsc", vec![5]),
        ("Khổng Thúy Qu", vec![3]),
        ("khong thuyy quynh", vec![3]),
    ] {
        assert_eq!(found(&reader, query), expected, "{query}");
        let decomposed: String = query.nfd().collect();
        assert_eq!(found(&reader, &decomposed), expected, "{query}, decomposed");
    }
}

#[test]
fn codes_are_found_whole_and_in_part_with_any_punctuation() {
    let (_dir, reader) = people();
    for (query, expected) in [
        ("000.00.12.H05-260224-0003", vec![3]),
        ("000.00.12.h05 – 260224 – 0003", vec![3]),
        ("0000012H052602240003", vec![3]),
        ("H05-260224-0003", vec![3]),
        ("260224-0003", vec![3]),
        ("12/2020/QĐ-UBND", vec![1]),
        ("12/2020/QÐ-UBND", vec![1]),
        ("12-2020-qd-ubnd", vec![1]),
        ("122020QĐUBND", vec![1]),
        ("CN 987654", vec![4]),
        ("CN 9876", vec![4]),
        ("cn987654", vec![4]),
        ("099 188 000 002", vec![2]),
        ("số:12/2020", vec![1]),
        ("hồ sơ:260224-0005", vec![5]),
    ] {
        assert_eq!(found(&reader, query), expected, "{query}");
    }
}

#[test]
fn a_dossier_is_found_by_its_code_in_either_form_of_the_agency() {
    let dir = TempDir::new().expect("a folder");
    let code = |code: &str| draft(u64::from(code.starts_with('H')) + 1).with("result_code", code);
    let (older, newer) = ("000.00.12.H05-260224-0017-KQ1", "H05.13-260224-0018-KQ1");
    let reader = index(dir.path(), &[code(older), code(newer)]);
    for (query, expected) in [
        (older, vec![1]),
        ("H05.12-260224-0017-KQ1", vec![1]),
        ("H05.12-260224-0017", vec![1]),
        ("H05.12-2602", vec![1]),
        ("hồ sơ:H05.12 - 260224 - 0017", vec![1]),
        (newer, vec![2]),
        ("000.00.13.H05-260224-0018", vec![2]),
        ("H05.13-260224-0018", vec![2]),
        ("H05132602240018", vec![2]),
        ("260224-0018", vec![2]),
    ] {
        assert_eq!(found(&reader, query), expected, "{query}");
    }
}

#[test]
fn fields_phrases_exclusions_and_dates_narrow_a_search() {
    let (_dir, reader) = people();
    for (query, expected) in [
        ("\"đúc đồng Đại Bái\"", vec![3]),
        ("đúc đồng -nghệ", vec![4]),
        ("tên:trinh -tên:\"Văn Mã\" ngày:2020", vec![2]),
        ("ngày:01/05/2020..31/05/2020", vec![2]),
        ("cơ quan:y tế", vec![5]),
        ("cơ quan:H05.13", vec![5]),
        ("thủ tục:chứng chỉ", vec![5]),
        ("tên:xây dựng", vec![]),
    ] {
        assert_eq!(found(&reader, query), expected, "{query}");
    }
}

#[test]
fn phrases_are_found_in_descriptions_and_texts_and_left_out_of_both() {
    let dir = TempDir::new().expect("a folder");
    let reader = index(
        dir.path(),
        &[
            draft(1).text("thửa đất số bảy"),
            draft(2).text("số thửa đất là bảy"),
            draft(3).with("abstract", "Tách thửa đất số chín"),
            draft(4).text("thửa đất đất số"),
        ],
    );
    for (query, expected) in [
        ("\"thửa đất\"", vec![4, 2, 1, 3]),
        ("\"thua dat so\"", vec![1, 3]),
        ("\"đất số\"", vec![4, 1, 3]),
        ("\"đất đất\"", vec![4]),
        ("\"thửa đất số\" -\"số bảy\"", vec![3]),
        ("thửa -\"thửa đất số\"", vec![4, 2]),
        ("-\"thửa đất\"", vec![]),
        ("-\"đất số\"", vec![2]),
        ("\"đất thửa\"", vec![]),
    ] {
        let mut found = found(&reader, query);
        let mut expected = expected;
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn an_empty_query_lists_everything_the_newest_first() {
    let (_dir, reader) = people();
    assert_eq!(found(&reader, ""), [5, 4, 3, 1, 2]);
}

#[test]
fn pages_do_not_overlap_and_counts_do_not_depend_on_them() {
    let dir = TempDir::new().expect("a folder");
    let drafts: Vec<_> = (1..=57).map(draft).collect();
    let reader = index(dir.path(), &drafts);
    for sort in [Sort::Relevance, Sort::Newest, Sort::Oldest] {
        let mut all = Vec::new();
        for offset in (0..60).step_by(10) {
            let paging = Paging { offset, sort, ..Paging::default() };
            let results =
                reader.search(&Scope::Everything, &Query::parse("xay dung"), &paging).expect("a search");
            assert_eq!(results.total, Total::Exactly(57));
            all.extend(numbers(&results));
        }
        assert_eq!(all, (1..=57).rev().collect::<Vec<u64>>(), "{sort:?}");
    }
}

#[test]
fn facets_count_all_matching_records_and_their_filters_narrow_to_them() {
    let (_dir, reader) = people();
    let results = search(&reader, &Scope::Everything, "");
    let agencies: Vec<(&str, u64)> =
        results.facets.agencies.iter().map(|value| (value.label.as_str(), value.count)).collect();
    assert_eq!(agencies, [("Sở Xây dựng tỉnh Bắc Ninh", 4), ("Sở Y tế", 1)]);
    assert_eq!(results.facets.months.len(), 2);
    let facets = &results.facets;
    for value in facets.agencies.iter().chain(&facets.procedures).chain(&facets.years).chain(&facets.statuses)
    {
        let narrowed = search(&reader, &Scope::Everything, &value.filter);
        assert_eq!(narrowed.total, Total::Exactly(value.count), "{}", value.filter);
    }
}

#[test]
fn a_hit_shows_why_it_was_found() {
    let (_dir, reader) = people();
    let results = search(&reader, &Scope::Everything, "\"duc dong dai bai\"");
    let hit = &results.hits[0];
    let marked: Vec<&str> =
        hit.snippet.pieces().into_iter().filter(|(_, is_hit)| *is_hit).map(|(text, _)| text).collect();
    assert_eq!(marked, ["đúc", "đồng", "Đại", "Bái"]);
    assert_eq!(hit.holder, "Khổng Thúy Quỳnh");
    assert_eq!(hit.agency, "Sở Xây dựng tỉnh Bắc Ninh");
}

#[test]
fn words_run_together_torn_apart_or_mistyped_are_put_right() {
    let (_dir, reader) = people();
    for (query, expected) in [
        ("khongthuyquynh", vec![3]),
        ("khong thuyquynh", vec![3]),
        ("kho ng thuy quynh", vec![3]),
        ("quynh thuy khong", vec![3]),
        ("khong thuy quymh", vec![3]),
        ("nghệ nhân ưu tú đúc đồng 99/ABCD", vec![3]),
    ] {
        assert_eq!(found(&reader, query), expected, "{query}");
    }
}

#[test]
fn a_procedure_is_found_by_its_code() {
    let (_dir, reader) = people();
    for query in ["1.990009", "1.990009.000.00.00.H05", "1990009"] {
        assert_eq!(search(&reader, &Scope::Everything, query).total, Total::Exactly(5), "{query}");
    }
}

/// Pieces that people and their keyboards, pages and scripts put into search boxes.
const PIECES: [&str; 26] = [
    "\"",
    "“",
    "-",
    "--",
    ":",
    "tên:",
    "tên: tên:",
    "số:",
    "ngày:",
    "ngày:31/02/2026",
    "ngày:..",
    "ngày:9999..0000",
    "trạng thái:",
    "-trạng thái:xanh",
    "cơ quan:\"",
    "(",
    "*",
    "a*",
    "\\",
    "' OR 1=1 --",
    "<script>",
    "\u{0}",
    "\u{202e}abc",
    "e\u{301}\u{301}\u{301}",
    "🏠",
    "000.00.00.H05-",
];

#[test]
fn no_query_however_nasty_fails() {
    let (_dir, reader) = people();
    let long =
        ["dat ".repeat(400), "\"".repeat(300), "-a ".repeat(300), "x".repeat(5000), "đ\u{301}".repeat(900)];
    let pairs = PIECES.iter().flat_map(|one| PIECES.iter().map(move |other| format!("{one}{other}")));
    let spaced = PIECES.iter().map(|piece| format!("dat {piece} ký:lan"));
    let mut tried = 0;
    for typed in pairs.chain(spaced).chain(long) {
        let results = search(&reader, &Scope::Everything, &typed);
        let total = results.total.count();
        assert!(results.total.is_exact() && results.hits.len() as u64 <= total && total <= 5, "{typed:?}");
        for notice in &results.notices {
            for language in [muniment_record::Language::Vietnamese, muniment_record::Language::English] {
                assert!(notice.message(language).chars().count() > 10, "{typed:?}");
            }
        }
        tried += 1;
    }
    assert!(tried >= 700, "{tried}");
}
