use crate::testing::{input, options};
use crate::zipped::ZipWriter;
use crate::{Format, FormatError, Input, ReadOptions, read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const POINT: &str = "<Placemark><name>p</name><Point><coordinates>1,2,0</coordinates></Point></Placemark>";

/// An archive of those files.
fn packed<'t>(files: impl IntoIterator<Item = (String, &'t str)>) -> Input {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.kmz");
    let mut archive = ZipWriter::create(&path).unwrap();
    for (name, text) in files {
        archive.add(&name, &mut |file| Ok(file.write_all(text.as_bytes())?)).unwrap();
    }
    archive.finish().unwrap();
    input("a.kmz", std::fs::read(path).unwrap())
}

fn link(href: &str) -> String {
    format!("<NetworkLink><Link><href>{href}</href></Link></NetworkLink>")
}

#[test]
fn a_packed_document_holds_the_files_of_its_archive_that_it_links_to() {
    let links =
        [link("layers/a.kml"), link("./layers/a.kml"), link("https://example.com/b.kml"), link("../c.kml")]
            .concat();
    let main = format!("<kml><Document>{links}</Document></kml>");
    let other = format!("<kml><Document><name>other</name>{POINT}{}</Document></kml>", link("d.kml"));
    let extra = ("extra.kml".to_owned(), other.as_str());
    let files = [("layers/a.kml".to_owned(), other.as_str()), ("doc.kml".to_owned(), &main), extra];
    let layer = read(&packed(files), Format::Kmz, &options()).unwrap();
    assert_eq!((layer.name.as_str(), layer.features.features.len()), ("other", 1));
    let beside = "other KML documents in the file, to which this one does not link, that were not read: 1";
    assert_eq!(layer.warnings, ["links to other files that were not followed: 4", beside]);
}

#[test]
fn a_document_of_nothing_but_links_is_read_at_once_and_can_be_stopped() {
    let name = |name: &str| format!("a/long/folder/so/that/comparing/takes/time/{name}.kml");
    let links = |count: usize| format!("<kml><Document>{}</Document></kml>", link(&name("x")).repeat(count));
    let main = links(10_000);
    let others = (0..9_000).map(|number| (name(&number.to_string()), "<kml/>"));
    let file = packed(std::iter::once(("doc.kml".to_owned(), main.as_str())).chain(others));
    let start = Instant::now();
    let layer = read(&file, Format::Kmz, &options()).unwrap();
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert_eq!(layer.warnings[0], "links to other files that were not followed: 10000");
    let asked = AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) > 3;
    let options = ReadOptions { stop: &stop, ..options() };
    let file = packed([("doc.kml".to_owned(), links(2_000).as_str())]);
    assert!(matches!(read(&file, Format::Kmz, &options), Err(FormatError::Stopped)));
}

#[test]
fn documents_of_one_file_are_counted_together() {
    let main = format!("<kml><Document>{}{}</Document></kml>", link("a.kml"), link("b.kml"));
    let other = format!("<kml><Document>{}</Document></kml>", POINT.repeat(2));
    let files = [("doc.kml", &main), ("a.kml", &other), ("b.kml", &other)];
    let file = packed(files.map(|(name, text)| (name.to_owned(), text.as_str())));
    let mut options = options();
    options.limits.max_features = 3;
    assert!(matches!(read(&file, Format::Kmz, &options), Err(FormatError::TooLarge(_))));
}
