use super::{Case, Drawn, set_holder, set_signer};
use crate::Fields;
use crate::compose::{Composer, Ending, Stand};
use crate::fonts::Fonts;
use crate::subjects::{COMMUNES, Commune, FIRMS, Firm, Person, address, holder_and_leader};
use crate::words::long_date;

const TITLE: &str = "Giấy phép xây dựng";

/// Who builds: it decides the procedure, the office and the symbol.
enum Builder {
    Household(&'static Person),
    Firm(&'static Firm),
}

/// Building permit; every second one goes on overleaf with what the builder must do.
pub(super) fn draw(fonts: &Fonts<'_>, case: &mut Case) -> Drawn {
    let commune = case.random.pick(&COMMUNES);
    let (person, leader) = holder_and_leader(&mut case.random);
    let builder = if case.random.once_in(2) {
        Builder::Firm(case.random.pick(&FIRMS))
    } else {
        Builder::Household(person)
    };
    let place = address(&mut case.random, commune);
    let office = Office::of(&builder, commune, case.number);

    let mut sheet = Composer::new(fonts);
    sheet.letterhead(
        office.parent,
        &office.name.to_uppercase().replace("ỦY BAN NHÂN DÂN", "UBND"),
        &format!("Số: {}", office.symbol),
        &format!("Bắc Ninh, {}", long_date(case.issued_on)),
    );
    sheet.title("GIẤY PHÉP XÂY DỰNG", &[&format!("(Sử dụng cho {})", office.work.to_lowercase())]);
    body(&mut sheet, case, &builder, office.work, &place);
    sheet.ending(&Ending {
        recipients: &[
            "Nơi nhận:".to_owned(),
            "- Chủ đầu tư;".to_owned(),
            format!("- UBND {};", commune.name),
            "- Lưu: VT, QLXD.".to_owned(),
        ],
        office: office.title,
        name: leader.name,
        seal: office.seal,
        seed: case.random.next(),
    });
    if case.random.once_in(2) {
        overleaf(&mut sheet);
    }

    let mut fields = case.fields((office.code, &office.name), office.procedure, TITLE, &office.symbol);
    fields.set("abstract", format!("Cấp phép xây dựng {} tại {place}", office.work.to_lowercase()));
    fields.set("valid_from", case.issued_on);
    fields.set("scope", format!("Khởi công trong 12 tháng, tại {place}"));
    set_builder(&mut fields, &builder);
    set_signer(&mut fields, leader, office.title.last().unwrap_or(&""));
    Drawn { pages: sheet.finish(), fields }
}

/// The office that decides.
struct Office {
    procedure: &'static str,
    parent: &'static str,
    name: String,
    code: &'static str,
    title: &'static [&'static str],
    seal: &'static str,
    symbol: String,
    work: &'static str,
}

impl Office {
    fn of(builder: &Builder, commune: &Commune, number: u32) -> Self {
        match builder {
            Builder::Household(_) => Self {
                procedure: "1.990001.000.00.00.H05",
                parent: "TỈNH BẮC NINH",
                name: format!("Ủy ban nhân dân {}", commune.name),
                code: commune.code,
                title: &["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"],
                seal: "ỦY BAN NHÂN DÂN MẪU",
                symbol: format!("{number}/GPXD-UBND"),
                work: "Nhà ở riêng lẻ",
            },
            Builder::Firm(_) => Self {
                procedure: "1.990002.000.00.00.H05",
                parent: "UBND TỈNH BẮC NINH",
                name: "Sở Quản lý xây dựng Mẫu".to_owned(),
                code: "000.00.96.H05",
                title: &["KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"],
                seal: "SỞ QUẢN LÝ XÂY DỰNG MẪU",
                symbol: format!("{number}/GPXD-SQLXD"),
                work: "Công trình cấp II không theo tuyến",
            },
        }
    }
}

fn body(sheet: &mut Composer<'_>, case: &mut Case, builder: &Builder, work: &str, place: &str) {
    let (ground, storeys) = (case.random.whole(45, 320), case.random.whole(1, 6));
    let (who, number) = match builder {
        Builder::Household(person) => (
            format!("{} *{}*", person.address(), person.name.to_uppercase()),
            format!("Số định danh cá nhân: {}.", person.number),
        ),
        Builder::Firm(firm) => {
            (format!("*{}*", firm.name.to_uppercase()), format!("Mã số thuế: {}.", firm.tax_code))
        }
    };
    for text in [
        format!("*1. Cấp cho:* {who}."),
        number,
        format!("Địa chỉ liên hệ: {place}."),
        format!("*2. Được phép xây dựng công trình:* {work}."),
        "- Tổng số công trình: 01 công trình.".to_owned(),
        format!("- Địa điểm xây dựng: {place}."),
        format!("- Thửa đất số {}, tờ bản đồ số {}.", case.random.whole(2, 480), case.random.whole(1, 60)),
        format!("- Diện tích xây dựng tầng 1: {ground},{} m2.", case.random.whole(0, 9)),
        format!("- Tổng diện tích sàn: {} m2; số tầng: {storeys:02} tầng.", ground * storeys),
        format!(
            "- Chiều cao công trình: {},{} m so với cốt vỉa hè.",
            4 + 3 * storeys,
            case.random.whole(0, 9)
        ),
        "- Chỉ giới xây dựng trùng chỉ giới đường đỏ; cốt nền 0,45 m.".to_owned(),
        "*3. Giấy tờ về đất đai:* Giấy chứng nhận quyền sử dụng đất theo hồ sơ kèm theo.".to_owned(),
    ] {
        sheet.paragraph(Stand::Left, &text);
    }
    sheet.paragraph(
        Stand::Justified,
        "*4.* Giấy phép này có hiệu lực khởi công xây dựng trong thời hạn 12 tháng kể từ ngày ký; quá thời hạn trên \
         thì phải đề nghị gia hạn giấy phép xây dựng.",
    );
}

fn overleaf(sheet: &mut Composer<'_>) {
    sheet.new_page();
    sheet.heading("CHỦ ĐẦU TƯ PHẢI THỰC HIỆN CÁC NỘI DUNG SAU ĐÂY");
    for text in [
        "1. Phải hoàn toàn chịu trách nhiệm trước pháp luật nếu xâm phạm các quyền hợp pháp của các chủ sở hữu \
         liền kề.",
        "2. Phải thực hiện đúng các quy định của pháp luật về đất đai, về đầu tư xây dựng và giấy phép xây dựng này.",
        "3. Phải thông báo cho cơ quan cấp phép xây dựng đến kiểm tra khi định vị công trình, xây móng và công trình \
         ngầm.",
        "4. Xuất trình giấy phép xây dựng cho cơ quan có thẩm quyền trước khi khởi công xây dựng và treo biển báo tại \
         địa điểm xây dựng theo quy định.",
        "5. Khi điều chỉnh thiết kế làm thay đổi nội dung giấy phép xây dựng thì phải đề nghị điều chỉnh giấy phép \
         xây dựng và chờ quyết định của cơ quan cấp giấy phép.",
    ] {
        sheet.paragraph(Stand::Justified, text);
    }
    sheet.heading("ĐIỀU CHỈNH, GIA HẠN GIẤY PHÉP");
    sheet.paragraph(Stand::Left, "1. Nội dung điều chỉnh, gia hạn: không.");
    sheet.paragraph(Stand::Left, "2. Thời gian có hiệu lực của giấy phép: không thay đổi.");
}

fn set_builder(fields: &mut Fields, builder: &Builder) {
    match builder {
        Builder::Household(person) => set_holder(fields, "holder", person),
        Builder::Firm(firm) => {
            fields.set("holder.kind", "org");
            fields.set("holder.id", firm.tax_code);
            fields.set("holder.name", firm.name);
        }
    }
}
