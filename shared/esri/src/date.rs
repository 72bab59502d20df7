//! Dates: epoch milliseconds in UTC, and the texts that clients write instead (specification 2.6, 6.1).
//!
//! Done by hand because the forms are Esri's own and the calendar is thirty lines. It must never read the clock.

mod pattern;
mod scan;

use crate::json::{JsonError, Kind, Number, Reader};
use scan::Scan;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// A text that is no date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// The text is broken JSON, or a member has the wrong kind.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// None of the forms.
    #[error(
        "{value:?} is no date: expected milliseconds since 1970, a text such as 2024-05-31T14:00:00, or {{\"date\":\"…\",\"format\":\"…\"}}"
    )]
    Unreadable {
        /// What was given, cut short.
        value: String,
    },
    /// The date does not fit its format, or the format holds unknown letters.
    #[error(
        "date {value:?} does not fit the format {format:?}: the letters known are y M d H m s, as in yyyy-MM-dd HH:mm:ss"
    )]
    Format {
        /// The date, cut short.
        value: String,
        /// The format, cut short.
        format: String,
    },
}

/// Reads a date of any form as epoch milliseconds: digits, ISO 8601 with or without time, zone and fraction (also
/// after a colon, as one of Esri's samples has it), or `{"date","format"}`. A text without zone is UTC.
pub fn parse_date(text: &str) -> Result<i64, DateError> {
    let text = text.trim();
    if text.starts_with('{') {
        return read_object(text);
    }
    if text.starts_with('"') {
        let mut reader = Reader::new(text, 1);
        let inner = reader.string()?;
        reader.end()?;
        return parse_plain(inner.trim());
    }
    parse_plain(text)
}

/// A calendar date as `yyyy-MM-dd` from ISO (`2020-08-02`, a time after it is dropped) or US form (`8/2/2020`).
pub fn normalise_date_only(text: &str) -> Option<String> {
    let mut scan = Scan::new(text);
    let date = scan.date()?;
    Some(date_text(date))
}

/// A time of day as `HH:mm:ss`, with a fraction where it has one, from that form or `10:00:00 AM`.
pub fn normalise_time_only(text: &str) -> Option<String> {
    let mut scan = Scan::new(text);
    let time = scan.time()?;
    scan.end()?;
    Some(time_text(time))
}

/// A time stamp as `yyyy-MM-ddTHH:mm:ss±HH:mm` from ISO form or `8/2/2020 10:00:00.0000 AM -07:00`; without offset UTC.
pub fn normalise_timestamp_offset(text: &str) -> Option<String> {
    let stamp = Scan::new(text).stamp()?;
    let minutes = stamp.offset_minutes;
    let sign = if minutes < 0 { '-' } else { '+' };
    let offset = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
    Some(format!("{}T{}{offset}", date_text(stamp.date), time_text(stamp.milliseconds)))
}

/// Epoch milliseconds as `yyyy-MM-ddTHH:mm:ssZ`, with milliseconds where there are any.
pub fn date_to_text(milliseconds: i64) -> String {
    let date = civil_from_days(milliseconds.div_euclid(DAY_MS));
    format!("{}T{}Z", date_text(date), time_text(milliseconds.rem_euclid(DAY_MS)))
}

fn parse_plain(text: &str) -> Result<i64, DateError> {
    let unreadable = || DateError::Unreadable { value: crate::text::shortened(text) };
    match Number::parse(text) {
        Some(Number::Integer(milliseconds)) => return Ok(milliseconds),
        // Beyond 2^53 a float no longer names a millisecond.
        Some(Number::Double(milliseconds)) if milliseconds.abs() < 9.0e15 => {
            return Ok(milliseconds.round() as i64);
        }
        Some(_) => return Err(unreadable()),
        None => {}
    }
    let stamp = Scan::new(text).stamp().ok_or_else(unreadable)?;
    Ok(days_from_civil(stamp.date) * DAY_MS + stamp.milliseconds - i64::from(stamp.offset_minutes) * 60_000)
}

