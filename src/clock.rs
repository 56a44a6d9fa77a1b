//! The only place that reads the clock and draws random numbers; everything below is given both.

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use ring::rand::{SecureRandom, SystemRandom};

use muniment_record::{LookupToken, RecordId};

/// Vietnam keeps one offset all year.
const VIETNAM: Offset = jiff::tz::offset(7);

/// The present moment.
#[expect(clippy::disallowed_methods, reason = "this is the seam through which time comes in")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Today's date in Vietnam.
pub fn today() -> Date {
    VIETNAM.to_datetime(now()).date()
}

/// A moment as people read it in Vietnam: `24/11/2026 15:04:05`.
pub fn local(moment: Timestamp) -> String {
    VIETNAM.to_datetime(moment).strftime("%d/%m/%Y %H:%M:%S").to_string()
}

/// A moment as people type it: RFC 3339, or a day, which stands for its end in Vietnam.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(day) = text.parse::<Date>() {
        let end = VIETNAM.to_timestamp(day.at(23, 59, 59, 0));
        return end.map_err(|error| error.to_string());
    }
    text.parse::<Timestamp>()
        .map_err(|_| "neither a day, as 2026-11-24, nor a moment, as 2026-11-24T10:15:00+07:00".to_owned())
}

/// A record id that was never used.
pub fn new_record_id() -> Result<RecordId> {
    let milliseconds = u64::try_from(now().as_millisecond()).context("the clock stands before 1970")?;
    Ok(RecordId::from_parts(milliseconds, &random()?))
}

/// A look-up token nobody can guess.
pub fn new_lookup_token() -> Result<LookupToken> {
    Ok(LookupToken::from_random(u64::from_be_bytes(random()?)))
}

/// Random bytes of the system's generator.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.ok().context("the system gave no random numbers")?;
    Ok(bytes)
}
