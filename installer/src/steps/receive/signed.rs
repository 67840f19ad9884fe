//! What the signers signed, kept beside the files of a release: byte for byte, so that whoever comes
//! later can verify it again, and finds what only a later installer understands.

use std::io::{self, Read};
use std::path::Path;

use offline::read::Verified;

/// Names in the folder of a release, and their contents.
pub(super) struct Signed([(&'static str, Vec<u8>); 2]);

impl Signed {
    pub(super) fn of<R: Read>(bundle: &Verified<R>) -> Self {
        Self([
            ("bundle.json", bundle.manifest_bytes().to_vec()),
            ("bundle.json.minisig", bundle.signatures().to_vec()),
        ])
    }

    pub(super) fn keep(&self, folder: &Path) -> io::Result<()> {
        let mut files = self.0.iter();
        files.try_for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes))
    }
}

#[cfg(test)]
mod tests {
    use license::trust::Trust;

    use super::Signed;

    const LATER: &[u8] = include_bytes!("../../../../offline/tests/golden/bundle-1.1.vtb");
    const KEY: &str = include_str!("../../../../offline/tests/golden/release.pub");

    #[test]
    fn a_manifest_of_a_later_minor_version_is_kept_as_it_was_signed() {
        let bundle = offline::read::open(LATER).unwrap();
        let bundle = bundle.verify(&Trust::from_text(KEY).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        Signed::of(&bundle).keep(folder.path()).unwrap();
        let kept = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        let manifest = kept("bundle.json");
        assert!(LATER[512..].starts_with(&manifest));
        assert!(String::from_utf8_lossy(&manifest).contains("\"colour\":\"green\""));
        assert!(
            LATER[512 + manifest.len()..]
                .windows(40)
                .any(|bytes| { kept("bundle.json.minisig").starts_with(bytes) })
        );
        assert!(offline::Manifest::parse(&manifest).is_ok());
    }
}
