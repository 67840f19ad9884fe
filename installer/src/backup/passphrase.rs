//! A passphrase beside other recipients.
//!
//! age does not let a passphrase stand beside recipients, because whoever decrypts with a passphrase may
//! take the file for one that somebody wrote who knows it. We do not conclude that, and a backup that
//! has a recovery key has to open with either. So the passphrase's stanza is age's own under another
//! name: `age -d` opens such a backup with an identity, and this program with the passphrase as well.
//! Without a recovery key a backup stays what `age -d` opens with the passphrase.

use std::collections::HashSet;

use age::secrecy::{ExposeSecret as _, SecretString};
use age::{DecryptError, EncryptError, scrypt};
use age_core::format::{FileKey, Stanza};

const THEIRS: &str = "scrypt";
const OURS: &str = "vaultterm.com/scrypt";

/// The passphrase.
pub(super) struct AmongOthers<'a>(pub(super) &'a SecretString);

impl AmongOthers<'_> {
    fn secret(&self) -> SecretString {
        SecretString::from(self.0.expose_secret())
    }
}

impl age::Recipient for AmongOthers<'_> {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let (mut stanzas, _alone) =
            scrypt::Recipient::new(self.secret()).wrap_file_key(file_key)?;
        for stanza in &mut stanzas {
            OURS.clone_into(&mut stanza.tag);
        }
        Ok((stanzas, HashSet::new()))
    }
}

impl age::Identity for AmongOthers<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != OURS {
            return None;
        }
        let theirs = Stanza {
            tag: THEIRS.to_owned(),
            args: stanza.args.clone(),
            body: stanza.body.clone(),
        };
        scrypt::Identity::new(self.secret()).unwrap_stanza(&theirs)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use age::secrecy::SecretString;
    use age::x25519;

    use crate::backup::Sealing;

    fn opens(sealed: &[u8], with: &Sealing) -> bool {
        let mut text = String::new();
        let opened = with.decrypt(sealed);
        opened.is_ok_and(|mut plain| plain.read_to_string(&mut text).is_ok() && text == "contents")
    }

    fn seal(with: &Sealing) -> Vec<u8> {
        let mut sealed = Vec::new();
        let mut out = with.encrypt(&mut sealed).unwrap();
        out.write_all(b"contents").unwrap();
        out.finish().unwrap();
        sealed
    }

    fn passphrase(text: &str, recovery: Option<&x25519::Identity>) -> Sealing {
        let recovery = recovery.map(x25519::Identity::to_public);
        Sealing::Passphrase(SecretString::from(text), recovery)
    }

    #[test]
    fn the_passphrase_and_the_recovery_key_each_open_it() {
        let recovery = x25519::Identity::generate();
        let sealed = seal(&passphrase("word", Some(&recovery)));
        assert!(opens(&sealed, &passphrase("word", None)));
        assert!(!opens(&sealed, &passphrase("other", None)));
        assert!(opens(&sealed, &Sealing::Identity(vec![recovery])));
        assert!(!opens(
            &sealed,
            &Sealing::Identity(vec![x25519::Identity::generate()])
        ));
    }

    #[test]
    fn without_a_recovery_key_it_is_what_age_itself_opens() {
        let sealed = seal(&passphrase("word", None));
        assert!(opens(&sealed, &passphrase("word", None)));
        let theirs = age::scrypt::Identity::new(SecretString::from("word"));
        let decryptor = age::Decryptor::new(&sealed[..]).unwrap();
        let keys: [&dyn age::Identity; 1] = [&theirs];
        assert!(decryptor.decrypt(keys.into_iter()).is_ok());
    }

    #[test]
    fn recipients_and_the_recovery_key_each_open_it() {
        let (own, recovery) = (x25519::Identity::generate(), x25519::Identity::generate());
        let to = vec![own.to_public(), recovery.to_public()];
        let sealed = seal(&Sealing::Recipients(to, x25519::Identity::generate()));
        for key in [own, recovery] {
            assert!(opens(&sealed, &Sealing::Identity(vec![key])));
        }
    }
}
