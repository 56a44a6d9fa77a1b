//! What stands on the pages: drawn from the wording by chance, in one of four layouts.

use super::Layout;
use super::grid::Pen;
use super::wording::{
    AGENCIES, ARTICLES, GROUNDS, HEADLINES, ITEMS, LABELS, SENTENCES, THINGS, TITLES, UNITS, symbol,
};
use crate::compose::{Column, Composer, Ending, Stand};
use crate::fonts::{Family, Fonts};
use crate::page::Page;
use crate::random::Random;
use crate::subjects::{COMMUNES, PERSONS, address};

const COLUMNS: [Column; 5] =
    [("STT", 34.0), ("Nội dung", 178.0), ("Đơn vị", 62.0), ("Số lượng", 66.0), ("Thành tiền (đồng)", 116.0)];

pub(super) fn draw(fonts: &Fonts<'_>, family: Family, layout: Layout, random: &mut Random) -> Page {
    // The table has a chance of its own, so that other pages stay as they are.
    let mut extra = Random::new(random.clone().next(), 0);
    let has_high_cells = layout == Layout::Table && extra.once_in(2);
    let mut page = set(fonts, family, (layout, has_high_cells), random);
    if has_high_cells {
        Pen { fonts, family, page: &mut page }.table(&mut extra);
    }
    page
}

/// What is set in type: all but a table with high cells, which is drawn below it.
fn set(fonts: &Fonts<'_>, family: Family, layout: (Layout, bool), random: &mut Random) -> Page {
    let mut sheet = Composer::in_family(fonts, family);
    if random.once_in(4) {
        sheet.guilloche();
    }
    let agency = random.pick(&AGENCIES);
    sheet.letterhead(agency.0, agency.1, &format!("Số: {}", symbol(random)), &place_and_day(random));
    let (title, headline) = (*random.pick(&TITLES), *random.pick(&HEADLINES));
    sheet.title(title, &[headline]);
    match layout {
        (Layout::Letter, _) => letter(&mut sheet, random),
        (Layout::Columns, _) => columns(&mut sheet, random),
        (Layout::Table, false) => table(&mut sheet, random),
        (Layout::Table, true) => {
            let intro = paragraph(random, 1);
            sheet.paragraph(Stand::Justified, &intro);
            return sheet.finish().swap_remove(0);
        }
        (Layout::Form, _) => form(&mut sheet, random),
    }
    if random.once_in(3) {
        let place = (random.between(140.0, 430.0), random.between(260.0, 480.0));
        sheet.seal_over(place, "CƠ QUAN MẪU", random.next());
    }
    let signer = random.pick(&PERSONS);
    sheet.ending(&Ending {
        recipients: &[
            "Nơi nhận:".to_owned(),
            format!("- UBND {};", random.pick(&COMMUNES).name),
            "- Như trên;".to_owned(),
            format!("- Lưu: VT, {}.", random.pick(&["QLXD", "ĐKĐĐ", "TCKT", "KSTTHC", "NV"])),
        ],
        office: random
            .pick::<[&str; 2]>(&[["KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"], ["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"]]),
        name: signer.name,
        seal: "CƠ QUAN MẪU",
        seed: random.next(),
    });
    // What no longer fits on the first page is left away with its text.
    sheet.finish().swap_remove(0)
}

fn place_and_day(random: &mut Random) -> String {
    format!(
        "Bắc Ninh, ngày {:02} tháng {} năm {}",
        random.whole(1, 28),
        random.whole(3, 12),
        random.whole(2019, 2026)
    )
}

/// One of the stock, its blanks filled.
pub(super) fn one_of(random: &mut Random, stock: &[&str]) -> String {
    let chosen = *random.pick(stock);
    filled(random, chosen)
}

fn filled(random: &mut Random, sentence: &str) -> String {
    let mut text = sentence.to_owned();
    while let Some(at) = text.find('#') {
        let value = random.whole(2, 480).to_string();
        text.replace_range(at..=at, &value);
    }
    if text.contains('$') {
        let commune = random.pick(&COMMUNES);
        text = text.replace('$', &address(random, commune));
    }
    if text.contains('~') {
        let day =
            format!("{:02}/{:02}/{}", random.whole(1, 28), random.whole(1, 12), random.whole(2015, 2026));
        text = text.replace('~', &day);
    }
    if text.contains('&') {
        text = text.replace('&', random.pick(&PERSONS).name);
    }
    text
}

