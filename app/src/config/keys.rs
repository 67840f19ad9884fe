//! The master key: read, turned into the keyring at boot, and then forgotten.

use std::net::IpAddr;

use super::env::Reader;
use super::{AppEnv, Env, Problem};
use crate::kernel::Redacted;

/// The development master key: the digits are its own warning.
const DEVELOPMENT_MASTER_KEY: &str =
    "0000000000000000000000000000000000000000000000000000000000000001";
/// What every refusal of a master key advises.
pub(super) const CURE: &str = "generate one with `openssl rand -hex 32` and keep a copy where it \
                               cannot be lost with the server";
const SEAL: &str = "make it with `vaultterm-app seal-master`";

/// 32 bytes under which every data key is wrapped.
pub type MasterKey = Redacted<[u8; 32]>;

/// Where the master key comes from. Not part of what a running server holds.
#[derive(Clone, Debug)]
pub struct KeysConfig {
    /// The provider and what it needs.
    pub source: KeySource,
    /// Whether a master key is given in the clear although another provider holds it.
    pub left_behind: bool,
}

/// A key provider and what it needs.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// The key itself, from a secret file.
    Local {
        /// The master key.
        key: MasterKey,
        /// The one that replaces it, during a rotation.
        next: Option<MasterKey>,
    },
    /// A Transit engine that opens it.
    Transit {
        /// How it is reached.
        transit: TransitConfig,
        /// The sealed master key.
        key: String,
        /// The sealed one that replaces it, during a rotation.
        next: Option<String>,
    },
}

/// How a Transit engine is reached.
#[derive(Clone, Debug)]
pub struct TransitConfig {
    /// Scheme, host and port, without a slash at the end.
    pub address: String,
    /// The certificates that are trusted there, in PEM; none for those of the system.
    pub trust: Option<Vec<u8>>,
    /// The namespace, where there are any.
    pub namespace: Option<String>,
    /// How this server identifies itself.
    pub auth: TransitAuth,
    /// Where the engine is mounted.
    pub mount: String,
    /// The name of the key in it.
    pub key: String,
}

/// How a server identifies itself to Vault.
#[derive(Clone, Debug)]
pub enum TransitAuth {
    /// A token.
    Token(Redacted<String>),
    /// An AppRole.
    AppRole {
        /// The role.
        role: String,
        /// Its secret.
        secret: Redacted<String>,
    },
}

/// What sealing a local master key under Transit needs, whichever provider is in use.
#[derive(Clone, Debug)]
pub struct SealingConfig {
    /// The master key.
    pub key: Option<MasterKey>,
    /// The one that replaces it.
    pub next: Option<MasterKey>,
    /// How Transit is reached.
    pub transit: TransitConfig,
}

#[derive(Clone, Copy)]
enum Provider {
    Local,
    Transit,
}

impl KeysConfig {
    /// A master key that was had in another way.
    #[must_use]
    pub const fn local(key: MasterKey) -> Self {
        Self {
            source: KeySource::Local { key, next: None },
            left_behind: false,
        }
    }

    pub(super) fn read(found: &mut Reader<'_>, env: AppEnv) -> Self {
        let words = [
            ("local", Provider::Local),
            ("hcv-transit", Provider::Transit),
        ];
        match found.choice("KEY_PROVIDER", &words, Provider::Local) {
            Provider::Local => Self {
                source: KeySource::Local {
                    key: local(found, env).unwrap_or_else(|| unset(found, env)),
                    next: next(found, env),
                },
                left_behind: false,
            },
            Provider::Transit => Self {
                source: KeySource::Transit {
                    transit: TransitConfig::read(found, env),
                    key: sealed(found, "MASTER_KEY_CIPHERTEXT").unwrap_or_else(|| {
                        found.refuse(Problem::new("MASTER_KEY_CIPHERTEXT", "is not set", SEAL));
                        String::new()
                    }),
                    next: sealed(found, "MASTER_KEY_NEXT_CIPHERTEXT"),
                },
                left_behind: found.secret("MASTER_KEY", "MASTER_KEY_FILE").is_some(),
            },
        }
    }

    /// Whether a master key is one that everybody knows; the variable.
    pub(super) fn known(&self) -> Option<&'static str> {
        let KeySource::Local { key, next } = &self.source else {
            return None;
        };
        if is_known(key) {
            Some("MASTER_KEY")
        } else if next.as_ref().is_some_and(is_known) {
            Some("MASTER_KEY_NEXT")
        } else {
            None
        }
    }
}

impl SealingConfig {
    /// Reads it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(env: &Env) -> Result<Self, Vec<Problem>> {
        let mut found = Reader::new(env);
        let config = Self {
            key: local(&mut found, AppEnv::Production),
            next: next(&mut found, AppEnv::Production),
            transit: TransitConfig::read(&mut found, AppEnv::Production),
        };
        let problems = found.into_problems();
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(problems)
        }
    }
}

