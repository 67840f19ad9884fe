//! Private keys as people have them in files: OpenSSH's own format, PKCS#8, PKCS#1 and SEC 1 in PEM,
//! each with or without a passphrase. Read, compared with their public halves, and never used.

mod check;
mod der;
mod effort;
mod pem;
mod pem_passphrase;

use ssh_key::private::KeypairData;
use ssh_key::public::KeyData;
use ssh_key::{Kdf, PrivateKey};
use zeroize::Zeroizing;

pub(super) use self::der::pkcs8;
pub(in crate::vault) use self::effort::Effort;
use self::pem::Pem;

/// The most rounds of bcrypt: OpenSSH makes 24, and each takes some milliseconds.
const MOST_ROUNDS: u32 = 512;

/// Why a key is not taken, and which of the two fields is to blame. Never what they hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The key itself.
    Key(&'static str),
    /// Its passphrase.
    Passphrase(&'static str),
}

const NEEDED: Refusal = Refusal::Passphrase("must be given: the key cannot be read without it");
const WRONG: Refusal = Refusal::Passphrase("must be the one that opens this key");
const NOT_NEEDED: Refusal = Refusal::Passphrase("must be left out: this key has none");
const UNREADABLE: Refusal = Refusal::Key("must be a private key in OpenSSH's format or PEM");

const TOO_MANY: Refusal = Refusal::Passphrase(
    "must be tried with fewer others: opening so many keys is too much work at once",
);

/// What is known of a key that was read.
pub(super) struct Read {
    /// Its public half.
    pub(super) public: KeyData,
    /// The key as it was written, with line ends that every program takes.
    pub(super) text: Zeroizing<String>,
}

/// Reads a key. One in OpenSSH's format tells its public half without a passphrase. What a passphrase asks
/// for is taken from the effort before any of it is done.
///
/// # Errors
/// What is wrong with which field.
pub(super) fn read(text: &str, passphrase: &str, effort: &mut Effort) -> Result<Read, Refusal> {
    let pem = Pem::parse(text)?;
    let public = if pem.label == "OPENSSH PRIVATE KEY" {
        openssh(&pem, passphrase, effort)?
    } else {
        check::matched(&in_pem(&pem, passphrase, effort)?)?
    };
    Ok(Read {
        public,
        text: pem.text,
    })
}

fn in_pem(pem: &Pem, passphrase: &str, effort: &mut Effort) -> Result<KeypairData, Refusal> {
    let is_encrypted = pem.encryption.is_some() || pem.label == "ENCRYPTED PRIVATE KEY";
    match (is_encrypted, passphrase.is_empty()) {
        (true, true) => return Err(NEEDED),
        (false, false) => return Err(NOT_NEEDED),
        _ => {}
    }
    let opened;
    let bytes = match &pem.encryption {
        Some(encryption) => {
            opened = encryption.open(&pem.bytes, passphrase)?;
            &opened
        }
        None => &pem.bytes,
    };
    // With a passphrase, what does not parse was opened with a wrong one.
    let refusal = || if is_encrypted { WRONG } else { UNREADABLE };
    match pem.label.as_str() {
        "PRIVATE KEY" => pkcs8(bytes).ok_or(UNREADABLE),
        "ENCRYPTED PRIVATE KEY" => der::pkcs8_encrypted(bytes, passphrase, effort),
        "RSA PRIVATE KEY" => der::pkcs1(bytes).ok_or_else(refusal),
        "EC PRIVATE KEY" => der::sec1(bytes).ok_or_else(refusal),
        "DSA PRIVATE KEY" => Err(check::OTHER_KIND),
        _ => Err(UNREADABLE),
    }
}

fn openssh(pem: &Pem, passphrase: &str, effort: &mut Effort) -> Result<KeyData, Refusal> {
    let key = PrivateKey::from_bytes(&pem.bytes).map_err(|_| UNREADABLE)?;
    if !key.is_encrypted() {
        if !passphrase.is_empty() {
            return Err(NOT_NEEDED);
        }
        return check::matched(key.key_data());
    }
    let said = key.public_key().key_data();
    check::kind(said)?;
    if passphrase.is_empty() {
        return Ok(said.clone());
    }
    if let Kdf::Bcrypt { rounds, .. } = key.kdf() {
        if *rounds > MOST_ROUNDS {
            return Err(Refusal::Key(
                "must not ask for more than 512 rounds of bcrypt",
            ));
        }
        effort.spend(u64::from(*rounds).saturating_mul(effort::BCRYPT_ROUND))?;
    }
    let opened = key.decrypt(passphrase).map_err(|_| WRONG)?;
    let public = check::matched(opened.key_data())?;
    if public == *said {
        Ok(public)
    } else {
        Err(check::MISMATCH)
    }
}
