//! The tool as its user runs it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod keys;
mod log;
mod orders;

use std::path::Path;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin_cmd;

fn tool(dir: &Path) -> Command {
    let mut command = cargo_bin_cmd!("vaultterm-license");
    command
        .current_dir(dir)
        .env_remove("VAULTTERM_KEY_PASSWORD");
    command
}

/// Runs the tool with words that have no blanks in them, and wants an exit code.
fn run(dir: &Path, words: &str, code: i32) -> assert_cmd::assert::Assert {
    tool(dir).args(words.split_whitespace()).assert().code(code)
}

/// The one object that the tool prints with --json.
fn json(dir: &Path, words: &str, code: i32) -> serde_json::Value {
    let run = run(dir, &format!("--json {words}"), code);
    serde_json::from_slice(&run.get_output().stdout).unwrap()
}

/// A folder with a key pair and a licence that ends on `expires`.
fn issued(expires: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), "keygen --out keys --no-password", 0);
    let issue = "issue --key keys/vendor.key --tier team --seats 25 --out a.vtlic --grace-days 14";
    tool(dir.path())
        .args(issue.split(' '))
        .args(["--customer", "Example GmbH", "--expires", expires])
        .assert()
        .success()
        .stdout("a.vtlic\n");
    dir
}

#[test]
fn a_licence_is_issued_shown_and_verified() {
    let dir = issued("2999-12-31");
    let shown = tool(dir.path())
        .args(["show", "a.vtlic", "--json"])
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(report["license"]["customer"], "Example GmbH");
    assert_eq!(report["license"]["seats"], 25);
    assert_eq!(report["license"]["expires"], "3000-01-01T00:00:00Z");
    tool(dir.path())
        .args(["verify", "a.vtlic", "--trust", "keys/vendor.pub"])
        .assert()
        .code(0);
}

#[test]
fn what_does_not_hold_is_refused_with_five() {
    let dir = issued("2999-12-31");
    let text = std::fs::read_to_string(dir.path().join("a.vtlic")).unwrap();
    std::fs::write(dir.path().join("torn.vtlic"), &text[..text.len() / 2]).unwrap();
    std::fs::write(dir.path().join("empty.vtlic"), "").unwrap();
    tool(dir.path())
        .args(["keygen", "--out", "other", "--no-password"])
        .assert()
        .success();
    for (file, key) in [("torn", "keys"), ("empty", "keys"), ("a", "other")] {
        let refused = tool(dir.path())
            .args([
                "verify",
                &format!("{file}.vtlic"),
                "--trust",
                &format!("{key}/vendor.pub"),
            ])
            .assert()
            .code(5);
        let words = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(
            words.contains("error[VT-V010]") && words.contains("what to do:"),
            "{words}"
        );
    }
}

#[test]
fn a_key_is_never_overwritten_and_secret_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = issued("2999-12-31");
    let before = std::fs::read(dir.path().join("keys/vendor.key")).unwrap();
    tool(dir.path())
        .args(["keygen", "--out", "keys", "--no-password"])
        .assert()
        .code(1);
    assert_eq!(
        std::fs::read(dir.path().join("keys/vendor.key")).unwrap(),
        before
    );
    let mode = std::fs::metadata(dir.path().join("keys/vendor.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn without_a_passphrase_and_nobody_to_ask_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    tool(dir.path())
        .args(["keygen", "--out", "keys"])
        .assert()
        .code(1);
    assert!(!dir.path().join("keys/vendor.key").exists());
}

#[test]
fn a_passphrase_from_the_environment_opens_the_key() {
    let dir = tempfile::tempdir().unwrap();
    tool(dir.path())
        .args(["keygen", "--out", "keys"])
        .env("VAULTTERM_KEY_PASSWORD", "correct horse")
        .assert()
        .success();
    let issue = "issue --key keys/vendor.key --customer A --tier pro --seats 1 \
                 --expires 2999-01-01 --out a.vtlic";
    let issue = || {
        let mut command = tool(dir.path());
        command.args(issue.split_whitespace());
        command
    };
    issue()
        .env("VAULTTERM_KEY_PASSWORD", "battery")
        .assert()
        .code(1);
    issue()
        .env("VAULTTERM_KEY_PASSWORD", "correct horse")
        .assert()
        .code(0);
}

#[test]
fn a_term_that_ends_before_it_begins_is_a_usage_error() {
    let dir = issued("2999-12-31");
    let issue = "issue --key keys/vendor.key --customer A --tier pro --seats 1 \
                 --expires 2001-01-01 --out b.vtlic";
    tool(dir.path())
        .args(issue.split_whitespace())
        .assert()
        .code(2);
    assert!(!dir.path().join("b.vtlic").exists());
    // With an explicit beginning it is a licence whose term is over.
    tool(dir.path())
        .args(issue.split_whitespace())
        .args(["--not-before", "2000-01-01"])
        .assert()
        .code(0);
    tool(dir.path())
        .args(["verify", "b.vtlic", "--trust", "keys/vendor.pub"])
        .assert()
        .code(5);
}
