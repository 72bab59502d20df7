use super::*;
use bytes::Bytes;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

const MAX_BYTES: u64 = 50_000_000;

fn go_on() -> bool {
    false
}

fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let mut writer = ZipWriter::create(&path).unwrap();
    for (name, bytes) in files {
        writer.add(name, &mut |out| Ok(out.write_all(bytes)?)).unwrap();
    }
    writer.finish().unwrap();
    std::fs::read(path).unwrap()
}

fn input(bytes: Vec<u8>) -> Input {
    Input::new("a.zip", Arc::new(Bytes::from(bytes)))
}

/// Opens and reads everything, in bounded time.
fn unpacked(bytes: Vec<u8>) -> Result<Vec<(String, Vec<u8>)>, FormatError> {
    let start = Instant::now();
    let result = Archive::open(&input(bytes), MAX_BYTES).and_then(|archive| {
        let entries = archive.entries().iter();
        entries.map(|entry| Ok((entry.path.clone(), archive.read(entry, u64::MAX)?))).collect()
    });
    assert!(start.elapsed() < Duration::from_secs(10));
    result
}

fn refusal(bytes: Vec<u8>) -> String {
    unpacked(bytes).unwrap_err().to_string()
}

/// Replaces every occurrence.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    for at in 0..=bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    bytes
}

/// Changes numbers in the only header of the directory.
fn with_header(bytes: &[u8], at: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let header = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    bytes[header + at..header + at + value.len()].copy_from_slice(value);
    bytes
}

#[test]
fn what_is_packed_is_unpacked_and_hidden_files_and_folders_are_skipped() {
    let files: &[(&str, &[u8])] = &[
        ("data/Straße.shp", b"0123456789"),
        ("data/", b""),
        ("__MACOSX/data/._a.shp", b"x"),
        ("data/.DS_Store", b"x"),
        ("empty.dbf", b""),
    ];
    let bytes = packed(files);
    let expected = [("data/Straße.shp".to_owned(), b"0123456789".to_vec()), ("empty.dbf".to_owned(), vec![])];
    assert_eq!(unpacked(bytes.clone()).unwrap(), expected);

    let archive = Archive::open(&input(bytes), MAX_BYTES).unwrap();
    let entry = &archive.entries()[0];
    assert_eq!((entry.stem(), entry.extension(), entry.file_name()), ("data/Straße", "shp", "Straße.shp"));
    let folder = tempfile::tempdir().unwrap();
    archive.unpack(entry, &folder.path().join("a"), &go_on).unwrap();
    assert_eq!(std::fs::read(folder.path().join("a")).unwrap(), b"0123456789");
    let stopped = archive.unpack(entry, &folder.path().join("a"), &|| true);
    assert!(matches!(stopped, Err(FormatError::Stopped)));
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    for name in ["/etc/passwd", "../a", "a/../../b", "a\\b", "C:a", "a\0b", "a//b", "./a", ""] {
        assert!(refusal(packed(&[(name, b"x")])).contains("leads out of the folder"), "{name:?}");
    }
}

#[test]
fn a_name_that_comes_twice_is_refused_whatever_its_case() {
    assert!(refusal(packed(&[("a.shp", b"1"), ("A.shp", b"2")])).contains("twice"));
}

#[test]
fn links_are_refused() {
    let bytes = with_header(&packed(&[("a", b"/etc/passwd")]), 40, &0o120_777_u16.to_le_bytes());
    assert!(refusal(bytes).contains("a link"));
}

#[test]
fn encrypted_entries_and_strange_methods_are_refused() {
    let bytes = packed(&[("a", b"x")]);
    assert!(refusal(with_header(&bytes, 8, &[1, 8])).contains("encrypted"));
    assert!(refusal(with_header(&bytes, 10, &[99, 0])).contains("encrypted"));
    assert!(refusal(with_header(&bytes, 10, &[12, 0])).contains("method 12"));
}

#[test]
fn a_bomb_is_refused_by_what_it_becomes_and_not_by_what_it_says() {
    let zeros = vec![0; 20_000_000];
    let bomb = packed(&[("a", &zeros)]);
    assert!(bomb.len() < 25_000);
    assert!(refusal(bomb.clone()).contains("zip bomb"));
    // It says that it becomes ten bytes.
    assert!(refusal(with_header(&bomb, 24, &10_u32.to_le_bytes())).contains("zip bomb"));
}

