//! FlatGeobuf 3: a header, an index of boxes, and features, each a FlatBuffer. <https://flatgeobuf.org>
//!
//! Only what the index says is needed is read when a box is asked for, so a file on another server costs few requests. The
//! buffers are read and made by hand: the crates that do it stand on `unsafe`, and bring a geometry library. It must never
//! trust an offset or a length, and never read a feature that the index excludes.

mod builder;
mod feature;
mod flatbuffer;
mod header;
mod index;
mod shapes;
#[cfg(test)]
mod tests;
mod write;

use crate::gather::Gathering;
use crate::window::Window;
use crate::{FormatError, Input, ReadLayer, ReadOptions};
use header::Header;
use index::Layout;
use std::io;
pub(crate) use write::write;

/// The name of the format in messages.
const FORMAT: &str = "FlatGeobuf";
/// What a file begins with; the last byte is the patch level, which says nothing about the layout.
const MAGIC: [u8; 8] = *b"fgb\x03fgb\x00";
/// The greatest header and the greatest feature, in bytes: one is read in one piece.
const MAX_HEADER_BYTES: usize = 16 * 1024 * 1024;
const MAX_FEATURE_BYTES: usize = 256 * 1024 * 1024;
/// The bytes of a length.
const PREFIX_BYTES: usize = 4;

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    let mut window = Window::new(input);
    let magic = window.get(0, MAGIC.len()).map_err(at_end)?;
    if magic[..7] != MAGIC[..7] {
        return Err(malformed("it does not begin with the mark of FlatGeobuf 3"));
    }
    let mut at = MAGIC.len() as u64;
    let bytes = sized(&mut window, at, MAX_HEADER_BYTES)?;
    at += (PREFIX_BYTES + bytes.len()) as u64;
    let mut header = header::read(bytes)?;
    let name =
        if header.name.is_empty() { input.stem().to_owned() } else { std::mem::take(&mut header.name) };
    let layout = Layout::new(header.features_count, header.index_node_size)?;
    let features_at = at.checked_add(layout.byte_len()).filter(|at| *at <= input.bytes().byte_len());
    let features_at = features_at.ok_or_else(|| {
        malformed(format_args!("its index of {} features ends early", header.features_count))
    })?;
    let mut gathering = Gathering::new(options, std::mem::take(&mut header.set));
    for sentence in std::mem::take(&mut header.warnings) {
        gathering.warn(sentence);
    }
    match (gathering.envelope(), layout.has_nodes()) {
        (Some(envelope), true) => {
            let most = options.limits.max_features;
            let hits = index::search(&layout, &mut window, at, &envelope, most, options.stop)?;
            for hit in hits {
                let at = features_at.checked_add(hit).ok_or_else(|| malformed("the index points nowhere"))?;
                let bytes = sized(&mut window, at, MAX_FEATURE_BYTES)?;
                feature::read(bytes, &header, &mut gathering)
                    .map_err(|error| error.within(format_args!("the feature at byte {at}")))?;
            }
        }
        _ => read_all(&mut window, features_at, input.bytes().byte_len(), &header, &mut gathering)?,
    }
    Ok(gathering.finish(&name))
}

/// Reads features one after the other: as many as the header counts, or to the end where it counts none.
fn read_all(
    window: &mut Window,
    mut at: u64,
    file_end: u64,
    header: &Header,
    gathering: &mut Gathering<'_>,
) -> Result<(), FormatError> {
    let is_counted = header.features_count > 0;
    let mut count: u64 = 0;
    while if is_counted { count < header.features_count } else { at < file_end } {
        count += 1;
        let bytes = sized(window, at, MAX_FEATURE_BYTES)?;
        at += (PREFIX_BYTES + bytes.len()) as u64;
        feature::read(bytes, header, gathering)
            .map_err(|error| error.within(format_args!("feature {count}")))?;
    }
    Ok(())
}

/// The bytes that a length at that position announces.
fn sized(window: &mut Window, at: u64, most: usize) -> Result<&[u8], FormatError> {
    let prefix = window.get(at, PREFIX_BYTES).map_err(at_end)?.first_chunk().copied().unwrap_or_default();
    let length = u32::from_le_bytes(prefix) as usize;
    if length > most {
        return Err(FormatError::TooLarge(format!(
            "a feature or the header of the file takes {length} bytes, more than the {most} that can be read"
        )));
    }
    let all = window.get(at, PREFIX_BYTES + length).map_err(at_end)?;
    Ok(&all[PREFIX_BYTES..])
}

fn malformed(reason: impl ToString) -> FormatError {
    FormatError::malformed(FORMAT, reason)
}

/// A file that ends where more should follow is a bad file, not a bad disk.
fn at_end(error: io::Error) -> FormatError {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        malformed("the file ends early, or a length in it is wrong")
    } else {
        FormatError::Io(error)
    }
}