/// All bytes alike, or almost: typed, not generated.
fn is_known(key: &MasterKey) -> bool {
    let key = key.expose();
    let first = key.first().copied().unwrap_or_default();
    key.iter().filter(|byte| **byte != first).count() < 8
}

fn local(found: &mut Reader<'_>, env: AppEnv) -> Option<MasterKey> {
    let text = found.guarded_secret("MASTER_KEY", "MASTER_KEY_FILE", env)?;
    Some(parse(found, "MASTER_KEY", &text))
}

fn next(found: &mut Reader<'_>, env: AppEnv) -> Option<MasterKey> {
    let text = found.guarded_secret("MASTER_KEY_NEXT", "MASTER_KEY_NEXT_FILE", env)?;
    Some(parse(found, "MASTER_KEY_NEXT", &text))
}

fn unset(found: &mut Reader<'_>, env: AppEnv) -> MasterKey {
    if env == AppEnv::Production {
        found.refuse(Problem::new("MASTER_KEY", "is not set", CURE));
    }
    let text = Redacted::new(DEVELOPMENT_MASTER_KEY.to_owned());
    parse(found, "MASTER_KEY", &text)
}

fn parse(found: &mut Reader<'_>, name: &'static str, text: &Redacted<String>) -> MasterKey {
    let mut key = Redacted::new([0; 32]);
    if hex::decode_to_slice(text.expose(), key.expose_mut().as_mut_slice()).is_err() {
        found.refuse(Problem::new(name, "is not 64 hexadecimal digits", CURE));
    }
    key
}

/// What Transit has sealed begins with the name of its format.
fn sealed(found: &mut Reader<'_>, name: &'static str) -> Option<String> {
    let text = found.text(name)?;
    if !text.starts_with("vault:v") {
        found.refuse(Problem::new(name, "does not begin with vault:v", SEAL));
    }
    Some(text)
}

impl TransitConfig {
    fn read(found: &mut Reader<'_>, env: AppEnv) -> Self {
        let words = [("token", false), ("approle", true)];
        let auth = if found.choice("KEY_HCV_AUTH", &words, false) {
            let (id, file) = ("KEY_HCV_SECRET_ID", "KEY_HCV_SECRET_ID_FILE");
            TransitAuth::AppRole {
                role: required(found, "KEY_HCV_ROLE_ID", "give the role's id"),
                secret: required_secret(found, env, id, file),
            }
        } else {
            let (token, file) = ("KEY_HCV_TOKEN", "KEY_HCV_TOKEN_FILE");
            TransitAuth::Token(required_secret(found, env, token, file))
        };
        Self {
            address: address(found, env),
            trust: found.certificates("KEY_HCV_CACERT"),
            namespace: found.text("KEY_HCV_NAMESPACE"),
            auth,
            mount: path(found, "KEY_HCV_TRANSIT_MOUNT", "transit"),
            key: path(found, "KEY_HCV_TRANSIT_KEY", "vaultterm-master"),
        }
    }
}

fn required(found: &mut Reader<'_>, name: &'static str, cure: &'static str) -> String {
    found.text(name).unwrap_or_else(|| {
        found.refuse(Problem::new(name, "is not set", cure));
        String::new()
    })
}

fn required_secret(
    found: &mut Reader<'_>,
    env: AppEnv,
    name: &'static str,
    file: &'static str,
) -> Redacted<String> {
    found.guarded_secret(name, file, env).unwrap_or_else(|| {
        found.refuse(Problem::new(name, "is not set", "give it, best by file"));
        Redacted::new(String::new())
    })
}

fn address(found: &mut Reader<'_>, env: AppEnv) -> String {
    const NAME: &str = "KEY_HCV_ADDR";
    let text = required(found, NAME, "give it as https://host:8200");
    let address = text.trim_end_matches('/');
    if text.is_empty() {
        return text;
    }
    let host = |rest: &str| rest.split(['/', '@', '?', '#']).count() == 1 && !rest.is_empty();
    match address.split_once("://") {
        Some(("https", rest)) if host(rest) => {}
        Some(("http", rest)) if host(rest) => {
            if env == AppEnv::Production && !is_loopback(rest) {
                let fact = "is not https, so the token and the master key could be read on the way";
                found.refuse(Problem::new(NAME, fact, "use its https:// address"));
            }
        }
        _ => found.refuse(Problem::new(
            NAME,
            "is no address of a server",
            "give it as https://host:8200",
        )),
    }
    address.to_owned()
}

fn is_loopback(authority: &str) -> bool {
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A part of a path in Vault: what would end it or lead elsewhere is refused.
fn path(found: &mut Reader<'_>, name: &'static str, default: &str) -> String {
    let text = found.text(name).unwrap_or_else(|| default.to_owned());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let good =
        text.chars().all(plain) && text.split('/').all(|part| !part.is_empty() && part != "..");
    if !good {
        let fact = "may have letters, digits, and - _ . between single slashes";
        found.refuse(Problem::new(
            name,
            fact,
            "give it without slashes at its ends",
        ));
    }
    text
}
