//! A master key that is bound to this host and its licence: where its parts are, and sealing it anew.
//!
//! The sealed key lies beside the licence, which the server sees as one folder, so that both are
//! exchanged together: it is sealed for the new licence before that takes its place, and for the old
//! one until it has.

use std::io::Read as _;
use std::path::Path;

use license::binding::{Bound, LENGTH, Lock, NONCE};
use license::fingerprint::{BOARD_DIR, Fingerprint, LONGEST_FACT};
use license::vtlic::License;
use zeroize::Zeroizing;

use crate::envfile::EnvFile;
use crate::error::Error;
use crate::facts;
use crate::files::{APP_USER, place};
use crate::layout::Layout;
use crate::licence;
use crate::master::{self, MasterKey};

/// The sealed key, named as in the installation's folder.
pub(crate) const FILE: &str = "license/master.bound";
/// The variable that turns binding on.
pub(crate) const SWITCH: &str = "LICENSE_BIND_MASTER";
/// The root seed, named the same way.
pub(crate) const SEED: &str = "secrets/root_seed";
const SEED_VARIABLE: &str = "ROOT_SEED_FILE";
/// The variable that names the host's file with its machine id.
pub(crate) const MACHINE_ID: &str = "HOST_MACHINE_ID";
const MODE: u32 = 0o600;

/// Whether `.env` says that the master key is bound.
pub(crate) fn is_on(env: Option<&EnvFile>) -> bool {
    env.and_then(|env| env.get(SWITCH)) == Some("1")
}

/// What the key is bound to, besides the licence.
pub(crate) struct Here {
    seed: MasterKey,
    host: Fingerprint,
}

impl Here {
    /// Looks at this host and this folder.
    pub(crate) fn look(layout: &Layout) -> Result<Self, Error> {
        let env = facts::env_file(layout)?;
        let named = env.as_ref().and_then(|env| env.get(SEED_VARIABLE));
        let path = layout.dir().join(named.unwrap_or(SEED));
        let text = std::fs::read_to_string(&path).map(Zeroizing::new);
        let text = text.map_err(Error::file("cannot read", &path))?;
        Self::with(&text, env.as_ref())
    }

    /// The same with a root seed that is not in its place yet.
    pub(crate) fn with(seed: &str, env: Option<&EnvFile>) -> Result<Self, Error> {
        let refused = || Error::Unbindable("the root seed is not 64 hexadecimal digits".to_owned());
        Ok(Self {
            seed: master::parse(seed).ok_or_else(refused)?,
            host: fingerprint(env)?,
        })
    }

    fn lock<'a>(&'a self, license: &'a License) -> Lock<'a> {
        Lock {
            seed: &self.seed,
            license: license.digest(),
            signature: license.signature(),
            host: &self.host,
        }
    }

    /// Opens what is bound here under a licence.
    pub(crate) fn open(&self, bound: &Bound, license: &License) -> Result<MasterKey, Error> {
        bound.open(&self.lock(license)).map_err(Error::Sealed)
    }

    /// The same, sealed for one licence more.
    pub(crate) fn seal(
        &self,
        bound: Bound,
        license: &License,
        master: &MasterKey,
    ) -> Result<Bound, Error> {
        let mut nonce = [0; NONCE];
        let failed = || Error::Unbindable("the system gives no random bytes".to_owned());
        getrandom::fill(&mut nonce).map_err(|_| failed())?;
        let master: &[u8; LENGTH] = master;
        bound
            .with(&self.lock(license), nonce, master)
            .ok_or_else(failed)
    }
}

/// What this host is called, by the machine id that the server is shown as well.
pub(crate) fn fingerprint(env: Option<&EnvFile>) -> Result<Fingerprint, Error> {
    let named = env.and_then(|env| env.get(MACHINE_ID));
    let path = Path::new(named.unwrap_or("/etc/machine-id"));
    let id = limited(path).unwrap_or_default();
    let fact = |name: &'static str| limited(&Path::new(BOARD_DIR).join(name));
    Fingerprint::of(&id, fact)
        .map_err(|error| Error::Unbindable(format!("{}: {error}", path.display())))
}

