use std::path::{Path, PathBuf};
use std::process::Command;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use proptest::prelude::*;

use super::super::SecretType::SshKey;
use super::super::tests::{complete, open};
use super::super::{Values, private_key};
use super::*;
use crate::kernel::FieldProblem;

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// A key that OpenSSH made.
fn made(folder: &Path, arguments: &[&str], passphrase: &str) -> PathBuf {
    let file = folder.join(uuid::Uuid::new_v4().to_string());
    run(Command::new("ssh-keygen")
        .args(["-q", "-C", "a comment", "-N", passphrase, "-f"])
        .arg(&file)
        .args(arguments));
    file
}

fn record(key: &str, passphrase: &str) -> Result<Values, Vec<FieldProblem>> {
    complete(SshKey, &[("privateKey", key), ("passphrase", passphrase)])
}

/// Compares what is derived with what OpenSSH says of the same file.
fn agrees(file: &Path, passphrase: &str, algorithm: &str) {
    let key = std::fs::read_to_string(file).unwrap();
    let record = record(&key, passphrase).unwrap();
    assert_eq!(open(&record, "algorithm"), algorithm);
    let public = run(Command::new("ssh-keygen")
        .args(["-y", "-P", passphrase, "-f"])
        .arg(file));
    let bare: Vec<&str> = public.split_whitespace().take(2).collect();
    assert_eq!(open(&record, "publicKey"), bare.join(" "));
    let said = run(Command::new("ssh-keygen").arg("-lf").arg(file));
    assert_eq!(
        open(&record, "fingerprint"),
        said.split(' ').nth(1).unwrap()
    );
}

#[test]
fn every_kind_and_format_of_openssh_is_read_as_openssh_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let kinds: [(&[&str], &str); 5] = [
        (&["-t", "ed25519"], "Ed25519"),
        (&["-t", "rsa", "-b", "2048"], "RSA 2048"),
        (&["-t", "ecdsa", "-b", "256"], "ECDSA P-256"),
        (&["-t", "ecdsa", "-b", "384"], "ECDSA P-384"),
        (&["-t", "ecdsa", "-b", "521"], "ECDSA P-521"),
    ];
    for (kind, algorithm) in kinds {
        for format in ["RFC4716", "PEM", "PKCS8"] {
            // OpenSSH writes Ed25519 in its own format, whatever it is asked for.
            for passphrase in ["", "correct horse"] {
                let arguments = [kind, &["-m", format]].concat();
                agrees(
                    &made(folder.path(), &arguments, passphrase),
                    passphrase,
                    algorithm,
                );
            }
        }
    }
}

#[test]
fn ed25519_in_pkcs8_is_read_as_openssl_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    run(Command::new("openssl")
        .args(["genpkey", "-algorithm", "ed25519", "-out"])
        .arg(&file));
    let key = std::fs::read_to_string(&file).unwrap();
    let record = record(&key, "").unwrap();
    assert_eq!(open(&record, "algorithm"), "Ed25519");
}

#[test]
fn a_passphrase_is_the_right_one_needed_or_left_out() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["RFC4716", "PEM", "PKCS8"] {
        let arguments = ["-t", "ecdsa", "-m", format];
        let file = made(folder.path(), &arguments, "right one");
        let key = std::fs::read_to_string(&file).unwrap();
        let problems = record(&key, "wrong one").unwrap_err();
        assert_eq!(problems[0].name, "fields.passphrase", "{format}");
        // The public half of OpenSSH's own format lies open.
        let without = record(&key, "");
        assert_eq!(without.is_ok(), format == "RFC4716", "{format}");
        if let Err(problems) = without {
            assert_eq!(problems[0].name, "fields.passphrase");
        }
        let plain = made(folder.path(), &arguments, "");
        let plain = std::fs::read_to_string(plain).unwrap();
        let problems = record(&plain, "superfluous").unwrap_err();
        assert_eq!(problems[0].name, "fields.passphrase", "{format}");
    }
}

#[test]
fn short_foreign_and_broken_keys_are_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let read =
        |arguments: &[&str]| std::fs::read_to_string(made(folder.path(), arguments, "")).unwrap();
    let short = read(&["-t", "rsa", "-b", "1024", "-m", "PEM"]);
    let whole = read(&["-t", "ed25519"]);
    let half = whole.get(..whole.len() / 2).unwrap().to_owned();
    let two = format!("{whole}{whole}");
    let public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBeaZ0Q0 a".to_owned();
    let putty = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n".to_owned();
    for bad in [short, half, two, public, putty, "x".to_owned()] {
        let problems = record(&bad, "").unwrap_err();
        assert_eq!(problems[0].name, "fields.privateKey", "{bad}");
        assert!(problems[0].message.starts_with("must "));
    }
}

