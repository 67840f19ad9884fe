//! What a crash, a careless hand and a careful one do to a log.

use time::macros::datetime;

use super::{Broken, Kind, Log, read};
use crate::error::Error;

fn written(lines: u8) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("issued.jsonl");
    let at = datetime!(2026-05-06 07:08:09 UTC);
    for line in 0..lines {
        let mut log = Log::open(&path).unwrap();
        let payload = serde_json::json!({ "seats": line });
        log.append(Kind::Licence, &[line], payload, at).unwrap();
    }
    (dir, path)
}

#[test]
fn each_line_follows_the_one_before() {
    let (_dir, path) = written(3);
    let chain = read(&path).unwrap();
    assert_eq!(chain.broken, None);
    assert_eq!(chain.entries.len(), 3);
    assert_eq!(chain.entries[0].previous, "0".repeat(64));
    assert_eq!(chain.entries[2].previous, chain.digests[1]);
    assert_eq!(chain.head(), chain.digests[2]);
}

#[test]
fn the_first_broken_line_is_named() {
    let (_dir, path) = written(4);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| format!("{}\n", lines.join("\n"));
    let cases = [
        (text.replace("\"seats\":1", "\"seats\":9"), Broken::Link(3)),
        (joined(&[lines[0], lines[2], lines[3]]), Broken::Number(2)),
        (joined(&[lines[0], lines[2], lines[1]]), Broken::Number(2)),
        (joined(&[lines[1], lines[2]]), Broken::Number(1)),
        (joined(&[lines[0], lines[0]]), Broken::Number(2)),
        (joined(&[lines[0], "", lines[1]]), Broken::Line(2)),
        (joined(&[lines[0], "{}"]), Broken::Line(2)),
        (
            text.replace("\"number\":4", "\"number\":5"),
            Broken::Number(4),
        ),
        (text[..text.len() - 5].to_owned(), Broken::CutOff(4)),
        ("[".repeat(1 << 20), Broken::Line(1)),
    ];
    for (changed, expected) in cases {
        std::fs::write(&path, &changed).unwrap();
        assert_eq!(read(&path).unwrap().broken, Some(expected));
        let opened = Log::open(&path);
        match expected {
            Broken::CutOff(_) => assert!(opened.is_ok()),
            _ => assert!(matches!(opened, Err(Error::Log(_, found)) if found == expected)),
        }
    }
}

#[test]
fn a_line_that_a_crash_cut_off_is_written_over() {
    let (_dir, path) = written(2);
    let text = std::fs::read_to_string(&path).unwrap();
    let first = text.find('\n').unwrap() + 1;
    for cut in first + 1..text.len() {
        std::fs::write(&path, &text[..cut]).unwrap();
        let mut log = Log::open(&path).unwrap();
        let at = datetime!(2026-05-06 07:08:09 UTC);
        let payload = serde_json::json!({ "seats": 1 });
        assert_eq!(log.append(Kind::Licence, &[1], payload, at).unwrap(), 2);
        drop(log);
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            text,
            "cut at {cut}"
        );
    }
}
