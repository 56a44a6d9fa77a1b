//! Stock of wording, as papers of offices have it. `#` stands for a number, `$` for an address, `~` for a day, `&` for a person.

use crate::random::Random;

/// An office above and the office itself.
pub(super) const AGENCIES: [(&str, &str); 5] = [
    ("UBND TỈNH BẮC NINH", "SỞ QUẢN LÝ ĐẤT ĐAI MẪU"),
    ("UBND TỈNH BẮC NINH", "SỞ XÂY DỰNG VÍ DỤ"),
    ("TỈNH BẮC NINH", "UBND PHƯỜNG MINH HỌA"),
    ("SỞ TÀI CHÍNH MẪU", "PHÒNG ĐĂNG KÝ THỬ"),
    ("TỈNH BẮC NINH", "UBND XÃ GIẢ ĐỊNH"),
];

pub(super) const TITLES: [&str; 6] =
    ["QUYẾT ĐỊNH", "THÔNG BÁO", "GIẤY XÁC NHẬN", "BIÊN BẢN LÀM VIỆC", "BÁO CÁO", "GIẤY CHỨNG NHẬN"];

pub(super) const HEADLINES: [&str; 8] = [
    "Về việc cấp lại giấy phép hoạt động",
    "Về việc thu hồi quyết định hỗ trợ",
    "Về kết quả kiểm tra hồ sơ địa chính",
    "Về việc phê duyệt dự toán kinh phí",
    "Về việc điều chỉnh quy hoạch chi tiết",
    "Về kết quả xét tuyển viên chức năm học mới",
    "Về việc chuyển mục đích sử dụng rừng",
    "Về mức thu phí bảo vệ môi trường",
];

/// Grounds of a decision, set in italics.
pub(super) const GROUNDS: [&str; 8] = [
    "Căn cứ Luật Tổ chức chính quyền địa phương;",
    "Căn cứ Luật Xử lý vi phạm hành chính và các văn bản hướng dẫn thi hành;",
    "Căn cứ Nghị định số #/NĐ-CP ngày ~ của Chính phủ quy định chi tiết một số điều của Luật;",
    "Căn cứ Thông tư số #/TT-BTC ngày ~ hướng dẫn quản lý thuế đối với hộ gia đình;",
    "Xét đơn đề nghị của ông &, trú tại $;",
    "Xét Tờ trình số #/TTr-VP ngày ~ của Văn phòng;",
    "Theo đề nghị của Trưởng phòng Nghiệp vụ tại Báo cáo số #/BC-NV,",
    "Căn cứ hồ sơ lưu trữ, sổ mục kê và bản đồ địa chính lập năm 1998;",
];

pub(super) const ARTICLES: [&str; 6] = [
    "Phê duyệt kèm theo Quyết định này danh mục gồm # hồ sơ.",
    "Giao cho hộ ông & được sử dụng khu đất tại $.",
    "Bãi bỏ những quy định trước đây trái với văn bản này.",
    "Ủy quyền cho bộ phận một cửa tiếp nhận và trả kết quả.",
    "Chấp thuận gia hạn thêm # ngày kể từ ngày ~.",
    "Hỗ trợ một lần bằng tiền với mức #.000.000 đồng.",
];

pub(super) const ITEMS: [&str; 20] = [
    "Bản sao giấy khai sinh, chứng thực không quá 06 tháng;",
    "Diện tích thửa đất: # m²; trong đó đất ở #,5 m²;",
    "Chiều rộng mặt đường nội bộ: #,0 m; vỉa hè mỗi bên 2,5 m;",
    "Nộp đủ nghĩa vụ tài chính trước ngày ~;",
    "Hồ sơ gửi về $;",
    "Giấy ủy quyền (nếu có) của người đứng tên chủ hộ;",
    "Ảnh chân dung cỡ 3x4 cm: 02 chiếc;",
    "Phòng cháy, chữa cháy theo Tiêu chuẩn TCVN #:2010;",
    "Độ ẩm không vượt quá #% khối lượng khô;",
    "Kiểm nghiệm nước sinh hoạt: đạt quy chuẩn kỹ thuật;",
    "Xử lý nước thải bằng bể tự hoại ba ngăn, dung tích # lít;",
    "Người đại diện theo pháp luật: &, chức vụ: Chủ tịch Hội đồng;",
    "Ngành, nghề: bán buôn gạo, ngũ cốc; mã ngành 46310;",
    "Thời gian thực hiện: quý III và quý IV năm sau;",
    "Điện thoại liên hệ giờ hành chính: 0222 000 0#;",
    "Thư điện tử: hoso#@vidu.example;",
    "Tọa độ: X = 2345#,12; Y = 5678#,90;",
    "Mật độ xây dựng tối đa 60%, hệ số sử dụng đất 4,8 lần;",
    "Lệ phí chứng thực: 2.000 đồng/trang, từ trang thứ ba: 1.000 đồng;",
    "Vướng mắc xin gửi bằng văn bản để được hướng dẫn kịp thời.",
];

