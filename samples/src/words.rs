//! Vietnamese for numbers and days, as civil-status papers spell them out beside the digits.

use jiff::civil::Date;

const DIGITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];

/// A number below 1,000 in words: `một trăm linh năm`.
pub(crate) fn number(value: u32) -> String {
    let digit = |value: u32| DIGITS[(value % 10) as usize];
    match value {
        0..10 => digit(value).to_owned(),
        10..20 => format!("mười{}", unit(value % 10, false)),
        20..100 => format!("{} mươi{}", digit(value / 10), unit(value % 10, true)),
        _ => format!("{} trăm{}", digit(value / 100), below_hundred(value % 100)),
    }
}

fn below_hundred(value: u32) -> String {
    match value {
        0 => String::new(),
        1..10 => format!(" linh {}", number(value)),
        _ => format!(" {}", number(value)),
    }
}

/// The unit behind the tens: five is `lăm` there, and one is `mốt` behind twenty and more.
fn unit(value: u32, behind_tens: bool) -> String {
    match value {
        0 => String::new(),
        1 if behind_tens => " mốt".to_owned(),
        5 => " lăm".to_owned(),
        _ => format!(" {}", number(value)),
    }
}

/// A year from 2000 to 2999, or from 1000 on, in words: `hai nghìn không trăm linh bốn`.
pub(crate) fn year(value: u32) -> String {
    format!("{} nghìn {} trăm{}", number(value / 1000), number(value / 100 % 10), below_hundred(value % 100))
}

/// A day in words: `ngày mười bảy, tháng chín, năm hai nghìn không trăm linh bốn`.
pub(crate) fn day(date: Date) -> String {
    let positive = |value: i16| u32::from(value.unsigned_abs());
    format!(
        "ngày {}, tháng {}, năm {}",
        number(positive(date.day().into())),
        number(positive(date.month().into())),
        year(positive(date.year()))
    )
}

/// A day as at the head of a document: `ngày 02 tháng 3 năm 2026` (months 1 and 2 with a zero, NĐ 30/2020/NĐ-CP).
pub(crate) fn long_date(date: Date) -> String {
    let month = match date.month() {
        month @ (1 | 2) => format!("0{month}"),
        month => month.to_string(),
    };
    format!("ngày {:02} tháng {month} năm {}", date.day(), date.year())
}

/// A sum in whole millions of đồng, in digits and words.
pub(crate) fn millions(value: u32) -> String {
    let words = number(value);
    let mut letters = words.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    format!("{value}.000.000 đồng ({capital} triệu đồng)")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn numbers_are_spelled_as_they_are_said() {
        for (value, words) in [
            (0, "không"),
            (10, "mười"),
            (15, "mười lăm"),
            (21, "hai mươi mốt"),
            (30, "ba mươi"),
            (105, "một trăm linh năm"),
            (250, "hai trăm năm mươi"),
            (311, "ba trăm mười một"),
        ] {
            assert_eq!(number(value), words);
        }
        assert_eq!(millions(150), "150.000.000 đồng (Một trăm năm mươi triệu đồng)");
    }

    #[test]
    fn days_are_spelled_out() {
        let words = "ngày mười bảy, tháng chín, năm hai nghìn không trăm linh bốn";
        assert_eq!(day(date(2004, 9, 17)), words);
        assert_eq!(day(date(1998, 1, 1)), "ngày một, tháng một, năm một nghìn chín trăm chín mươi tám");
        assert_eq!(long_date(date(2026, 2, 3)), "ngày 03 tháng 02 năm 2026");
        assert_eq!(long_date(date(2026, 3, 3)), "ngày 03 tháng 3 năm 2026");
    }
}
