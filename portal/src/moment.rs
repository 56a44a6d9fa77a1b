//! Moments as people in Vietnam read them: by their clock, seven hours ahead of UTC.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, offset};

const VIETNAM: Offset = offset(7);

fn local(moment: Timestamp) -> DateTime {
    VIETNAM.to_datetime(moment)
}

/// The day in Vietnam.
pub(crate) fn day(moment: Timestamp) -> Date {
    local(moment).date()
}

/// Time and day, to the second: `10:15:00 24/11/2026`.
pub(crate) fn exact(moment: Timestamp) -> String {
    let local = local(moment);
    format!(
        "{:02}:{:02}:{:02} {}",
        local.hour(),
        local.minute(),
        local.second(),
        muniment_record::format_date(local.date())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_by_the_clock_in_vietnam() {
        let moment: Timestamp = "2026-11-24T18:05:09Z".parse().unwrap();
        assert_eq!(exact(moment), "01:05:09 25/11/2026");
        assert_eq!(day(moment), jiff::civil::date(2026, 11, 25));
    }
}
