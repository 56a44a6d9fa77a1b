//! Days, months, years and ranges of them, as people type them.

use jiff::civil::{Date, date};
use muniment_record::parse_date;

const EARLIEST: Date = date(1900, 1, 1);
const LATEST: Date = date(2199, 12, 31);

/// The first and last day of `2026`, `03/2026`, `01/03/2026`, `2026-03-01`, or of two of them with `..` between, of which
/// one may be missing.
pub(super) fn parse(text: &str) -> Option<(Date, Date)> {
    let text = text.trim().replace('…', "..");
    let (first, last) = match text.split_once("..") {
        None => span(&text)?,
        Some((from, to)) => {
            let (from, to) = (from.trim().trim_end_matches('.'), to.trim().trim_start_matches('.'));
            if from.is_empty() && to.is_empty() {
                return None;
            }
            let first = if from.is_empty() { EARLIEST } else { span(from)?.0 };
            let last = if to.is_empty() { LATEST } else { span(to)?.1 };
            (first, last)
        }
    };
    let (first, last) = (first.max(EARLIEST), last.min(LATEST));
    (first <= last).then_some((first, last))
}

fn span(text: &str) -> Option<(Date, Date)> {
    if let Ok(day) = parse_date(&text.replace(['-', '.'], "/")) {
        return Some((day, day));
    }
    if let Ok(day) = parse_date(text) {
        return Some((day, day));
    }
    let parts: Vec<&str> = text.split(['/', '-', '.']).collect();
    let number =
        |digits: &str| digits.parse::<i16>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
    let (month, year) = match parts[..] {
        [year] => (None, number(year)?),
        [year, month] if year.len() == 4 => (Some(number(month)?), number(year)?),
        [month, year] => (Some(number(month)?), number(year)?),
        _ => return None,
    };
    if !(1000..=9998).contains(&year) {
        return None;
    }
    let first = Date::new(year, month.map_or(Some(1), |month| i8::try_from(month).ok())?, 1).ok()?;
    let last = match month {
        Some(_) => first.last_of_month(),
        None => first.last_of_year(),
    };
    Some((first, last))
}