#[test]
fn halves_of_two_keys_are_no_key() {
    let mut random = ChaCha20Rng::from_seed([1; 32]);
    for kind in [KeyKind::Ed25519, KeyKind::EcdsaP256, KeyKind::Rsa3072] {
        let one = generate(kind, &mut random).unwrap();
        let other = generate(kind, &mut random).unwrap();
        let pair = |key: &NewKey| PrivateKey::from_openssh(key.private.as_bytes()).unwrap();
        let (one, other) = (pair(&one), pair(&other));
        let mixed: KeypairData = match (one.key_data().clone(), other.key_data().clone()) {
            (KeypairData::Ed25519(one), KeypairData::Ed25519(other)) => {
                let public = other.public;
                Ed25519Keypair {
                    public,
                    private: one.private,
                }
                .into()
            }
            (
                KeypairData::Ecdsa(EcdsaKeypair::NistP256 { private, .. }),
                KeypairData::Ecdsa(EcdsaKeypair::NistP256 { public, .. }),
            ) => EcdsaKeypair::NistP256 { public, private }.into(),
            (KeypairData::Rsa(one), KeypairData::Rsa(other)) => {
                RsaKeypair::new(other.public().clone(), one.private().clone())
                    .unwrap()
                    .into()
            }
            _ => panic!("{kind:?}"),
        };
        let text = PrivateKey::new(mixed, "")
            .unwrap()
            .to_openssh(LineEnding::LF)
            .unwrap();
        assert!(
            private_key::read(&text, "", &mut Effort::of_one_key()).is_err(),
            "{kind:?}"
        );
    }
}

#[test]
fn what_is_made_openssh_can_use() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = ChaCha20Rng::from_seed([2; 32]);
    for (kind, algorithm) in [
        (KeyKind::Ed25519, "Ed25519"),
        (KeyKind::Rsa3072, "RSA 3072"),
        (KeyKind::EcdsaP256, "ECDSA P-256"),
        (KeyKind::EcdsaP384, "ECDSA P-384"),
    ] {
        let key = generate(kind, &mut random).unwrap();
        let file = folder.path().join(algorithm);
        std::fs::write(&file, key.private.as_bytes()).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, mode).unwrap();
        agrees(&file, "", algorithm);
        let record = record(&key.private, "").unwrap();
        assert_eq!(open(&record, "publicKey"), key.public);
        assert_eq!(open(&record, "fingerprint"), key.fingerprint);
    }
}

#[test]
fn line_ends_and_blanks_of_copying_do_not_matter() {
    let mut random = ChaCha20Rng::from_seed([3; 32]);
    let key = generate(KeyKind::Ed25519, &mut random).unwrap().private;
    let pasted = format!(
        "\u{20}Here it is:\r\n  {}\r\n",
        key.trim().replace('\n', "\r\n  ")
    );
    let record = record(&pasted, "").unwrap();
    assert_eq!(open(&record, "privateKey"), key.as_str());
}

#[test]
fn an_absurd_number_of_rounds_is_not_begun() {
    let mut random = ChaCha20Rng::from_seed([4; 32]);
    let key = PrivateKey::from(Ed25519Keypair::random(&mut random));
    let sealed = key.encrypt(&mut random, "passphrase").unwrap();
    let mut bytes = sealed.to_bytes().unwrap().to_vec();
    // The rounds stand behind the salt, and that behind the name of the derivation.
    let at = bytes
        .windows(6)
        .position(|window| window == b"bcrypt")
        .unwrap()
        + 6
        + 4
        + 4
        + 16;
    bytes[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    let absurd = PrivateKey::from_bytes(&bytes)
        .unwrap()
        .to_openssh(LineEnding::LF)
        .unwrap();
    let begun = std::time::Instant::now();
    let problems = record(&absurd, "passphrase").unwrap_err();
    assert_eq!(problems[0].name, "fields.privateKey");
    assert!(begun.elapsed() < std::time::Duration::from_secs(2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever stands in a file, it is refused or read, and nothing panics.
    #[test]
    fn damaged_keys_are_refused(at in 0..400_usize, with in any::<u8>(), seed in any::<[u8; 32]>()) {
        let mut random = ChaCha20Rng::from_seed(seed);
        for kind in [KeyKind::Ed25519, KeyKind::EcdsaP384] {
            let key = generate(kind, &mut random).unwrap();
            let key = PrivateKey::from_openssh(key.private.as_bytes()).unwrap();
            let mut bytes = key.to_bytes().unwrap().to_vec();
            let length = bytes.len();
            bytes[at % length] = with;
            let body = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &bytes);
            for label in ["OPENSSH PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"] {
                let text = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
                let _ = record(&text, "");
            }
        }
    }
}
