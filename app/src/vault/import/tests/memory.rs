//! Small files that would become large in memory: what they hold once is not copied into every row.

use serde_json::{Value, json};

use super::super::row::Row;
use super::super::{Format, Given, Refusal, csv, limits, read};
use super::json::onepux;
use super::{SecretType, parse};

/// Long, and still a small part of a file.
fn long() -> String {
    "x".repeat(100_000)
}

fn bytes(rows: &[Row]) -> usize {
    rows.iter().map(Row::bytes).sum()
}

/// Reads a file that has to stay about as large as it is.
fn stays_small(format: Format, file: &[u8], length: usize) -> Vec<Row> {
    let rows = parse(format, file).unwrap();
    assert!(bytes(&rows) < 20 * length, "{format:?}: {}", bytes(&rows));
    rows
}

#[test]
fn a_long_folder_of_bitwarden_is_not_copied_into_every_item() {
    let login = json!({"type": 1, "name": "x", "folderId": "f", "login": {"password": "y"}});
    for list in ["folders", "collections"] {
        let file = json!({list: [{"id": "f", "name": long()}], "items": vec![&login; 2000]});
        let file = file.to_string();
        let rows = stays_small(Format::BitwardenJson, file.as_bytes(), file.len());
        assert_eq!(rows.len(), 2000);
        // It says so, and nothing else of the row is lost.
        assert!(rows[0].problems.is_empty());
        assert!(rows[0].notices[0].starts_with("tags were left out"));
    }
}

#[test]
fn of_a_path_of_folders_that_is_too_long_the_innermost_is_kept() {
    let folder = format!("{}/Work", "x/".repeat(1000));
    let file = format!("url,username,password,totp,extra,name,grouping,fav\n,a,pw,,,A,{folder},\n");
    let rows = parse(Format::LastpassCsv, file.as_bytes()).unwrap();
    assert_eq!(rows[0].tags, ["Work"]);
}

#[test]
fn a_long_name_or_tag_is_not_copied_into_what_comes_of_one_item() {
    let passkeys = vec![json!({}); 20];
    let item = json!({"type": 1, "name": long(), "login": {"password": "y", "fido2Credentials": passkeys}});
    let file = json!({"items": [item]}).to_string();
    assert!(bytes(&parse(Format::BitwardenJson, file.as_bytes()).unwrap()) < 2 * file.len());
    let fields = vec![json!({"value": {"totp": "x"}}); 200];
    let sections = vec![json!({"fields": fields}); 10];
    let item = json!({
        "categoryUuid": "001", "details": {"password": "y", "sections": sections},
        "overview": {"title": long(), "tags": vec![long(); 3]},
    });
    let data = json!({"accounts": [{"vaults": [{"items": [item]}]}]});
    let length = data.to_string().len();
    let rows = parse(Format::OnePassword1pux, &onepux(&data)).unwrap();
    assert!(bytes(&rows) < 2 * length, "{}", bytes(&rows));
    assert_eq!(rows[0].problems, ["has more than 100 one-time codes"]);
}

#[test]
fn the_name_of_a_vault_is_not_copied_into_every_item() {
    let item = json!({"categoryUuid": "003", "overview": {"title": "x"}});
    let vault = json!({"attrs": {"name": long()}, "items": vec![&item; 2000]});
    let data: Value = json!({"accounts": [{"vaults": [vault]}]});
    let length = data.to_string().len();
    let rows = stays_small(Format::OnePassword1pux, &onepux(&data), length);
    assert_eq!(rows.len(), 2000);
}

#[test]
fn a_heading_is_not_copied_into_every_row() {
    let file = format!("password,{}\n{}", long(), "pw,y\n".repeat(2000));
    let rows = stays_small(Format::Csv, file.as_bytes(), file.len());
    assert_eq!((rows.len(), rows[0].extras[0].label.len()), (2000, 120));
    // A mapping names it as it is, all the same.
    let columns = json!({"password": "password", long(): "custom"});
    let mapping = json!({"type": "PASSWORD", "columns": columns});
    let mapping: csv::Mapping = serde_json::from_value(mapping).unwrap();
    let given = Given {
        format: Format::Csv,
        bytes: file.as_bytes(),
        password: None,
        key_file: None,
        mapping: Some(&mapping),
    };
    assert!(bytes(&read(&given).unwrap()) < 20 * file.len());
}

#[test]
fn many_short_things_are_no_more_than_there_is_room_for() {
    let headings: Vec<String> = (0..200)
        .map(|n| format!("{n}{}", "h".repeat(100)))
        .collect();
    let cells = format!("{}\n", vec!["y"; 200].join(","));
    let wide = format!("{}\n{}", headings.join(","), cells.repeat(limits::ROWS));
    assert!(wide.len() < limits::FILE);
    assert_eq!(
        parse(Format::Csv, wide.as_bytes()).err(),
        Some(limits::TOO_MUCH)
    );
    // One cell that would become millions of fields, or of tags.
    let lines = format!(
        "name,login_password,fields\nA,pw,\"{}\"\n",
        "a\n".repeat(1_000_000)
    );
    let tags = format!("title,password,tags\nA,pw,\"{}\"\n", "a;".repeat(1_000_000));
    for (format, file) in [
        (Format::BitwardenCsv, lines),
        (Format::OnePasswordCsv, tags),
    ] {
        let rows: Result<Vec<Row>, Refusal> = parse(format, file.as_bytes());
        assert!(bytes(&rows.unwrap()) < 100_000, "{format:?}");
    }
}

#[test]
fn what_people_have_fits_many_times_over() {
    let rows = (0..limits::ROWS).map(|n| {
        format!("Work/Servers,,login,Name of {n},notes of some length,,0,https://{n}.example,ada,pw{n},\n")
    });
    let head = "folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp\n";
    let file = head.to_owned() + &rows.collect::<String>();
    let rows = parse(Format::BitwardenCsv, file.as_bytes()).unwrap();
    assert_eq!(
        (rows.len(), rows[0].kind),
        (limits::ROWS, SecretType::Password)
    );
    assert!(bytes(&rows) < limits::IN_MEMORY / 4, "{}", bytes(&rows));
}