fn paragraph(random: &mut Random, sentences: u32) -> String {
    let parts: Vec<String> = (0..sentences).map(|_| one_of(random, &SENTENCES)).collect();
    parts.join(" ")
}

fn letter(sheet: &mut Composer<'_>, random: &mut Random) {
    for _ in 0..random.whole(2, 3) {
        let ground = one_of(random, &GROUNDS);
        sheet.paragraph(Stand::Justified, &format!("_{ground}_"));
    }
    let heading = *random.pick(&["QUYẾT ĐỊNH:", "THÔNG BÁO NHƯ SAU:", "XÁC NHẬN:"]);
    sheet.heading(heading);
    for number in 1..=random.whole(2, 3) {
        let article = paragraph(random, 1);
        let lead = one_of(random, &ARTICLES);
        sheet.paragraph(Stand::Justified, &format!("*Điều {number}.* {lead} {article}"));
        if random.once_in(2) {
            for letter in ["a)", "b)", "c)", "d)", "đ)"].iter().take(random.whole(2, 4) as usize) {
                let item = one_of(random, &ITEMS);
                sheet.paragraph(Stand::Left, &format!("{letter} {item}"));
            }
        }
    }
    for _ in 0..2 {
        let item = one_of(random, &ITEMS);
        sheet.paragraph(Stand::Left, &format!("- {item}"));
    }
}

fn columns(sheet: &mut Composer<'_>, random: &mut Random) {
    let intro = paragraph(random, 1);
    sheet.paragraph(Stand::Justified, &format!("_{intro}_"));
    let mut column = |paragraphs: u32| -> Vec<String> {
        (0..paragraphs)
            .map(|number| match number {
                1 => format!("*{}.* {}", random.whole(1, 9), paragraph(random, 1)),
                _ => paragraph(random, 2),
            })
            .collect()
    };
    let (left, right) = (column(3), column(3));
    sheet.columns([&left, &right]);
}

fn table(sheet: &mut Composer<'_>, random: &mut Random) {
    let intro = paragraph(random, 1);
    sheet.paragraph(Stand::Justified, &intro);
    let rows: Vec<Vec<String>> = (1..=random.whole(6, 12))
        .map(|number| {
            vec![
                number.to_string(),
                (*random.pick(&THINGS)).to_owned(),
                (*random.pick(&UNITS)).to_owned(),
                format!("{},{}", random.whole(1, 320), random.whole(0, 9)),
                format!("{}.{:03}.000", random.whole(1, 90), random.whole(0, 999)),
            ]
        })
        .collect();
    sheet.table(&COLUMNS, &rows);
    let total = random.whole(100, 900);
    sheet.paragraph(Stand::Left, &format!("*Tổng cộng: {total}.000.000 đồng*"));
    let closing = paragraph(random, 1);
    sheet.paragraph(Stand::Justified, &closing);
}

fn form(sheet: &mut Composer<'_>, random: &mut Random) {
    let person = random.pick(&PERSONS);
    sheet.heading("I. THÔNG TIN NGƯỜI ĐỀ NGHỊ");
    sheet.fill_in(&[("Họ và tên:", person.name)]);
    sheet.fill_in(&[("Số định danh:", person.number), ("Giới tính:", person.sex())]);
    for _ in 0..random.whole(3, 5) {
        let (label, value) = *random.pick(&LABELS);
        let value = if random.once_in(4) { String::new() } else { filled(random, value) };
        sheet.fill_in(&[(label, &value)]);
    }
    sheet.heading("II. NỘI DUNG ĐỀ NGHỊ");
    for _ in 0..random.whole(3, 5) {
        let item = one_of(random, &ITEMS);
        sheet.paragraph(Stand::Left, &format!("- {item}"));
    }
    sheet.fill_in(&[("Ngày", ""), ("tháng", ""), ("năm", "")]);
    let closing = paragraph(random, 1);
    sheet.paragraph(Stand::Justified, &closing);
}
