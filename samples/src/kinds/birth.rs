use jiff::civil::Date;

use super::{Case, Drawn, set_holder, set_signer};
use crate::compose::{Composer, Ending, Stand};
use crate::fonts::Fonts;
use crate::subjects::{COMMUNES, PERSONS, address};
use crate::words::{day, long_date};

const PROCEDURE: &str = "1.990021.000.00.00.H05";
const TITLE: &str = "Trích lục khai sinh";

/// Extract of a registration of birth, of one of the two youngest; the eldest are parents.
pub(super) fn draw(fonts: &Fonts<'_>, case: &mut Case) -> Drawn {
    let commune = case.random.pick(&COMMUNES);
    let [mother, father, son, daughter, leader] = &PERSONS;
    let child = if case.random.once_in(2) { son } else { daughter };
    let birthday = birthday(case, child.birth_year);
    let place = case.random.pick(&COMMUNES);
    let home = address(&mut case.random, commune);
    let registered = case.random.whole(1, 300);
    let symbol = format!("{}/TLKS", case.number);
    let agency = format!("Ủy ban nhân dân {}", commune.name);

    let mut sheet = Composer::new(fonts);
    sheet.letterhead(
        "TỈNH BẮC NINH",
        &format!("UBND {}", commune.name.to_uppercase()),
        &format!("Số: {symbol}"),
        &format!("Bắc Ninh, {}", long_date(case.issued_on)),
    );
    sheet.title("TRÍCH LỤC KHAI SINH", &["(BẢN SAO)"]);
    for text in [
        format!("Họ, chữ đệm, tên: *{}*", child.name.to_uppercase()),
        format!("Ngày, tháng, năm sinh: *{}* ghi bằng chữ: {}", birthday.strftime("%d/%m/%Y"), day(birthday)),
        format!("Giới tính: *{}* Dân tộc: *Kinh* Quốc tịch: *Việt Nam*", child.sex()),
        format!("Nơi sinh: {}, tỉnh Bắc Ninh", place.name),
        format!("Quê quán: {}, tỉnh Bắc Ninh", commune.name),
        format!("Số định danh cá nhân: *{}*", child.number),
        format!("Họ, chữ đệm, tên người mẹ: *{}*", mother.name.to_uppercase()),
        "Dân tộc: Kinh. Quốc tịch: Việt Nam".to_owned(),
        format!("Nơi cư trú: {home}"),
        format!("Họ, chữ đệm, tên người cha: *{}*", father.name.to_uppercase()),
        "Dân tộc: Kinh. Quốc tịch: Việt Nam".to_owned(),
        format!("Nơi cư trú: {home}"),
        format!("Đăng ký khai sinh tại: Ủy ban nhân dân {}, tỉnh Bắc Ninh", commune.name),
        format!(
            "Số: {registered}/{} ngày {}",
            child.birth_year,
            birthday.saturating_add(jiff::Span::new().days(12)).strftime("%d/%m/%Y")
        ),
        "Ghi chú: Không.".to_owned(),
    ] {
        sheet.paragraph(Stand::Left, &text);
    }
    sheet.paragraph(
        Stand::Justified,
        "_Trích lục này được lập từ dữ liệu mẫu để thử phần mềm, không lấy từ Cơ sở dữ liệu hộ tịch._",
    );
    sheet.ending(&Ending {
        recipients: &["Nơi nhận:".to_owned(), "- Người yêu cầu;".to_owned(), "- Lưu: VT, HT.".to_owned()],
        office: &["NGƯỜI KÝ TRÍCH LỤC", "PHÓ CHỦ TỊCH"],
        name: leader.name,
        seal: "ỦY BAN NHÂN DÂN MẪU",
        seed: case.random.next(),
    });

    let mut fields = case.fields((commune.code, &agency), PROCEDURE, TITLE, &symbol);
    fields.set("abstract", format!("Trích lục khai sinh của {}", child.name));
    set_holder(&mut fields, "holder", child);
    set_signer(&mut fields, leader, "PHÓ CHỦ TỊCH");
    Drawn { pages: sheet.finish(), fields }
}

/// A day in a year.
fn birthday(case: &mut Case, year: i16) -> Date {
    let days = i64::from(case.random.whole(0, 350));
    Date::constant(year, 1, 1).saturating_add(jiff::Span::new().days(days))
}