fn read_object(text: &str) -> Result<i64, DateError> {
    let (mut date, mut format) = (None, None);
    let mut reader = Reader::new(text, 8);
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        match (key.as_ref(), reader.peek()?) {
            ("date", Kind::Number) => date = Some(reader.raw_value()?.to_owned()),
            ("date", Kind::String) => date = Some(reader.string()?.into_owned()),
            ("format", Kind::String) => format = Some(reader.string()?.into_owned()),
            _ => reader.skip_value()?,
        }
    }
    reader.end()?;
    let Some(date) = date else { return Err(DateError::Unreadable { value: crate::text::shortened(text) }) };
    let Some(format) = format.filter(|format| !format.trim().is_empty()) else {
        return parse_plain(date.trim());
    };
    pattern::parse(&date, &format).ok_or_else(|| DateError::Format {
        value: crate::text::shortened(&date),
        format: crate::text::shortened(&format),
    })
}

/// Year, month from 1, day from 1, of the proleptic Gregorian calendar.
type Civil = (i64, i64, i64);

/// Days since 1970-01-01, counted in years that begin in March so that the leap day comes last.
fn days_from_civil((year, month, day): Civil) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The reverse of `days_from_civil`.
fn civil_from_days(days: i64) -> Civil {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// The date, when there is such a day.
fn valid_date(date: Civil) -> Option<Civil> {
    let (_, month, day) = date;
    let possible = (1..=12).contains(&month) && (1..=31).contains(&day);
    (possible && civil_from_days(days_from_civil(date)) == date).then_some(date)
}

fn date_text((year, month, day): Civil) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

fn time_text(milliseconds: i64) -> String {
    let (seconds, fraction) = (milliseconds / 1000, milliseconds % 1000);
    let text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match fraction {
        0 => text,
        _ => format!("{text}.{fraction:03}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_is_the_same_instant() {
        for text in [
            "1717164000000",
            "2024-05-31T14:00:00",
            "2024-05-31 14:00:00",
            "2024-05-31T14:00:00.000Z",
            "2024-05-31T14:00:00:000",
            "2024-05-31T16:00:00+02:00",
            "\"2024-05-31T14:00\"",
            "5/31/2024 2:00:00 PM",
            r#"{"date":"2024-05-31 14:00:00"}"#,
            r#"{"date":"31.05.2024 14-00-00","format":"dd.MM.yyyy HH-mm-ss"}"#,
            r#"{"format":"EEE","format":"yyyyMMddHHmm","date":"202405311400"}"#,
            r#"{"date":1717164000000,"format":null}"#,
        ] {
            assert_eq!(parse_date(text), Ok(1_717_164_000_000), "{text}");
        }
        assert_eq!(parse_date("1969-12-31T23:59:59.5"), Ok(-500));
        assert_eq!(parse_date("2000-02-29"), Ok(951_782_400_000));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "yesterday",
            "2024-02-30",
            "2024-13-01",
            "24:00",
            "2024-05-31T25:00:00",
            "2024-05-31x",
            "[]",
            "{}",
            "2024-05-31T14:00:00+99:00",
            "1e300",
            r#"{"date":"2024","format":"yyyy QQ"}"#,
            r#"{"date":"x","format":"yyyy"}"#,
            "2024-05-31T13:00 PM",
            "٢٠٢٤-05-31",
        ] {
            assert!(parse_date(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_text_like_dates_become_iso() {
        assert_eq!(normalise_date_only("8/2/2020").as_deref(), Some("2020-08-02"));
        assert_eq!(normalise_date_only("2020-08-02").as_deref(), Some("2020-08-02"));
        assert_eq!(normalise_time_only("10:00:00 AM").as_deref(), Some("10:00:00"));
        assert_eq!(normalise_time_only("12:30:00 am").as_deref(), Some("00:30:00"));
        assert_eq!(normalise_time_only("23:59:59.250").as_deref(), Some("23:59:59.250"));
        assert_eq!(
            normalise_timestamp_offset("8/2/2020 10:00:00.0000 AM -07:00").as_deref(),
            Some("2020-08-02T10:00:00-07:00")
        );
        assert_eq!(
            normalise_timestamp_offset("2020-08-02T10:00:00Z").as_deref(),
            Some("2020-08-02T10:00:00+00:00")
        );
        assert_eq!(normalise_time_only("25:00:00"), None);
    }

    #[test]
    fn the_calendar_is_its_own_inverse() {
        for days in (-800_000..800_000).step_by(37) {
            assert_eq!(days_from_civil(civil_from_days(days)), days);
        }
        assert_eq!(civil_from_days(0), (1970, 1, 1));
        assert_eq!(date_to_text(1_717_164_000_001), "2024-05-31T14:00:00.001Z");
    }
}
