use super::{Case, Drawn, set_holder, set_signer};
use crate::compose::{Column, Composer, Ending, Stand};
use crate::fonts::Fonts;
use crate::subjects::{COMMUNES, PERSONS, address, holder_and_leader};
use crate::words::long_date;

const PROCEDURE: &str = "1.990012.000.00.00.H05";
const TITLE: &str = "Quyết định về việc xác nhận thay đổi quyền sử dụng đất do nhận chuyển nhượng";
const AGENCY: (&str, &str) = ("000.00.95.H05", "Sở Quản lý đất đai Mẫu");
const COLUMNS: [Column; 6] = [
    ("STT", 34.0),
    ("Thửa đất số", 80.0),
    ("Tờ bản đồ", 72.0),
    ("Diện tích (m2)", 92.0),
    ("Loại đất", 58.0),
    ("Thời hạn sử dụng", 118.0),
];

/// Decision on the transfer of land, with the table of plots.
pub(super) fn draw(fonts: &Fonts<'_>, case: &mut Case) -> Drawn {
    let commune = case.random.pick(&COMMUNES);
    let (buyer, leader) = holder_and_leader(&mut case.random);
    let spouse = PERSONS.iter().find(|person| person.female != buyer.female && **person != *leader);
    let place = address(&mut case.random, commune);
    let symbol = format!("{}/QĐ-SQLĐĐ", case.number);
    let plots: Vec<Vec<String>> = (1..=case.random.whole(1, 4)).map(|number| plot(case, number)).collect();
    let buyers = match spouse {
        Some(spouse) => format!("{} {} và {} {}", buyer.address(), buyer.name, spouse.address(), spouse.name),
        None => format!("{} {}", buyer.address(), buyer.name),
    };

    let mut sheet = Composer::new(fonts);
    sheet.letterhead(
        "UBND TỈNH BẮC NINH",
        "SỞ QUẢN LÝ ĐẤT ĐAI MẪU",
        &format!("Số: {symbol}"),
        &format!("Bắc Ninh, {}", long_date(case.issued_on)),
    );
    sheet.title("QUYẾT ĐỊNH", &["Về việc xác nhận thay đổi quyền sử dụng đất", "do nhận chuyển nhượng"]);
    sheet.heading("GIÁM ĐỐC SỞ QUẢN LÝ ĐẤT ĐAI MẪU");
    for text in [
        "_Căn cứ Luật Đất đai ngày 18 tháng 01 năm 2024;_".to_owned(),
        "_Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;_".to_owned(),
        format!("_Xét hồ sơ đăng ký biến động đất đai của {buyers};_"),
        "_Theo đề nghị của Trưởng phòng Đăng ký đất đai Mẫu._".to_owned(),
    ] {
        sheet.paragraph(Stand::Justified, &text);
    }
    sheet.heading("QUYẾT ĐỊNH:");
    sheet.paragraph(
        Stand::Justified,
        &format!("*Điều 1.* Xác nhận {buyers} nhận chuyển nhượng quyền sử dụng đất tại {place}, gồm:"),
    );
    sheet.table(&COLUMNS, &plots);
    for text in [
        "*Điều 2.* Người nhận chuyển nhượng có quyền và nghĩa vụ của người sử dụng đất kể từ ngày ký Quyết định \
         này; nộp lệ phí trước bạ và phí thẩm định hồ sơ theo thông báo của cơ quan thuế.",
        "*Điều 3.* Phòng Đăng ký đất đai Mẫu cập nhật hồ sơ địa chính, cơ sở dữ liệu đất đai và trao kết quả tại \
         Trung tâm Phục vụ hành chính công.",
        "*Điều 4.* Chánh Văn phòng, Trưởng phòng Đăng ký đất đai Mẫu và các ông, bà có tên tại Điều 1 chịu trách \
         nhiệm thi hành Quyết định này. Quyết định có hiệu lực kể từ ngày ký./.",
    ] {
        sheet.paragraph(Stand::Justified, text);
    }
    sheet.ending(&Ending {
        recipients: &[
            "Nơi nhận:".to_owned(),
            "- Như Điều 4;".to_owned(),
            format!("- UBND {};", commune.name),
            "- Lưu: VT, ĐKĐĐ.".to_owned(),
        ],
        office: &["KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"],
        name: leader.name,
        seal: "SỞ QUẢN LÝ ĐẤT ĐAI MẪU",
        seed: case.random.next(),
    });

    let mut fields = case.fields(AGENCY, PROCEDURE, TITLE, &symbol);
    fields.set("result_kind", "decision");
    fields.set("doc_type", "KQ.990012.02");
    fields.set("abstract", format!("Xác nhận {buyers} nhận chuyển nhượng quyền sử dụng đất tại {place}"));
    set_holder(&mut fields, "holder", buyer);
    if let Some(spouse) = spouse {
        set_holder(&mut fields, "co_holders.1", spouse);
    }
    set_signer(&mut fields, leader, "PHÓ GIÁM ĐỐC");
    Drawn { pages: sheet.finish(), fields }
}

fn plot(case: &mut Case, number: u32) -> Vec<String> {
    let (kind, term) = *case.random.pick(&[
        ("ODT", "Lâu dài"),
        ("ONT", "Lâu dài"),
        ("CLN", "Đến 15/10/2063"),
        ("LUC", "Đến 15/10/2063"),
    ]);
    vec![
        number.to_string(),
        case.random.whole(2, 480).to_string(),
        case.random.whole(1, 60).to_string(),
        format!("{},{}", case.random.whole(48, 560), case.random.whole(0, 9)),
        kind.to_owned(),
        term.to_owned(),
    ]
}
