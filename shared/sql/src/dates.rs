//! Dates and times: reading and writing their text, shifting them, taking them apart.
//!
//! Text is ISO 8601, or the US style of GP samples, `8/2/2020 10:00:00.000 AM -07:00` (specification 6.1 leaves both
//! open). Moments are epoch milliseconds UTC; text without an offset is UTC.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::Offset;

use crate::error::SqlError;
use crate::value::Value;

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// A date with or without time, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) ms: i64,
    /// The calendar day as written, whatever the offset: days since 1970-01-01.
    pub(crate) day: i64,
    pub(crate) offset_minutes: Option<i32>,
}

/// What `EXTRACT` takes out of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Year,
    Quarter,
    Month,
    /// ISO 8601 week of the year.
    Week,
    Day,
    /// 0 is Sunday.
    DayOfWeek,
    DayOfYear,
    Hour,
    Minute,
    /// With its fraction, when there is one.
    Second,
}

/// Reads a date, with a time and an offset or without.
pub(crate) fn parse_moment(text: &str) -> Option<Moment> {
    let mut scan = Scan(text.trim().as_bytes());
    let (first, digits) = scan.number()?;
    let (year, month, day) = if scan.eat(b'/') {
        let (day, _) = scan.number()?;
        if !scan.eat(b'/') {
            return None;
        }
        let (year, year_digits) = scan.number()?;
        (year_digits == 4).then_some((year, first, day))?
    } else {
        if digits != 4 || !scan.eat(b'-') {
            return None;
        }
        let (month, _) = scan.number()?;
        if !scan.eat(b'-') {
            return None;
        }
        (first, month, scan.number()?.0)
    };
    let date =
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let midnight = ms_of(date.to_datetime(jiff::civil::Time::midnight()))?;
    let (mut ms, mut offset_minutes) = (midnight, None);
    if scan.eat(b'T') || scan.eat(b't') || scan.eat(b' ') {
        scan.blanks();
        ms += scan.time()?;
        offset_minutes = scan.offset()?;
        ms -= i64::from(offset_minutes.unwrap_or(0)) * 60_000;
    }
    scan.0.is_empty().then_some(Moment { ms, day: midnight / DAY_MS, offset_minutes })
}

/// Reads a time of day in milliseconds since midnight.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let mut scan = Scan(text.trim().as_bytes());
    let ms = scan.time()?;
    scan.0.is_empty().then_some(ms)
}

/// `2024-05-01 12:30:00`, with milliseconds when there are any.
pub(crate) fn format_moment(ms: i64) -> Result<String, SqlError> {
    Ok(format!("{} {}", format_day(ms.div_euclid(DAY_MS))?, format_time(ms.rem_euclid(DAY_MS))))
}

/// `2024-05-01`.
pub(crate) fn format_day(days: i64) -> Result<String, SqlError> {
    let date =
        days.checked_mul(DAY_MS).and_then(civil).ok_or_else(|| outside(days.saturating_mul(DAY_MS)))?;
    Ok(format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()))
}

/// `12:30:00`, with milliseconds when there are any.
pub(crate) fn format_time(ms: i64) -> String {
    let (seconds, fraction) = (ms / 1000, ms % 1000);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 { clock } else { format!("{clock}.{fraction:03}") }
}

