//! Error pages: what happened, what it means for what was typed, what to do next.

use askama::Template;
use axum::response::Response;

use crate::app::App;
use crate::failure::Failure;
use crate::frame::{Frame, Section, page as write_page};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    frame: Frame,
    title: &'static str,
    explanation: String,
    code: &'static str,
}

/// The page of a failure.
pub(crate) fn page(app: &App, visit: &Visit, failure: Failure) -> Response {
    let (title, explanation) = words(app, visit, failure);
    let template = FailurePage {
        frame: Frame::private(app, visit, Section::Other),
        title,
        explanation,
        code: failure.code(),
    };
    write_page(failure.status(), &template)
}

fn words(app: &App, visit: &Visit, failure: Failure) -> (&'static str, String) {
    let say = |vietnamese, english| visit.language.choose(vietnamese, english);
    let (title, explanation) = match failure {
        Failure::NotFound => (
            say("Không tìm thấy trang", "Page not found"),
            say(
                "Địa chỉ không đúng, hoặc kết quả đã mở quá lâu nên cần tra cứu lại.",
                "The address is wrong, or the result was opened too long ago and must be looked up again.",
            ),
        ),
        Failure::MethodNotAllowed | Failure::Malformed => (
            say("Không đọc được yêu cầu", "The request cannot be read"),
            say(
                "Trang không hiểu dữ liệu được gửi. Chưa có gì được lưu. Hãy quay lại và thử lại.",
                "The page does not understand what was sent. Nothing was saved. Go back and try again.",
            ),
        ),
        Failure::Stale => (
            say("Trang đã mở quá lâu", "The page was open for too long"),
            say(
                "Vì an toàn, biểu mẫu chỉ dùng được trong phiên đã mở nó. Nội dung chưa được gửi. Hãy mở lại trang và \
                 nhập lại.",
                "For safety a form works only in the session that opened it. Nothing was sent. Open the page again and \
                 retype.",
            ),
        ),
        Failure::TooMany { wait_seconds } => {
            let wait = match visit.language {
                muniment_record::Language::Vietnamese => waiting_time(wait_seconds, "giây", "phút"),
                muniment_record::Language::English => waiting_time(wait_seconds, "seconds", "minutes"),
            };
            return (
                say("Bạn đã thử quá nhiều lần", "Too many attempts"),
                visit.language.choose(
                    format!(
                        "Để bảo vệ dữ liệu cá nhân, số lần thử được giới hạn. Hãy thử lại sau {wait}, hoặc hỏi tại \
                         quầy tiếp nhận."
                    ),
                    format!(
                        "To protect personal data the number of attempts is limited. Try again in {wait}, or ask at \
                         the counter."
                    ),
                ),
            );
        }
        Failure::TooLarge => {
            let most = app.settings.check_file_bytes >> 20;
            return (
                say("Tệp quá lớn", "The file is too large"),
                visit.language.choose(
                    format!("Mỗi tệp tối đa {most} MB. Chưa có gì được lưu. Hãy chọn tệp nhỏ hơn."),
                    format!("A file may have up to {most} MB. Nothing was saved. Choose a smaller file."),
                ),
            );
        }
        Failure::TimedOut | Failure::Unavailable => (
            say("Kho tạm thời không trả lời được", "The archive cannot answer just now"),
            say(
                "Dữ liệu của bạn vẫn an toàn. Hãy thử lại sau ít phút.",
                "Your data are safe. Try again in a few minutes.",
            ),
        ),
        Failure::Internal => (
            say("Có lỗi xảy ra", "Something went wrong"),
            say(
                "Lỗi ở phía chúng tôi và đã được ghi lại. Chưa có gì bị thay đổi. Hãy thử lại sau ít phút.",
                "The fault is ours and was recorded. Nothing was changed. Try again in a few minutes.",
            ),
        ),
    };
    (title, explanation.to_owned())
}

/// A waiting time as people say it: in seconds below two minutes, in whole minutes beyond.
fn waiting_time(seconds: u64, second_word: &str, minute_word: &str) -> String {
    if seconds < 120 {
        format!("{} {second_word}", seconds.max(1))
    } else {
        format!("{} {minute_word}", seconds.div_ceil(60))
    }
}
