use std::io::{Cursor, Write as _};
use std::process::Command;

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::super::row::ExtraKind;
use super::super::{Format, Given, Refusal, csv, limits, read};
use super::{SecretType, extra, parse};
use crate::vault::record::{Content, NewRecord};

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

/// A key with a passphrase, as dear to open as OpenSSH makes it when it is asked to.
fn dear_key() -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let made = Command::new("ssh-keygen")
        .args([
            "-q",
            "-t",
            "ed25519",
            "-a",
            "400",
            "-N",
            "correct horse",
            "-f",
        ])
        .arg(&file)
        .status();
    assert!(made.unwrap().success());
    std::fs::read_to_string(&file).unwrap()
}

#[test]
fn a_file_of_keys_is_so_much_work_and_no_more() {
    let key = dear_key();
    let row = format!("k,\"{key}\",correct horse\n");
    let file = format!("name,key,pass\n{}", row.repeat(500));
    let mapping: csv::Mapping = serde_json::from_value(serde_json::json!({
        "type": "SSH_KEY",
        "columns": {"name": "name", "key": "privateKey", "pass": "passphrase"},
    }))
    .unwrap();
    let rows = read(&Given {
        format: Format::Csv,
        bytes: file.as_bytes(),
        password: None,
        key_file: None,
        mapping: Some(&mapping),
    });
    let rows = rows.unwrap();
    assert_eq!(rows.len(), 500);
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(row.problems, Vec::<String>::new());
        assert!(row.get("publicKey").starts_with("ssh-ed25519 "));
        // The first two were opened; of the others nothing is lost.
        let opened = at < 2;
        assert_eq!(row.get("passphrase").is_empty(), !opened, "{at}");
        let aside = extra(row, "Passphrase");
        assert_eq!(aside, (!opened).then_some("correct horse"), "{at}");
        let told = row
            .notices
            .iter()
            .any(|told| told.contains("too much work"));
        assert_eq!(told, !opened, "{at}");
    }
}

#[test]
fn a_row_is_completed_once() {
    let fields = [("privateKey", "a key that was read before")];
    let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned().into()));
    let record = NewRecord {
        r#type: SecretType::SshKey,
        name: "k".to_owned(),
        fields: fields.into_iter().collect(),
        custom_fields: Vec::new(),
        tags: Vec::new(),
        high_sensitivity: false,
        inject_only: false,
    };
    assert!(Content::of_complete(record.clone()).is_ok());
    assert!(Content::new(record).is_err());
}

#[test]
fn long_fields_are_hidden_before_they_keep_their_row_out() {
    let cell = "x".repeat(3900);
    let headings: Vec<String> = (0..10).map(|n| format!("h{n}")).collect();
    let columns = headings.iter().map(|name| (name.clone(), "custom".into()));
    let mut columns: serde_json::Map<String, serde_json::Value> = columns.collect();
    columns.insert("password".to_owned(), "password".into());
    let mapping: csv::Mapping =
        serde_json::from_value(serde_json::json!({"type": "PASSWORD", "columns": columns}))
            .unwrap();
    let cells = [cell.as_str(); 10].join(",");
    let file = format!("password,{}\npw,{cells}\n", headings.join(","));
    let rows = read(&Given {
        format: Format::Csv,
        bytes: file.as_bytes(),
        password: None,
        key_file: None,
        mapping: Some(&mapping),
    });
    let rows = rows.unwrap();
    assert_eq!(rows[0].problems, Vec::<String>::new());
    let hidden = rows[0].extras.iter();
    let hidden = hidden.filter(|extra| extra.kind == ExtraKind::Hidden);
    assert_eq!((hidden.count(), rows[0].notices.len() >= 6), (6, true));
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