/// The beginning of a file of the host; one that is absent says nothing.
fn limited(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(LONGEST_FACT).unwrap_or_default();
    let file = std::fs::File::open(path).ok()?;
    file.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// What lies in the folder of the licence.
pub(crate) fn read(layout: &Layout) -> Result<Bound, Error> {
    let path = layout.dir().join(FILE);
    let text = console::read_bounded(&path)?;
    Bound::parse(&text).map_err(|error| Error::Unbindable(format!("{}: {error}", path.display())))
}

/// Puts it there.
pub(crate) fn write(layout: &Layout, bound: &Bound) -> Result<(), Error> {
    let path = layout.dir().join(FILE);
    place(&path, bound.to_text().as_bytes(), MODE, Some(APP_USER))
}

/// Opens the master key that is bound here, under the licence that lies here.
pub(crate) fn open(layout: &Layout) -> Result<MasterKey, Error> {
    let license = licence::open(&layout.license())?;
    Here::look(layout)?.open(&read(layout)?, &license)
}

/// Before another licence takes its place: seals a bound master key for that one as well. Nothing is
/// done where none is bound; whatever is killed afterwards, the licence that lies there opens it.
pub(crate) fn admit(layout: &Layout, new: &License) -> Result<bool, Error> {
    let env = facts::env_file(layout)?;
    if !is_on(env.as_ref()) {
        return Ok(false);
    }
    let bound = read(layout)?;
    if !bound.covers(&new.digest()) {
        let old = licence::open(&layout.license())?;
        write(layout, &admitted(bound, &Here::look(layout)?, &old, new)?)?;
    }
    Ok(true)
}

fn admitted(bound: Bound, here: &Here, old: &License, new: &License) -> Result<Bound, Error> {
    let master = here.open(&bound, old)?;
    here.seal(bound, new, &master)
}

/// Once a licence is in its place: forgets what the key was sealed for besides.
pub(crate) fn settle(layout: &Layout, license: &License) -> Result<(), Error> {
    let bound = read(layout)?.only(&license.digest());
    write(layout, &bound)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use ed25519_dalek::{Signer as _, SigningKey};
    use license::binding::{Bound, NotOpened};
    use license::dsse::pre_authentication_encoding;
    use license::ed25519;
    use license::vtlic::{License, LicensePublicKey, PAYLOAD_TYPE, envelope_for};
    use zeroize::Zeroizing;

    use super::{Here, admitted};
    use crate::envfile::EnvFile;
    use crate::error::Error;

    /// A licence, signed with a key that is made here.
    pub(crate) fn license(counter: u64) -> License {
        let key = SigningKey::from_bytes(&[4; 32]);
        let public = ed25519::PublicKey::from_bytes(key.verifying_key().as_bytes()).unwrap();
        let public = LicensePublicKey::new(public);
        let body = serde_json::json!({
            "id": "one", "customer": "Somebody", "tier": "team", "seats": 5, "counter": counter,
            "issued": "2026-01-01T00:00:00Z", "notBefore": "2026-01-01T00:00:00Z",
            "expires": "2027-01-01T00:00:00Z", "graceDays": 14, "algorithm": "ed25519",
            "keyId": public.key_id(),
        });
        let body = serde_json::to_vec(&body).unwrap();
        let signature = key.sign(&pre_authentication_encoding(PAYLOAD_TYPE, &body));
        let signatures = [(public.key_id(), signature.to_bytes().to_vec())];
        let envelope = envelope_for(&body, &signatures);
        License::open(&serde_json::to_vec(&envelope).unwrap(), &[public]).unwrap()
    }

    fn here(room: &Path, machine: &str, seed: &str) -> Here {
        let path = room.join(machine);
        std::fs::write(&path, machine.repeat(32)).unwrap();
        let env = format!("HOST_MACHINE_ID={}\n", path.display());
        let env = EnvFile::parse(&env, Path::new(".env")).unwrap();
        Here::with(&seed.repeat(32), Some(&env)).unwrap()
    }

    #[test]
    fn a_renewal_a_new_host_and_a_copy() {
        let room = tempfile::tempdir().unwrap();
        let (own, other) = (here(room.path(), "a", "01"), here(room.path(), "b", "01"));
        let (old, new) = (license(1), license(2));
        let master = Zeroizing::new([7; 32]);
        let bound = own.seal(Bound::default(), &old, &master).unwrap();
        let both = admitted(bound.clone(), &own, &old, &new).unwrap();
        for license in [&old, &new] {
            assert_eq!(*own.open(&both, license).unwrap(), *master);
        }
        let after = both.only(&new.digest());
        assert!(matches!(
            own.open(&after, &old),
            Err(Error::Sealed(NotOpened::OtherLicense))
        ));
        assert_eq!(*own.open(&after, &new).unwrap(), *master);
        // A copied folder on another host; nor does a renewal help it there.
        assert!(matches!(
            other.open(&bound, &old),
            Err(Error::Sealed(NotOpened::OtherHost))
        ));
        assert!(admitted(bound.clone(), &other, &old, &new).is_err());
        let seedless = here(room.path(), "a", "02");
        assert!(matches!(
            seedless.open(&bound, &old),
            Err(Error::Sealed(NotOpened::OtherHost))
        ));
        // With the master key from the shares it is bound anew.
        let again = other.seal(Bound::default(), &old, &master).unwrap();
        assert_eq!(*other.open(&again, &old).unwrap(), *master);
    }

    /// The server and the issuing tool ask the same function for the same files.
    #[test]
    fn the_fingerprint_is_that_of_the_files_that_the_server_sees() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("machine-id");
        std::fs::write(&path, "0123456789abcdef".repeat(2) + "\n").unwrap();
        let env = format!("HOST_MACHINE_ID={}\n", path.display());
        let env = EnvFile::parse(&env, Path::new(".env")).unwrap();
        let board = Path::new(license::fingerprint::BOARD_DIR);
        let fact = |name: &'static str| std::fs::read(board.join(name)).ok();
        let id = std::fs::read(&path).unwrap();
        let theirs = license::fingerprint::Fingerprint::of(&id, fact).unwrap();
        assert_eq!(super::fingerprint(Some(&env)).unwrap(), theirs);
    }

    #[test]
    fn a_host_without_a_machine_id_cannot_be_bound_to() {
        let env = EnvFile::parse("HOST_MACHINE_ID=/dev/null\n", Path::new(".env")).unwrap();
        let refused = super::fingerprint(Some(&env)).unwrap_err();
        assert!(matches!(refused, Error::Unbindable(_)), "{refused}");
        assert!(Here::with("01", None).is_err());
    }
}
