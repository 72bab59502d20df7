//! Dates, times and time stamps of a text, in ISO and US form.

use super::{Civil, valid_date};

/// A date with a time of day and the offset that it was given in.
pub(super) struct Stamp {
    pub(super) date: Civil,
    /// Of the day, local to the offset.
    pub(super) milliseconds: i64,
    pub(super) offset_minutes: i32,
}

/// What is left of a text.
pub(super) struct Scan<'t> {
    rest: &'t str,
}

impl<'t> Scan<'t> {
    pub(super) fn new(text: &'t str) -> Scan<'t> {
        Scan { rest: text.trim() }
    }

    /// `2020-08-02` or `8/2/2020`.
    pub(super) fn date(&mut self) -> Option<Civil> {
        let negative = self.take('-');
        let (first, length) = self.number(6)?;
        if self.take('/') {
            let (day, _) = self.number(2)?;
            let (year, _) = self.take('/').then(|| self.number(4)).flatten()?;
            return valid_date((year, first, day)).filter(|_| !negative);
        }
        let (month, _) = self.take('-').then(|| self.number(2)).flatten()?;
        let (day, _) = self.take('-').then(|| self.number(2)).flatten()?;
        let year = if negative { -first } else { first };
        valid_date((year, month, day)).filter(|_| length >= 4)
    }

    /// `14:00`, `14:00:00`, with a fraction after a point or a colon, or of twelve hours with AM or PM; in milliseconds.
    pub(super) fn time(&mut self) -> Option<i64> {
        let (mut hour, _) = self.number(2)?;
        let (minute, _) = self.take(':').then(|| self.number(2)).flatten()?;
        let mut second = 0;
        let mut millisecond = 0;
        if self.take(':') {
            second = self.number(2)?.0;
            if self.take('.') || self.take(',') || self.take(':') {
                let (fraction, length) = self.number(9)?;
                // Cut to milliseconds: nothing on the wire is finer.
                millisecond = fraction * 1000 / 10_i64.pow(length);
            }
        }
        if let Some(afternoon) = self.half_of_day() {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if afternoon { 12 } else { 0 };
        }
        let valid = hour < 24 && minute < 60 && second < 60;
        valid.then_some(((hour * 60 + minute) * 60 + second) * 1000 + millisecond)
    }

    /// A date, perhaps with a time and an offset, and nothing after it.
    pub(super) fn stamp(&mut self) -> Option<Stamp> {
        let date = self.date()?;
        let mut stamp = Stamp { date, milliseconds: 0, offset_minutes: 0 };
        if self.rest.is_empty() {
            return Some(stamp);
        }
        if !self.take('T') && !self.take('t') && !self.take(' ') {
            return None;
        }
        self.rest = self.rest.trim_start();
        stamp.milliseconds = self.time()?;
        self.rest = self.rest.trim_start();
        stamp.offset_minutes = self.offset()?;
        self.end()?;
        Some(stamp)
    }

    /// Asserts that nothing is left.
    pub(super) fn end(&self) -> Option<()> {
        self.rest.trim().is_empty().then_some(())
    }

    /// Nothing or `Z`, which are 0, or `+02:00`, `-0700`, `+02`.
    fn offset(&mut self) -> Option<i32> {
        if self.rest.is_empty() || self.take('Z') || self.take('z') {
            return Some(0);
        }
        let negative = self.take('-');
        if !negative && !self.take('+') {
            return None;
        }
        let (hours, _) = self.number(2)?;
        let colon = self.take(':');
        let minutes = if colon || !self.rest.is_empty() { self.number(2)?.0 } else { 0 };
        let total = i32::try_from(hours * 60 + minutes).ok()?;
        // UTC+14 is the furthest that a clock on land is set.
        (total <= 14 * 60 && minutes < 60).then_some(if negative { -total } else { total })
    }

    /// Takes `AM` or `PM`; whether it was the latter.
    fn half_of_day(&mut self) -> Option<bool> {
        let rest = self.rest.trim_start();
        let afternoon = match rest.get(..2)? {
            half if half.eq_ignore_ascii_case("am") => false,
            half if half.eq_ignore_ascii_case("pm") => true,
            _ => return None,
        };
        self.rest = rest.get(2..)?;
        Some(afternoon)
    }

    /// One to `most` digits, and how many there were.
    fn number(&mut self, most: usize) -> Option<(i64, u32)> {
        let length = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let value = self.rest.get(..length)?.parse().ok()?;
        self.rest = self.rest.get(length..)?;
        Some((value, u32::try_from(length).ok()?))
    }

    fn take(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
}
