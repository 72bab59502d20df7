//! The messages of a job in its item: one string each, its level in front. An item may not exceed 400 KB and every write
//! is paid for by its size, so of many messages the first and the last are kept, and what is left out is said once.

use gp_core::{Message, MessageLevel};

/// The most that the messages of a job may weigh before the middle is left out; see [`weight`].
pub(crate) const MAX_WEIGHT: usize = 48 << 10;
/// What is then kept from the start.
const FIRST_WEIGHT: usize = 8 << 10;
/// What is then kept from the end. With the start it leaves room, so that not every message trims again.
const LAST_WEIGHT: usize = 24 << 10;
/// Every message weighs this many bytes beside its text: a thousand short ones are as much for who reads them as a few
/// long ones.
const MESSAGE_WEIGHT: usize = 48;
/// Longer texts are cut, and say so.
const MAX_TEXT_BYTES: usize = 4 << 10;
/// What a line begins with that stands for messages left out.
const GAP: char = 'g';

/// The messages as lines of an item.
pub(crate) fn lines(messages: &[Message]) -> Vec<String> {
    messages.iter().map(line).collect()
}

/// The messages that these lines are.
pub(crate) fn messages(lines: &[String]) -> Vec<Message> {
    lines.iter().map(|line| message(line)).collect()
}

/// How much these lines count against [`MAX_WEIGHT`].
pub(crate) fn weight(lines: &[String]) -> usize {
    lines.iter().map(|line| line_weight(line)).sum()
}

/// The lines without their middle, where they weigh too much together.
pub(crate) fn trimmed(lines: Vec<String>) -> Vec<String> {
    if weight(&lines) <= MAX_WEIGHT {
        return lines;
    }
    let first = fitting(lines.iter(), FIRST_WEIGHT);
    let last = fitting(lines[first..].iter().rev(), LAST_WEIGHT);
    let middle = &lines[first..lines.len() - last];
    let left_out: u64 = middle.iter().map(|line| gap(line).unwrap_or(1)).sum();
    let mut kept = lines[..first].to_vec();
    kept.push(format!("{GAP}{left_out}"));
    kept.extend_from_slice(&lines[lines.len() - last..]);
    kept
}

/// The text, cut where it is longer than an item should hold.
pub(crate) fn shortened(text: &str) -> String {
    if text.len() <= MAX_TEXT_BYTES {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(MAX_TEXT_BYTES);
    format!("{}… ({} more bytes)", &text[..end], text.len() - end)
}

/// How many lines come before one that no longer fits, or that stands for messages left out before.
fn fitting<'a>(lines: impl Iterator<Item = &'a String>, max_weight: usize) -> usize {
    let mut total = 0;
    let mut count = 0;
    for line in lines {
        total += line_weight(line);
        if total > max_weight || gap(line).is_some() {
            break;
        }
        count += 1;
    }
    count
}

fn line_weight(line: &str) -> usize {
    line.len() + MESSAGE_WEIGHT
}

fn line(message: &Message) -> String {
    let level = match message.level {
        MessageLevel::Info => 'i',
        MessageLevel::Warning => 'w',
        MessageLevel::Error => 'e',
        MessageLevel::None => 'n',
    };
    format!("{level}{}", shortened(&message.text))
}

fn message(line: &str) -> Message {
    if let Some(left_out) = gap(line) {
        return Message::warning(format!(
            "({left_out} messages are left out here: of many messages a job keeps the first and the last)"
        ));
    }
    let mut letters = line.chars();
    let level = match letters.next() {
        Some('w') => MessageLevel::Warning,
        Some('e') => MessageLevel::Error,
        Some('n') => MessageLevel::None,
        _ => MessageLevel::Info,
    };
    Message { level, text: letters.as_str().to_owned() }
}

fn gap(line: &str) -> Option<u64> {
    line.strip_prefix(GAP)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_message() -> impl Strategy<Value = Message> {
        let levels = [MessageLevel::Info, MessageLevel::Warning, MessageLevel::Error, MessageLevel::None];
        (proptest::sample::select(levels.to_vec()), ".{0,60}")
            .prop_map(|(level, text)| Message { level, text })
    }

    proptest! {
        #[test]
        fn few_messages_come_back_as_they_were(said in proptest::collection::vec(any_message(), 0..50)) {
            prop_assert_eq!(messages(&trimmed(lines(&said))), said);
        }

        #[test]
        fn of_many_the_ends_are_kept_and_the_rest_is_counted(
            batches in proptest::collection::vec(0_usize..800, 1..12),
            length in 0_usize..6000,
        ) {
            let mut kept = Vec::new();
            let mut said = 0;
            for batch in batches {
                let new: Vec<Message> =
                    (said..said + batch).map(|n| Message::info(format!("{n} {}", "x".repeat(length)))).collect();
                said += batch;
                kept.extend(lines(&new));
                kept = trimmed(kept);
                prop_assert!(weight(&kept) <= MAX_WEIGHT);
            }
            let left_out: u64 = kept.iter().filter_map(|line| gap(line)).sum();
            let gaps = kept.iter().filter(|line| gap(line).is_some()).count();
            prop_assert!(gaps <= 1);
            prop_assert_eq!(left_out as usize + kept.len() - gaps, said);
            if said > 0 {
                prop_assert!(kept[0].starts_with("i0 "));
                let last = format!("i{} ", said - 1);
                prop_assert!(kept[kept.len() - 1].starts_with(&last));
            }
        }
    }

    #[test]
    fn a_long_text_is_cut_between_letters_and_says_so() {
        let text = "ä".repeat(3000);
        let short = shortened(&text);
        assert!(short.len() < 4200 && short.ends_with("ä… (1904 more bytes)"), "{}", &short[4000..]);
    }
}
