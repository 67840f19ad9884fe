use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::super::{Format, Given, Refusal, Row, read};
use super::{SecretType, extra, outline};

const PASSWORD: &str = "correct horse ä€";

/// Databases that pykeepass wrote, made once for all tests.
static SAMPLES: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}\n{error}");
        String::from_utf8(output.stdout).unwrap()
    };
    let library = run(&mut Command::new(root.join("deploy/host/pykeepass")));
    run(Command::new("python3")
        .arg(root.join("tests/keepass/write.py"))
        .arg(folder.path())
        .env("PYTHONPATH", library.trim()));
    folder
});

fn sample(name: &str) -> Vec<u8> {
    let path: PathBuf = SAMPLES.path().join(name);
    std::fs::read(path).unwrap()
}

fn open(
    bytes: &[u8],
    password: Option<&str>,
    key_file: Option<&[u8]>,
) -> Result<Vec<Row>, Refusal> {
    read(&Given {
        format: Format::KeepassKdbx,
        bytes,
        password,
        key_file,
        mapping: None,
    })
}

#[test]
fn what_pykeepass_writes_is_read_whole() {
    for name in ["aes.kdbx", "chacha20.kdbx", "plain.kdbx"] {
        let rows = open(&sample(name), Some(PASSWORD), None).unwrap();
        let mut found = outline(&rows);
        found.sort_unstable();
        assert_eq!(
            found,
            [
                (SecretType::Password, "After history", "Work & play", true),
                (SecretType::Password, "At the top", "", true),
                (SecretType::Password, "Attached", "Work & play", true),
                (
                    SecretType::Password,
                    "Router <1>",
                    "Work & play / Servers",
                    true
                ),
                (
                    SecretType::SecureNote,
                    "Without password",
                    "Work & play",
                    true
                ),
                (
                    SecretType::Totp,
                    "Router <1>",
                    "Work & play / Servers",
                    true
                ),
            ],
            "{name}"
        );
        let by_name = |name: &str| rows.iter().find(|row| row.name == name).unwrap();
        let router = by_name("Router <1>");
        assert_eq!(router.get("password"), "pä$$ \"w<o>r'd\" ]]> \u{1f600}2");
        assert_eq!(router.get("username"), "admin & co");
        assert_eq!(router.get("url"), "https://router.example/login?a=b&c=d");
        assert_eq!(router.get("notes"), "line one\nline two & three");
        assert_eq!(router.tags, ["Work & play / Servers", "net", "home"]);
        assert_eq!(
            (extra(router, "Serial"), extra(router, "Pin")),
            (Some("SN-1"), Some("4711"))
        );
        // The stream that hides values was followed through old versions.
        assert_eq!(by_name("After history").get("password"), "second password");
        assert_eq!(by_name("Attached").get("password"), "fourth password");
    }
}

#[test]
fn a_key_file_opens_with_a_password_or_alone() {
    let key = sample("some.key");
    let both = sample("keyfile.kdbx");
    assert!(open(&both, Some(PASSWORD), Some(&key)).is_ok());
    assert!(open(&both, Some(PASSWORD), None).is_err());
    assert!(open(&both, None, Some(&key)).is_err());
    assert!(open(&sample("keyfile-alone.kdbx"), None, Some(&key)).is_ok());
}

#[test]
fn a_wrong_password_is_told_from_a_broken_file() {
    let whole = sample("aes.kdbx");
    assert!(matches!(
        open(&whole, Some("wrong"), None),
        Err(Refusal::Password(_))
    ));
    assert!(matches!(
        open(&whole, None, None),
        Err(Refusal::Password(_))
    ));
    let mut changed = whole.clone();
    let last = changed.len() - 50;
    changed[last] ^= 1;
    assert!(matches!(
        open(&changed, Some(PASSWORD), None),
        Err(Refusal::File(_))
    ));
    let mut header = whole;
    header[60] ^= 1;
    assert!(matches!(
        open(&header, Some(PASSWORD), None),
        Err(Refusal::File(_))
    ));
}

#[test]
fn a_file_cut_anywhere_is_refused_without_its_password_being_tried() {
    let whole = sample("aes.kdbx");
    for length in (0..whole.len()).step_by(97) {
        let cut = whole.get(..length).unwrap();
        // Without a password the derivation is never begun, so all of these are quick.
        assert!(open(cut, None, None).is_err(), "{length}");
    }
}

#[test]
fn an_absurd_derivation_is_not_begun() {
    let mut file = sample("aes.kdbx");
    // The memory stands behind its name and length in the dictionary.
    let at = file
        .windows(6)
        .position(|window| window == b"\x05\x01\x00\x00\x00M")
        .unwrap()
        + 6
        + 4;
    file[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
    let begun = std::time::Instant::now();
    let refusal = open(&file, Some(PASSWORD), None).err().unwrap();
    assert!(refusal.to_string().contains("less work"), "{refusal}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(1));
}