#[test]
fn all_entries_together_count_against_the_limit() {
    let mut noise = 1_u32;
    let mut bytes = vec![0; 3_000_000];
    for byte in bytes.iter_mut().step_by(64) {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (noise >> 24) as u8;
    }
    let archive = Archive::open(&input(packed(&[("a", &bytes), ("b", &bytes)])), 5_000_000).unwrap();
    let mut sink = io::sink();
    let mut copied =
        |index: usize| copy(&mut archive.reader(&archive.entries()[index]).unwrap(), &mut sink, &go_on);
    assert_eq!(copied(0).unwrap(), 3_000_000);
    assert!(copied(1).unwrap_err().to_string().contains("more than 5 MB"));
}

#[test]
fn entries_that_share_bytes_are_refused() {
    let bytes = packed(&[("a", b"0123456789"), ("b", b"0123456789")]);
    // The second entry claims the bytes of the first.
    assert!(refusal(with_header(&bytes, 42, &[0; 4])).contains("shares bytes"));
    // A local header whose extra field reaches into the next entry.
    let mut bytes = bytes;
    bytes[28] = 30;
    assert!(refusal(bytes).contains("shares bytes"));
}

#[test]
fn archives_in_archives_stay_closed() {
    let inner = packed(&[("a", b"x")]);
    assert_eq!(unpacked(packed(&[("b.zip", &inner)])).unwrap(), [("b.zip".to_owned(), inner)]);
}

#[test]
fn claims_of_gigabytes_and_of_many_entries_cost_nothing() {
    let bytes = packed(&[("a", b"0123456789")]);
    for at in [20, 24, 42] {
        for value in [u32::MAX, u32::MAX - 1, 0x7fff_ffff] {
            assert!(unpacked(with_header(&bytes, at, &value.to_le_bytes())).is_err());
        }
    }
    let end = bytes.len() - 22;
    for (at, length) in [(8, 4), (12, 4), (16, 4)] {
        let mut bytes = bytes.clone();
        bytes[end + at..end + at + length].fill(0xff);
        assert!(unpacked(bytes).is_err());
    }
    let mut many = bytes.clone();
    many[end + 8..end + 12].copy_from_slice(&[0x11, 0x27, 0x11, 0x27]);
    assert!(refusal(many).contains("10001 entries"));
}

#[test]
fn sizes_of_64_bits_are_read_and_not_believed() {
    let bytes = with_header(&packed(&[("a", b"0123456789")]), 24, &[0xff; 4]);
    let end = bytes.len() - 22;
    let with_size = |size: u64| {
        let mut long = with_header(&bytes, 30, &[12, 0])[..end].to_vec();
        long.extend(b"\x01\0\x08\0");
        long.extend(size.to_le_bytes());
        long.extend(&bytes[end..]);
        let at = long.len() - 10;
        long[at] += 12;
        long
    };
    assert_eq!(unpacked(with_size(10)).unwrap()[0].1, b"0123456789");
    assert!(refusal(with_size(5_000_000_000)).contains("more than 50 MB"));
    assert!(refusal(with_size(u64::MAX)).contains("more than 50 MB"));
}

#[test]
fn damage_shows_in_the_checksum() {
    let bytes = packed(&[("a", b"0123456789")]);
    assert!(refusal(with_header(&bytes, 16, &[1, 2, 3, 4])).contains("damaged"));
}

#[test]
fn every_cut_is_an_error() {
    let bytes = packed(&[("a.shp", &[7; 1000]), ("b.dbf", b"0123456789")]);
    for length in 0..bytes.len() {
        assert!(unpacked(bytes[..length].to_vec()).is_err(), "{length}");
    }
}

#[test]
fn names_without_utf_8_are_read_by_the_code_page_of_the_first_pc() {
    let mut bytes = replaced(&packed(&[("xy.shp", b"1")]), b"xy", b"\x94\xe1");
    let end = bytes.len() - 22;
    bytes = with_header(&bytes, 8, &[0, 0]);
    assert_eq!(bytes.len(), end + 22);
    assert_eq!(unpacked(bytes).unwrap()[0].0, "öß.shp");
}

proptest! {
    #[test]
    fn a_zip_file_with_flipped_bytes_never_panics(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
    ) {
        let mut bytes = packed(&[("a.shp", &[7; 200]), ("dir/b.dbf", b"0123456789")]);
        for (index, byte) in flips {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = unpacked(bytes);
    }
}
