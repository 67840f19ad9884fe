use std::path::Path;
use std::process::Command;

use super::super::{Format, Given, Refusal, Row, read};
use super::{SecretType, extra, outline};

const PASSWORD: &str = "correct horse ä€";

/// Databases that pykeepass wrote, by the names that `write.py` lists: those that a test reads, since each
/// test is a process of its own and each database work.
struct Samples(tempfile::TempDir);

impl Samples {
    fn of(names: &[&str]) -> Self {
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
            .args(names)
            .env("PYTHONPATH", library.trim()));
        Self(folder)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(name)).unwrap()
    }
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
    let names = ["default", "aes", "chacha20", "plain"];
    let samples = Samples::of(&names);
    for name in names {
        let file = samples.read(&format!("{name}.kdbx"));
        let rows = open(&file, Some(PASSWORD), None).unwrap();
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
    let samples = Samples::of(&["keyfile", "keyfile-alone"]);
    let (key, both) = (samples.read("some.key"), samples.read("keyfile.kdbx"));
    assert!(open(&both, Some(PASSWORD), Some(&key)).is_ok());
    assert!(open(&both, Some(PASSWORD), None).is_err());
    assert!(open(&both, None, Some(&key)).is_err());
    assert!(open(&samples.read("keyfile-alone.kdbx"), None, Some(&key)).is_ok());
}

#[test]
fn a_wrong_password_is_told_from_a_broken_file() {
    let whole = Samples::of(&["aes"]).read("aes.kdbx");
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
fn a_file_that_is_cut_or_asks_for_absurd_work_is_refused_before_any_is_done() {
    let whole = Samples::of(&["aes"]).read("aes.kdbx");
    for length in (0..whole.len()).step_by(97) {
        let cut = whole.get(..length).unwrap();
        // Without a password the derivation is never begun, so all of these are quick.
        assert!(open(cut, None, None).is_err(), "{length}");
    }
    // The memory stands behind its name and length in the dictionary.
    let at = whole
        .windows(6)
        .position(|window| window == b"\x05\x01\x00\x00\x00M")
        .unwrap()
        + 6
        + 4;
    for memory in [u64::MAX, 129 * 1024 * 1024] {
        let mut file = whole.clone();
        file[at..at + 8].copy_from_slice(&memory.to_le_bytes());
        let begun = std::time::Instant::now();
        let refusal = open(&file, Some(PASSWORD), None).err().unwrap().to_string();
        for said in [
            "at most 128 MiB of memory",
            "Database Settings",
            "KeePassXC",
        ] {
            assert!(refusal.contains(said), "{refusal}");
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(1));
    }
}
