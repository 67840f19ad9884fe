use super::super::{Format, Given, Refusal, csv, read};
use super::{SecretType, extra, outline, parse};

#[test]
fn bitwarden_tells_logins_from_notes_and_codes() {
    let file = "folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp\n\
                Work/Servers,1,login,Router,\"two\nlines\",\"Serial: SN-1\nPin: 4711\",0,router.example,admin,\"p,\"\"w\",GEZDGNBVGY3TQOJQ\n\
                ,,note,Plan,the text,,0,,,,\n";
    let rows = parse(Format::BitwardenCsv, file.as_bytes()).unwrap();
    assert_eq!(
        outline(&rows),
        [
            (SecretType::Password, "Router", "Work / Servers", true),
            (SecretType::Totp, "Router", "Work / Servers", true),
            (SecretType::SecureNote, "Plan", "", true),
        ]
    );
    let [login, code, note] = rows.as_slice() else {
        panic!("{}", rows.len());
    };
    assert!(login.favourite);
    assert_eq!(login.get("password"), "p,\"w");
    assert_eq!(login.get("url"), "https://router.example");
    assert_eq!(login.get("notes"), "two\nlines");
    assert_eq!(
        (extra(login, "Serial"), extra(login, "Pin")),
        (Some("SN-1"), Some("4711"))
    );
    assert!(code.get("otpauth").starts_with("otpauth://totp/"));
    assert_eq!(note.get("body"), "the text");
}

#[test]
fn onepassword_lastpass_and_browsers_have_columns_of_their_own() {
    for (format, file, notes) in [
        (
            Format::OnePasswordCsv,
            "Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes\n\
             Shop,https://shop.example,ada,secret,,true,false,a;b,why\n",
            "why",
        ),
        (
            Format::LastpassCsv,
            "url,username,password,totp,extra,name,grouping,fav\n\
             https://shop.example,ada,secret,,why,Shop,Home\\Shops,1\n",
            "why",
        ),
        (
            Format::BrowserCsv,
            "name,url,username,password,note\nShop,https://shop.example,ada,secret,why\n",
            "why",
        ),
        (
            Format::BrowserCsv,
            "\"url\",\"username\",\"password\",\"httpRealm\",\"formActionOrigin\",\"guid\",\"timeCreated\",\"timeLastUsed\",\"timePasswordChanged\"\n\
             \"https://shop.example\",\"ada\",\"secret\",,\"https://shop.example\",\"{1}\",\"1\",\"2\",\"3\"\n",
            "",
        ),
        (
            Format::BrowserCsv,
            "Title,URL,Username,Password,Notes,OTPAuth\nShop,https://shop.example,ada,secret,why,\n",
            "why",
        ),
    ] {
        let rows = parse(format, file.as_bytes()).unwrap();
        let [row] = rows.as_slice() else {
            panic!("{format:?}");
        };
        assert_eq!(row.problems, Vec::<String>::new());
        assert_eq!(row.get("url"), "https://shop.example", "{format:?}");
        assert_eq!(
            (row.get("username"), row.get("password")),
            ("ada", "secret")
        );
        assert_eq!(row.get("notes"), notes);
        assert!(row.extras.is_empty(), "{format:?}");
    }
}

#[test]
fn lastpass_marks_notes_by_an_address() {
    let file =
        "url,username,password,totp,extra,name,grouping,fav\nhttp://sn,,,,the text,Plan,,0\n";
    let rows = parse(Format::LastpassCsv, file.as_bytes()).unwrap();
    assert_eq!(outline(&rows), [(SecretType::SecureNote, "Plan", "", true)]);
    assert_eq!(rows[0].get("body"), "the text");
}

#[test]
fn any_table_is_read_by_a_mapping() {
    let file = "Dienst;Schlüssel;Bemerkung;Nummer\nMail;abc123;wichtig;7\n";
    let mapping = |columns| {
        serde_json::from_value::<csv::Mapping>(serde_json::json!({
            "type": "API_KEY", "columns": columns,
        }))
        .unwrap()
    };
    let rows = |mapping: &csv::Mapping| {
        read(&Given {
            format: Format::Csv,
            bytes: file.as_bytes(),
            password: None,
            key_file: None,
            mapping: Some(mapping),
        })
    };
    let chosen = mapping(serde_json::json!({
        "Dienst": "service", "Schlüssel": "key", "Bemerkung": "custom",
    }));
    let found = rows(&chosen).unwrap();
    assert_eq!(outline(&found), [(SecretType::ApiKey, "Mail", "", true)]);
    assert_eq!(found[0].get("key"), "abc123");
    assert_eq!(
        (extra(&found[0], "Bemerkung"), extra(&found[0], "Nummer")),
        (Some("wichtig"), Some("7"))
    );
    for wrong in [
        serde_json::json!({"Nothing": "key"}),
        serde_json::json!({"Dienst": "cvv"}),
    ] {
        assert!(matches!(rows(&mapping(wrong)), Err(Refusal::Mapping(_))));
    }
    assert_eq!(
        csv::headings(file.as_bytes()).unwrap(),
        ["Dienst", "Schlüssel", "Bemerkung", "Nummer"]
    );
}

#[test]
fn a_row_that_is_wrong_is_named_and_the_others_are_read() {
    let file = "name,url,username,password,note\nA,,a,pw,\nB,,b,pw,x,y,z\nC,javascript:alert(1),c,pw,\n,,,pw,\nE,,e,,only a note\n";
    let rows = parse(Format::BrowserCsv, file.as_bytes()).unwrap();
    let lines: Vec<_> = rows
        .iter()
        .map(|row| (row.line, row.problems.is_empty()))
        .collect();
    assert_eq!(
        lines,
        [(2, true), (3, false), (4, true), (5, true), (6, true)]
    );
    // What does not fit is kept, and said.
    assert_eq!(rows[2].get("url"), "");
    assert_eq!(extra(&rows[2], "Website"), Some("javascript:alert(1)"));
    assert_eq!(rows[2].notices.len(), 1);
    assert_eq!(rows[3].name, "Unnamed");
    assert_eq!(
        (rows[4].kind, rows[4].get("body")),
        (SecretType::SecureNote, "only a note")
    );
    assert_eq!(extra(&rows[4], "User name"), Some("e"));
}

#[test]
fn encodings_and_line_ends_make_no_difference() {
    let file = "name,url,username,password,note\r\nBüro,https://büro.example,jürgen,pä€😀,\r\n";
    let wide: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(file.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = [b"\xef\xbb\xbf", file.as_bytes()].concat();
    for bytes in [
        file.as_bytes().to_vec(),
        wide,
        marked,
        file.replace("\r\n", "\n").into_bytes(),
    ] {
        let rows = parse(Format::BrowserCsv, &bytes).unwrap();
        assert_eq!(
            (rows[0].name.as_str(), rows[0].get("password")),
            ("Büro", "pä€😀")
        );
    }
    let latin = b"name,url,username,password,note\nB\xfcro,,a,pw,\n";
    assert!(parse(Format::BrowserCsv, latin).is_err());
}

#[test]
fn cells_that_a_spreadsheet_would_run_are_only_text() {
    let file = "name,url,username,password,note\n=1+1,,@SUM(A1),\"=cmd|' /C calc'!A0\",+1\n";
    let rows = parse(Format::BrowserCsv, file.as_bytes()).unwrap();
    assert_eq!(rows[0].name, "=1+1");
    assert_eq!(rows[0].get("password"), "=cmd|' /C calc'!A0");
}