/// Labels of a form and what is filled in.
pub(super) const LABELS: [(&str, &str); 8] = [
    ("Nơi thường trú:", "$"),
    ("Nghề nghiệp:", "Kỹ thuật viên xét nghiệm"),
    ("Ngày, tháng, năm sinh:", "~"),
    ("Quan hệ với chủ hộ:", "Con đẻ"),
    ("Trình độ chuyên môn:", "Cử nhân Luật kinh tế"),
    ("Số giấy tờ kèm theo:", "# tờ"),
    ("Lý do đề nghị:", "Bản gốc bị rách, nhòe chữ"),
    ("Dân tộc, quốc tịch:", "Kinh, Việt Nam"),
];

pub(super) const THINGS: [&str; 12] = [
    "Xi măng rời PCB40",
    "Thép hình chữ U 150",
    "Đo vẽ bản đồ tỷ lệ 1/500",
    "Chỉnh lý hồ sơ lưu trữ",
    "Gạch ốp lát 60x60 cm",
    "Sơn chống thấm ngoài trời",
    "Khoan khảo sát địa chất",
    "Vận chuyển đất thừa",
    "Nhân công trát tường",
    "Tủ đựng tài liệu 4 ngăn",
    "Giấy in khổ A4 loại 70 g",
    "Bồi dưỡng tập huấn viên",
];

pub(super) const UNITS: [&str; 8] = ["m³", "m²", "kg", "tấn", "hộp", "bộ", "công", "chuyến"];

pub(super) const SENTENCES: [&str; 24] = [
    "Việc tiếp công dân định kỳ được tổ chức vào sáng thứ Năm hằng tuần tại trụ sở cơ quan.",
    "Chi phí vận chuyển do bên thuê trả, chi tiết nêu tại phụ lục số # của hợp đồng.",
    "Trường hợp hồ sơ chưa hợp lệ, cán bộ tiếp nhận phải trả lời bằng văn bản và nêu rõ lý do.",
    "Các hộ bị ảnh hưởng bởi mưa lũ được miễn giảm tiền thuê mặt nước trong # tháng.",
    "Ông & có trách nhiệm bàn giao mặt bằng sạch trước ngày ~.",
    "Kết quả đo đạc cho thấy ranh giới phía đông giáp mương thủy lợi, phía tây giáp đường liên thôn.",
    "Thanh tra viên đã lập biên bản, niêm phong tang vật và giao cho chủ cơ sở tự bảo quản.",
    "Nguồn kinh phí trích từ ngân sách cấp tỉnh, phần còn lại huy động xã hội hóa.",
    "Đề nghị các phòng chuyên môn rà soát, cập nhật số liệu vào cơ sở dữ liệu dùng chung.",
    "Khu vực quy hoạch có tổng diện tích # ha, thuộc địa giới hành chính của hai xã.",
    "Mọi khiếu nại, tố cáo được giải quyết theo trình tự, thủ tục luật định.",
    "Học sinh thuộc diện chính sách nộp giấy xác nhận của nơi cư trú để xét cấp học bổng.",
    "Chỉ những người có thẻ ra vào mới được phép sử dụng kho lưu trữ chuyên dụng.",
    "Cây xanh dọc tuyến phố được cắt tỉa, chằng chống trước mùa mưa bão.",
    "Quỹ đất tái định cư bố trí tại $ với hạ tầng kỹ thuật đồng bộ.",
    "Trạm y tế đã tiêm nhắc lại cho # trẻ dưới 05 tuổi, đạt 98,7% kế hoạch.",
    "Mức xử phạt đối với hành vi xả thải vượt quy chuẩn từ 1,1 đến 1,5 lần là #.000.000 đồng.",
    "Bản vẽ thiết kế phải ghi đầy đủ kích thước, cao độ và được đóng dấu thẩm tra.",
    "Nếu quá thời hạn trên mà không nhận được phản hồi thì coi như nhất trí với dự thảo.",
    "Hội đồng gồm 07 thành viên, do bà & làm chủ tịch, họp phiên đầu ngày ~.",
    "Sản lượng lúa vụ chiêm ước đạt # tạ/ha, tăng nhẹ so với cùng kỳ.",
    "Người sử dụng lao động đóng bảo hiểm xã hội đúng hạn, không để nợ đọng kéo dài.",
    "Tuyến đê xung yếu cần được gia cố, kè đá hộc dài # mét.",
    "Di tích đình làng xếp hạng cấp tỉnh được tu bổ bằng vốn sự nghiệp văn hóa.",
];

/// The number and symbol of a paper.
pub(super) fn symbol(random: &mut Random) -> String {
    let number = random.whole(1, 3200);
    let kind = random.pick(&["QĐ-UBND", "TB-SXD", "GXN-SQLĐĐ", "BC-PĐK", "QĐ-STC"]);
    format!("{number}/{kind}")
}

/// What stands in cells of several lines.
pub(super) const REMARKS: [&str; 8] = [
    "Khảo sát hiện trạng, lập nhiệm vụ thiết kế và dự toán chi tiết",
    "Mua sắm trang thiết bị cho bộ phận tiếp nhận",
    "Theo Quyết định số #/QĐ-UBND ngày ~ của UBND tỉnh",
    "Chỉnh lý, số hóa # mét hồ sơ lưu trữ giai đoạn trước",
    "Đào tạo, bồi dưỡng cán bộ cấp xã",
    "Ngân sách cấp tỉnh bố trí, chuyển nguồn năm trước sang",
    "Đối chiếu với bản chính, thu lệ phí #.000 đồng/bản",
    "Không",
];
