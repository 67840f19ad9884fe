//! The list of all that a key ever signed.

use std::path::Path;

use super::{issued, json, run};

fn issue(dir: &Path, out: &str, code: i32) {
    let words = format!(
        "issue --key keys/vendor.key --customer A --tier pro --seats 1 --expires 2999-01-01 --out {out}"
    );
    run(dir, &words, code);
}

#[test]
fn every_licence_has_its_line() {
    use sha2::Digest as _;
    let dir = issued("2999-12-31");
    issue(dir.path(), "b.vtlic", 0);
    let renew = "renew b.vtlic --key keys/vendor.key --expires 2999-06-30 --out c.vtlic";
    run(dir.path(), renew, 0);
    let shown = json(dir.path(), "log show keys/issued.jsonl", 0);
    let entries = shown["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for (entry, name) in entries.iter().zip(["a.vtlic", "b.vtlic", "c.vtlic"]) {
        let file = std::fs::read(dir.path().join(name)).unwrap();
        assert_eq!(entry["sha256"], hex::encode(sha2::Sha256::digest(file)));
        let shown = json(dir.path(), &format!("show {name}"), 0);
        assert_eq!(entry["payload"], shown["license"]);
    }
    let page = run(dir.path(), "log show keys/issued.jsonl", 0);
    let page = String::from_utf8_lossy(&page.get_output().stdout).into_owned();
    assert!(page.contains("Example GmbH"), "{page}");
}

#[test]
fn a_changed_log_is_noticed_and_nothing_is_issued_with_it() {
    let dir = issued("2999-12-31");
    issue(dir.path(), "b.vtlic", 0);
    issue(dir.path(), "c.vtlic", 0);
    let path = dir.path().join("keys/issued.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let verified = json(dir.path(), "log verify keys/issued.jsonl", 0);
    let head = verified["head"].as_str().unwrap().to_owned();

    std::fs::write(&path, text.replacen("\"seats\":1", "\"seats\":9", 1)).unwrap();
    let refused = run(dir.path(), "log verify keys/issued.jsonl", 3);
    let words = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(words.contains("line 3 does not follow"), "{words}");
    issue(dir.path(), "d.vtlic", 3);
    assert!(!dir.path().join("d.vtlic").exists());

    // Lines taken from the end are noticed by whoever knows the head.
    let cut = text.trim_end().rfind('\n').unwrap() + 1;
    std::fs::write(&path, &text[..cut]).unwrap();
    run(dir.path(), "log verify keys/issued.jsonl", 0);
    let verify = format!("log verify keys/issued.jsonl --head {head}");
    run(dir.path(), &verify, 3);
    std::fs::write(&path, &text).unwrap();
    run(dir.path(), &verify, 0);
}

#[test]
fn without_a_log_there_is_no_licence() {
    let dir = issued("2999-12-31");
    std::fs::remove_file(dir.path().join("keys/issued.jsonl")).unwrap();
    std::fs::create_dir(dir.path().join("keys/issued.jsonl")).unwrap();
    issue(dir.path(), "b.vtlic", 1);
    assert!(!dir.path().join("b.vtlic").exists());
}

#[test]
fn a_licence_that_cannot_be_written_has_a_line_all_the_same() {
    let dir = issued("2999-12-31");
    issue(dir.path(), "no/such/folder/b.vtlic", 1);
    let verified = json(dir.path(), "log verify keys/issued.jsonl", 0);
    assert_eq!(verified["lines"], 2);
}
