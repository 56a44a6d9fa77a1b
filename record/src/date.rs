use jiff::civil::Date;

use crate::ParseError;

/// Reads a day as `2026-03-02` (ISO 8601) or, as people write it in Vietnam, `02/03/2026` or `2/3/2026`.
pub fn parse_date(text: &str) -> Result<Date, ParseError> {
    const ERROR: ParseError = ParseError::new("date", "a real day, as 2026-03-02 or 02/03/2026");
    let text = text.trim();
    let day_first: Vec<&str> = text.split('/').collect();
    if let [day, month, year] = day_first[..] {
        let number = |digits: &str, most: usize| {
            let plain =
                !digits.is_empty() && digits.len() <= most && digits.bytes().all(|b| b.is_ascii_digit());
            if plain { digits.parse::<i16>().map_err(|_| ERROR) } else { Err(ERROR) }
        };
        if year.len() != 4 {
            return Err(ERROR);
        }
        let (day, month, year) = (number(day, 2)?, number(month, 2)?, number(year, 4)?);
        return Date::new(year, month as i8, day as i8).map_err(|_| ERROR);
    }
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if plain { text.parse().map_err(|_| ERROR) } else { Err(ERROR) }
}

/// Writes a day as people read it in Vietnam: `02/03/2026`.
pub fn format_date(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn both_spellings_are_read() {
        assert_eq!(parse_date("2026-03-02"), Ok(date(2026, 3, 2)));
        assert_eq!(parse_date(" 2/3/2026 "), Ok(date(2026, 3, 2)));
        assert_eq!(format_date(date(2026, 3, 2)), "02/03/2026");
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in ["31/02/2026", "2026-13-01", "02/03/26", "+2/3/2026", "2026-3-2", "", "hôm nay"] {
            assert!(parse_date(text).is_err(), "{text}");
        }
    }
}