/// `2020-08-02T10:00:00-07:00`.
pub(crate) fn format_stamp(ms: i64, offset_minutes: i32) -> Result<String, SqlError> {
    let local = format_moment(ms.saturating_add(i64::from(offset_minutes) * 60_000))?.replace(' ', "T");
    let sign = if offset_minutes < 0 { '-' } else { '+' };
    let minutes = offset_minutes.abs();
    Ok(format!("{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60))
}

/// A moment some calendar months and then milliseconds later; the day is cut to the month's last. `None` outside
/// of the years -9999 to 9999.
pub(crate) fn shift(ms: i64, months: i64, add_ms: i64) -> Option<i64> {
    let mut shifted = ms;
    if months != 0 {
        let span = jiff::Span::new().try_months(months).ok()?;
        shifted = ms_of(civil(ms)?.checked_add(span).ok()?)?;
    }
    let shifted = shifted.checked_add(add_ms)?;
    civil(shifted).map(|_| shifted)
}

/// `EXTRACT(part FROM value)`. A moment with an offset is taken apart in its own local time.
pub(crate) fn extract(part: Part, value: &Value<'_>) -> Result<Value<'static>, SqlError> {
    let (ms, time_only) = match value {
        Value::Null => return Ok(Value::Null),
        Value::Stamp { ms, offset_minutes } => {
            (ms.saturating_add(i64::from(*offset_minutes) * 60_000), false)
        }
        Value::Time(ms) => (*ms, true),
        Value::Text(text) => match parse_moment(text) {
            Some(moment) => (moment.ms + i64::from(moment.offset_minutes.unwrap_or(0)) * 60_000, false),
            None => return Err(no_date(value)),
        },
        other => (other.moment_ms().ok_or_else(|| no_date(value))?, false),
    };
    if time_only && !matches!(part, Part::Hour | Part::Minute | Part::Second) {
        return Err(SqlError::Mismatch("a time of day has only HOUR, MINUTE and SECOND".to_owned()));
    }
    let at = civil(ms).ok_or_else(|| outside(ms))?;
    let number = match part {
        Part::Year => i64::from(at.year()),
        Part::Quarter => i64::from((at.month() + 2) / 3),
        Part::Month => i64::from(at.month()),
        Part::Week => i64::from(at.date().iso_week_date().week()),
        Part::Day => i64::from(at.day()),
        Part::DayOfWeek => i64::from(at.weekday().since(Weekday::Sunday)),
        Part::DayOfYear => i64::from(at.day_of_year()),
        Part::Hour => i64::from(at.hour()),
        Part::Minute => i64::from(at.minute()),
        Part::Second => {
            let in_minute_ms = ms.rem_euclid(60_000);
            if in_minute_ms % 1000 != 0 {
                return Ok(Value::Double(in_minute_ms as f64 / 1000.0));
            }
            in_minute_ms / 1000
        }
    };
    Ok(Value::Int(number))
}

fn no_date(value: &Value<'_>) -> SqlError {
    SqlError::Mismatch(format!("{} is not a date", value.describe()))
}

fn outside(ms: i64) -> SqlError {
    SqlError::Mismatch(format!("the date {ms} ms is outside of the years -9999 to 9999"))
}

fn civil(ms: i64) -> Option<DateTime> {
    Timestamp::from_millisecond(ms).ok().map(|moment| Offset::UTC.to_datetime(moment))
}

fn ms_of(date: DateTime) -> Option<i64> {
    Offset::UTC.to_timestamp(date).ok().map(Timestamp::as_millisecond)
}

/// The rest of a text being read.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn blanks(&mut self) {
        while self.eat(b' ') {}
    }

    /// A number of at most four digits, and how many there were.
    fn number(&mut self) -> Option<(i64, usize)> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 4 {
            return None;
        }
        let number = self.0[..digits].iter().fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'));
        self.0 = &self.0[digits..];
        Some((number, digits))
    }

    /// `10:00`, `10:00:00`, `10:00:00.123`, each also with `AM` or `PM`; finer than a millisecond is cut.
    fn time(&mut self) -> Option<i64> {
        let (mut hour, _) = self.number()?;
        if !self.eat(b':') {
            return None;
        }
        let (minute, _) = self.number()?;
        let (mut second, mut ms) = (0, 0);
        if self.eat(b':') {
            second = self.number()?.0;
            if self.eat(b'.') {
                let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let padded = self.0[..digits].iter().copied().chain(*b"000").take(3);
                ms = padded.fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'));
                self.0 = &self.0[digits..];
            }
        }
        self.blanks();
        if let [letter @ (b'a' | b'A' | b'p' | b'P'), b'm' | b'M', ..] = *self.0 {
            self.0 = &self.0[2..];
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if letter.eq_ignore_ascii_case(&b'p') { 12 } else { 0 };
        }
        (hour < 24 && minute < 60 && second < 60).then_some(((hour * 60 + minute) * 60 + second) * 1000 + ms)
    }

    /// `Z`, `+02:00`, `+0200`, `+02` or nothing, in minutes east; `None` when it is none of them.
    fn offset(&mut self) -> Option<Option<i32>> {
        self.blanks();
        if self.0.is_empty() {
            return Some(None);
        }
        if self.eat(b'Z') || self.eat(b'z') {
            return Some(Some(0));
        }
        let sign = if self.eat(b'+') {
            1
        } else if self.eat(b'-') {
            -1
        } else {
            return None;
        };
        let (hours, minutes) = match self.number()? {
            (packed, 4) => (packed / 100, packed % 100),
            (hours, _) if self.eat(b':') => (hours, self.number()?.0),
            (hours, _) => (hours, 0),
        };
        let total = (hours <= 18 && minutes < 60).then_some(hours * 60 + minutes)?;
        i32::try_from(sign * total).ok().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_and_us_texts_mean_the_same_moment() {
        let noon = 1_596_362_400_000; // 2020-08-02T10:00:00Z
        for text in [
            "2020-08-02T10:00:00Z",
            "2020-08-02 10:00",
            "8/2/2020 10:00:00.0000 AM",
            "2020-08-02T03:00:00-07:00",
            "8/2/2020 3:00:00 AM -07:00",
            "2020-08-02T12:00:00+0200",
        ] {
            assert_eq!(parse_moment(text).map(|moment| moment.ms), Some(noon), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "2020", "2020-13-01", "2020-02-30", "20-01-01", "2020-01-01 25:00", "2020-01-01x", "1/2/20"]
        {
            assert_eq!(parse_moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_month_later_is_cut_to_the_last_day() {
        let january = parse_moment("2024-01-31").unwrap().ms;
        assert_eq!(shift(january, 1, 0), parse_moment("2024-02-29").map(|moment| moment.ms));
    }

    #[test]
    fn dates_before_1970_are_written_and_read_alike() {
        for text in ["1969-12-31 23:59:59.999", "0001-01-01 00:00:00", "9999-12-30 21:59:59"] {
            let moment = parse_moment(text).unwrap();
            assert_eq!(format_moment(moment.ms).as_deref(), Ok(text));
        }
    }
}
