//! Times as ASN.1, X.509 and PDF write them.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use crate::asn1::{self, Value};

/// Vietnam's time, which has no summer time.
const VIETNAM: Offset = jiff::tz::offset(7);

/// Reads a UTCTime or GeneralizedTime, with or without fractional seconds (RFC 3161, 2.4.2 allows them).
pub(crate) fn from_asn1(value: &Value<'_>) -> Option<Timestamp> {
    match value.tag {
        asn1::UTC_TIME => {
            // RFC 5280, 4.1.2.5.1: years below 50 belong to this century.
            let year = digits(value.content, 0, 2)?;
            let century = if year < 50 { 2000 } else { 1900 };
            parse(century + year, value.content.get(2..)?)
        }
        asn1::GENERALIZED_TIME => parse(digits(value.content, 0, 4)?, value.content.get(4..)?),
        _ => None,
    }
}

/// Reads `MMDDHHMMSS[.fff]Z`.
fn parse(year: i16, rest: &[u8]) -> Option<Timestamp> {
    let part = |at: usize| digits(rest, at, 2).and_then(|number| i8::try_from(number).ok());
    let date = Date::new(year, part(0)?, part(2)?).ok()?;
    let nanoseconds = match rest.get(10..)? {
        b"Z" => 0,
        [b'.', fraction @ .., b'Z'] if (1..=9).contains(&fraction.len()) => {
            let text = std::str::from_utf8(fraction).ok()?;
            if !fraction.iter().all(u8::is_ascii_digit) {
                return None;
            }
            let missing = u32::try_from(9 - fraction.len()).ok()?;
            text.parse::<i32>().ok()? * 10_i32.pow(missing)
        }
        _ => return None,
    };
    let time = Time::new(part(4)?, part(6)?, part(8)?, nanoseconds).ok()?;
    Offset::UTC.to_timestamp(date.to_datetime(time)).ok()
}

fn digits(bytes: &[u8], at: usize, count: usize) -> Option<i16> {
    let part = bytes.get(at..at.checked_add(count)?)?;
    if !part.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(part).ok()?.parse().ok()
}

/// Writes a time as certificates do: UTCTime through 2049, then GeneralizedTime (RFC 5280, 4.1.2.5).
pub(crate) fn to_asn1(time: Timestamp) -> Vec<u8> {
    let utc = Offset::UTC.to_datetime(time);
    let (tag, form) = if (1950..2050).contains(&utc.year()) {
        (asn1::UTC_TIME, "%y%m%d%H%M%SZ")
    } else {
        (asn1::GENERALIZED_TIME, "%Y%m%d%H%M%SZ")
    };
    asn1::encode(tag, &[utc.strftime(form).to_string().as_bytes()])
}

/// Writes a time as a GeneralizedTime, with as much of a fraction of a second as it has (RFC 3161, 2.4.2).
pub(crate) fn to_generalized(time: Timestamp) -> Vec<u8> {
    let text = Offset::UTC.to_datetime(time).strftime("%Y%m%d%H%M%S%.f").to_string();
    asn1::encode(asn1::GENERALIZED_TIME, &[text.as_bytes(), b"Z"])
}

/// Writes a time as ISO 8601 in Vietnam's time zone, to the second: `2026-11-24T10:15:00+07:00`.
pub(crate) fn iso8601(time: Timestamp) -> String {
    let local = VIETNAM.to_datetime(time);
    format!("{}+07:00", local.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// Writes a time as a PDF date (ISO 32000-1, 7.9.4): `D:20261124101500+07'00'`.
pub(crate) fn to_pdf(time: Timestamp) -> String {
    let local = VIETNAM.to_datetime(time);
    format!("D:{}+07'00'", local.strftime("%Y%m%d%H%M%S"))
}

/// Reads a PDF date (ISO 32000-1, 7.9.4). What is missing from the right is its least value; no time zone is UTC.
pub(crate) fn from_pdf(text: &[u8]) -> Option<Timestamp> {
    let text = text.strip_prefix(b"D:").unwrap_or(text);
    let year = digits(text, 0, 4)?;
    let part = |at: usize, least: i8| match text.get(at) {
        Some(digit) if digit.is_ascii_digit() => {
            digits(text, at, 2).and_then(|number| i8::try_from(number).ok())
        }
        _ => Some(least),
    };
    let date = Date::new(year, part(4, 1)?, part(6, 1)?).ok()?;
    let time = Time::new(part(8, 0)?, part(10, 0)?, part(12, 0)?.min(59), 0).ok()?;
    let zone = text.get(14..).unwrap_or_default();
    let sign = match zone.first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => 0,
    };
    let hours = i32::from(digits(zone, 1, 2).unwrap_or(0));
    let minutes = i32::from(digits(zone, 4, 2).unwrap_or(0));
    let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
    offset.to_timestamp(date.to_datetime(time)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generalized(text: &str) -> Option<Timestamp> {
        from_asn1(&Value { tag: asn1::GENERALIZED_TIME, content: text.as_bytes(), whole: &[] })
    }

    #[test]
    fn fractional_seconds_are_read() {
        assert_eq!(generalized("20261124031500.25Z"), "2026-11-24T03:15:00.25Z".parse().ok());
        assert_eq!(generalized("20261124031500Z"), "2026-11-24T03:15:00Z".parse().ok());
        for text in ["20261124031500", "20261124031500.Z", "2026112403150", "20261324031500Z", ""] {
            assert_eq!(generalized(text), None, "{text}");
        }
    }

    #[test]
    fn two_digit_years_fall_in_their_century() {
        let utc = |text: &[u8]| from_asn1(&Value { tag: asn1::UTC_TIME, content: text, whole: &[] });
        assert_eq!(utc(b"261124031500Z"), "2026-11-24T03:15:00Z".parse().ok());
        assert_eq!(utc(b"500101000000Z"), "1950-01-01T00:00:00Z".parse().ok());
    }

    #[test]
    fn a_pdf_date_is_read_as_it_is_written() -> Result<(), jiff::Error> {
        let time: Timestamp = "2026-11-24T03:15:00Z".parse()?;
        assert_eq!(to_pdf(time), "D:20261124101500+07'00'");
        assert_eq!(from_pdf(to_pdf(time).as_bytes()), Some(time));
        assert_eq!(iso8601(time), "2026-11-24T10:15:00+07:00");
        assert_eq!(from_pdf(b"D:2026"), "2026-01-01T00:00:00Z".parse().ok());
        assert_eq!(from_pdf(b"D:20261124101500Z"), "2026-11-24T10:15:00Z".parse().ok());
        assert_eq!(from_pdf(b"D:20261124101500+99'00"), None);
        Ok(())
    }
}
