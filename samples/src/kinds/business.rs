use super::{Case, Drawn, set_holder, set_signer};
use crate::compose::{Composer, Ending, Stand};
use crate::fonts::Fonts;
use crate::subjects::{COMMUNES, address, holder_and_leader};
use crate::words::{long_date, millions};

const PROCEDURE: &str = "1.990015.000.00.00.H05";
const TITLE: &str = "Giấy chứng nhận đăng ký hộ kinh doanh";
const TRADES: [(&str, &str); 6] = [
    (
        "TẠP HÓA",
        "Bán lẻ lương thực, thực phẩm, đồ uống trong các cửa hàng kinh doanh tổng hợp (mã ngành 4711)",
    ),
    ("MAY ĐO", "May trang phục theo số đo; sửa chữa quần áo (mã ngành 1410)"),
    ("BÁNH CUỐN", "Dịch vụ ăn uống phục vụ tại chỗ, không gồm kinh doanh rượu (mã ngành 5610)"),
    ("SỬA XE MÁY", "Bảo dưỡng, sửa chữa mô tô, xe máy; bán phụ tùng (mã ngành 4542)"),
    ("VĂN PHÒNG PHẨM", "Bán lẻ sách, báo, văn phòng phẩm; dịch vụ photocopy (mã ngành 4761)"),
    ("GỐM SỨ", "Sản xuất và bán lẻ đồ gốm, sứ mỹ nghệ trong hộ gia đình (mã ngành 2393)"),
];
const NAMES: [&str; 5] = ["VÍ DỤ", "KINH BẮC MẪU", "THỬ NGHIỆM", "MINH HỌA", "GIẢ ĐỊNH"];

/// Registration of a household business.
pub(super) fn draw(fonts: &Fonts<'_>, case: &mut Case) -> Drawn {
    let commune = case.random.pick(&COMMUNES);
    let (owner, leader) = holder_and_leader(&mut case.random);
    let (trade, trade_code) = *case.random.pick(&TRADES);
    let shop = format!("{trade} {}", case.random.pick(&NAMES));
    let capital = case.random.whole(4, 60) * 10;
    let seat = address(&mut case.random, commune);
    let home = address(&mut case.random, commune);
    let symbol = format!("27A8{:06}/GCN-HKD", case.number);
    let agency = format!("Phòng Kinh tế {}", commune.name);

    let mut sheet = Composer::new(fonts);
    sheet.guilloche();
    sheet.letterhead(
        &format!("UBND {}", commune.name.to_uppercase()),
        "PHÒNG KINH TẾ",
        &format!("Số: {symbol}"),
        &format!("Bắc Ninh, {}", long_date(case.issued_on)),
    );
    sheet.title("GIẤY CHỨNG NHẬN ĐĂNG KÝ HỘ KINH DOANH", &[]);
    sheet.paragraph(Stand::Centred, &format!("_Đăng ký lần đầu, {}_", long_date(case.issued_on)));
    for text in [
        format!("*1. Tên hộ kinh doanh:* HỘ KINH DOANH {shop}"),
        format!("*2. Trụ sở hộ kinh doanh:* {seat}."),
        "Thư điện tử: lienhe@ho-kinh-doanh.example".to_owned(),
        format!("*3. Ngành, nghề kinh doanh:* {trade_code}."),
        format!("*4. Vốn kinh doanh:* {}.", millions(capital)),
        "*5. Chủ thể thành lập hộ kinh doanh:* Cá nhân".to_owned(),
        "*6. Thông tin về chủ hộ kinh doanh*".to_owned(),
        format!("Họ và tên: *{}*. Giới tính: {}.", owner.name.to_uppercase(), owner.sex()),
        format!("Năm sinh: {}. Dân tộc: Kinh. Quốc tịch: Việt Nam.", owner.birth_year),
        format!("Số định danh cá nhân: {}.", owner.number),
        format!("Nơi thường trú: {home}."),
    ] {
        sheet.paragraph(Stand::Left, &text);
    }
    sheet.paragraph(
        Stand::Justified,
        "Chủ hộ kinh doanh chịu trách nhiệm trước pháp luật về tính hợp pháp, trung thực và chính xác của các thông \
         tin trong hồ sơ đăng ký; chỉ được kinh doanh ngành, nghề có điều kiện khi có đủ điều kiện theo quy định.",
    );
    sheet.ending(&Ending {
        recipients: &[
            "Nơi nhận:".to_owned(),
            format!("- {} {};", capitalised(owner.address()), owner.name),
            "- Thuế cơ sở Ví Dụ;".to_owned(),
            "- Lưu: VT, ĐKKD.".to_owned(),
        ],
        office: &["TRƯỞNG PHÒNG"],
        name: leader.name,
        seal: "PHÒNG ĐĂNG KÝ MẪU",
        seed: case.random.next(),
    });

    let mut fields = case.fields((commune.code, &agency), PROCEDURE, TITLE, &symbol);
    fields.set("abstract", format!("Đăng ký hộ kinh doanh {shop}, {seat}"));
    set_holder(&mut fields, "holder", owner);
    set_signer(&mut fields, leader, "TRƯỞNG PHÒNG");
    Drawn { pages: sheet.finish(), fields }
}

fn capitalised(word: &str) -> &str {
    if word == "bà" { "Bà" } else { "Ông" }
}
