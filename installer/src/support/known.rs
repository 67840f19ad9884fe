//! Everything that this installation keeps secret, by name.

use std::path::Path;

use zeroize::Zeroizing;

use crate::envfile::EnvFile;
use crate::layout::Layout;

/// Shorter ones would be found everywhere.
const SHORTEST: usize = 6;
/// The most of a file of secrets that is read, in bytes.
const LONGEST: u64 = 64 * 1024;
/// How the names of variables end whose values are secret.
const ENDINGS: [&str; 8] = [
    "PASSWORD",
    "PASS",
    "TOKEN",
    "SECRET",
    "SECRET_ID",
    "KEY",
    "KEY_NEXT",
    "SEED",
];
/// What ends so and is the name of a key.
const NAMES: [&str; 1] = ["KEY_HCV_TRANSIT_KEY"];

/// A secret, and what it is called.
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) value: Zeroizing<Vec<u8>>,
}

impl Known {
    fn new(name: impl Into<String>, value: &[u8]) -> Self {
        Self {
            name: name.into(),
            value: Zeroizing::new(value.to_vec()),
        }
    }

    /// All of an installation: its files of secrets, the files that `.env` names instead, and the
    /// values in `.env`.
    pub(crate) fn of(layout: &Layout, env: Option<&EnvFile>) -> Vec<Self> {
        let mut known = Vec::new();
        let entries = std::fs::read_dir(layout.secrets()).into_iter().flatten();
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            read(&format!("secrets/{name}"), &path, &mut known);
        }
        for (name, value) in env.into_iter().flat_map(EnvFile::variables) {
            if name.ends_with("_FILE") {
                read(name, &layout.dir().join(value), &mut known);
            } else if is_secret(name) {
                known.push(Self::new(format!(".env {name}"), value.as_bytes()));
            } else if let Some(password) = password_of(value) {
                known.push(Self::new(format!(".env {name}"), password.as_bytes()));
            }
        }
        known.retain(|known| known.value.len() >= SHORTEST);
        // Under its first name: the files come before the variables that point to them.
        let mut seen: Vec<Zeroizing<Vec<u8>>> = Vec::new();
        known.retain(|known| {
            let new = !seen.contains(&known.value);
            seen.push(known.value.clone());
            new
        });
        known
    }
}

/// Whether the value of a variable is a secret.
pub(super) fn is_secret(name: &str) -> bool {
    !NAMES.contains(&name) && ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn read(name: &str, path: &Path, known: &mut Vec<Known>) {
    let small = std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= LONGEST);
    let Ok(bytes) = std::fs::read(path).map(Zeroizing::new) else {
        return;
    };
    if !small {
        return;
    }
    let trimmed = bytes.trim_ascii();
    known.push(Known::new(name, trimmed));
    // A key that is written in hexadecimal is the same secret in bytes.
    if let Ok(raw) = hex::decode(trimmed) {
        known.push(Known::new(name, &Zeroizing::new(raw)));
    }
}

/// The password in a URL.
fn password_of(value: &str) -> Option<&str> {
    let (user, _) = value.split_once("://")?.1.rsplit_once('@')?;
    let password = user.split_once(':')?.1;
    (!password.is_empty()).then_some(password)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Known, is_secret};
    use crate::envfile::EnvFile;
    use crate::layout::Layout;

    #[test]
    fn a_variable_is_secret_by_its_name() {
        for secret in [
            "MASTER_KEY",
            "MASTER_KEY_NEXT",
            "ROOT_SEED",
            "KEY_HCV_TOKEN",
            "KEY_HCV_SECRET_ID",
            "REDIS_PASSWORD",
            "SMTP_PASS",
        ] {
            assert!(is_secret(secret), "{secret}");
        }
        for open in [
            "KEY_HCV_TRANSIT_KEY",
            "KEY_HCV_ROLE_ID",
            "KEY_PROVIDER",
            "APP_PORT",
        ] {
            assert!(!is_secret(open), "{open}");
        }
    }

    #[test]
    fn secrets_are_found_wherever_they_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("secrets")).unwrap();
        std::fs::write(
            dir.path().join("secrets/master_key"),
            "00112233445566778899\n",
        )
        .unwrap();
        std::fs::write(dir.path().join("mine"), "elsewhere\n").unwrap();
        let text = "ADMIN_TOKEN_FILE=mine\nMETRICS_TOKEN=by-value\nAPP_PORT=4000\n\
                    REDIS_URL=redis://:in-the-url@cache:6379\n";
        let env = EnvFile::parse(text, Path::new(".env")).unwrap();
        let known = Known::of(&Layout::new(dir.path()).unwrap(), Some(&env));
        let values: Vec<&[u8]> = known.iter().map(|known| known.value.as_slice()).collect();
        assert_eq!(values.len(), 5);
        for secret in [
            &b"00112233445566778899"[..],
            &[0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99],
            b"elsewhere",
            b"by-value",
            b"in-the-url",
        ] {
            assert!(values.contains(&secret), "{secret:?}");
        }
    }
}
