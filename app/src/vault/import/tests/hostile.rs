use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::super::{Format, Refusal, limits};
use super::parse;

const ALL: [Format; 9] = [
    Format::BitwardenJson,
    Format::BitwardenCsv,
    Format::OnePassword1pux,
    Format::OnePasswordCsv,
    Format::KeepassKdbx,
    Format::LastpassCsv,
    Format::BrowserCsv,
    Format::Csv,
    Format::Dotenv,
];

#[test]
fn a_zip_bomb_is_refused_where_it_passes_the_limit() {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive
        .start_file("export.data", SimpleFileOptions::default())
        .unwrap();
    let zeros = vec![b' '; 1024 * 1024];
    for _ in 0..80 {
        archive.write_all(&zeros).unwrap();
    }
    let bomb = archive.finish().unwrap().into_inner();
    assert!(bomb.len() < 200_000);
    assert_eq!(
        parse(Format::OnePassword1pux, &bomb).err(),
        Some(limits::UNPACKS_TOO_FAR)
    );
}

#[test]
fn a_small_file_cannot_become_many_things_in_memory() {
    let many = format!(
        "{{\"items\":[{}]}}",
        vec!["{\"type\":1}"; limits::ROWS + 1].join(",")
    );
    assert!(parse(Format::BitwardenJson, many.as_bytes()).is_err());
    let parts = format!(
        "{{\"items\":[{{\"type\":1,\"x\":[{}]}}]}}",
        vec!["0"; 2_000_000].join(",")
    );
    assert_eq!(
        parse(Format::BitwardenJson, parts.as_bytes()).err(),
        Some(Refusal::File("must have fewer parts"))
    );
    let rows = format!(
        "name,url,username,password\n{}",
        "a,b,c,d\n".repeat(limits::ROWS + 1)
    );
    assert_eq!(
        parse(Format::BrowserCsv, rows.as_bytes()).err(),
        Some(limits::TOO_MANY)
    );
    let variables = "A=1\n".repeat(limits::ROWS + 1);
    assert_eq!(
        parse(Format::Dotenv, variables.as_bytes()).err(),
        Some(limits::TOO_MANY)
    );
    let columns = vec!["a"; 201].join(",");
    assert!(parse(Format::Csv, columns.as_bytes()).is_err());
}

#[test]
fn deep_json_is_refused_and_overflows_nothing() {
    for deep in [
        "[".repeat(1_000_000),
        format!("{{\"items\":{}", "[".repeat(1_000_000)),
        format!("{{\"x\":{}", "{\"x\":".repeat(1_000_000)),
    ] {
        assert!(parse(Format::BitwardenJson, deep.as_bytes()).is_err());
    }
}

#[test]
fn ten_mebibytes_of_notes_keep_their_row_out_and_no_other() {
    let notes = "x".repeat(9 * 1024 * 1024);
    let file = format!("name,url,username,password,note\nA,,a,pw,{notes}\nB,,b,pw,short\n");
    let rows = parse(Format::BrowserCsv, file.as_bytes()).unwrap();
    assert!(!rows[0].problems.is_empty());
    assert!(rows[1].problems.is_empty());
    let larger = vec![b'x'; limits::FILE + 1];
    for format in ALL {
        assert_eq!(parse(format, &larger).err(), Some(limits::TOO_LARGE));
    }
}

#[test]
fn nul_and_misleading_names_do_not_pass() {
    let nul = "name,url,username,password,note\nA,,a,p\0w,\n";
    assert!(parse(Format::BrowserCsv, nul.as_bytes()).is_err());
    let escaped =
        "{\"items\":[{\"type\":1,\"name\":\"a\",\"login\":{\"password\":\"p\\u0000w\"}}]}";
    let rows = parse(Format::BitwardenJson, escaped.as_bytes()).unwrap();
    assert!(!rows[0].problems.is_empty());
    let turned = "name,url,username,password,note\nbank\u{202e}moc.elpmaxe,,a,pw,\n";
    let rows = parse(Format::BrowserCsv, turned.as_bytes()).unwrap();
    assert_eq!(rows[0].name, "bankmoc.elpmaxe");
    assert_eq!(rows[0].notices.len(), 1);
    let persian = "name,url,username,password,note\nمی\u{200c}خواهم,,a,pw,\n";
    let rows = parse(Format::BrowserCsv, persian.as_bytes()).unwrap();
    assert_eq!(
        (rows[0].name.as_str(), rows[0].notices.len()),
        ("می\u{200c}خواهم", 0)
    );
}

#[test]
fn no_refusal_repeats_the_file() {
    let file = "planted-7f3a,url\nplanted-7f3a\nplanted-7f3a,x,y,z";
    for format in ALL {
        match parse(format, file.as_bytes()) {
            Err(refusal) => assert!(!refusal.to_string().contains("planted"), "{format:?}"),
            Ok(rows) => {
                let said = rows
                    .iter()
                    .flat_map(|row| row.problems.iter().chain(&row.notices));
                assert!(
                    !said.into_iter().any(|text| text.contains("planted")),
                    "{format:?}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever a file holds, it is read or refused, and nothing panics.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for format in ALL {
            let _ = parse(format, &bytes);
        }
    }

    /// Text with what formats are made of comes further than bytes.
    #[test]
    fn any_text_is_read_or_refused(text in "[a,;\"'\\\\=#\\n\\r\\{\\}\\[\\]: \u{202e}0-9]{0,300}") {
        for format in ALL {
            let _ = parse(format, text.as_bytes());
        }
    }
}
