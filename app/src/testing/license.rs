//! A vendor, and servers with a licence of theirs.

use ed25519_dalek::{Signer as _, SigningKey};
use license::dsse::pre_authentication_encoding;
use license::ed25519::PublicKey;
use license::vtlic::{
    Algorithm, LicenseKeyId, LicensePublicKey, PAYLOAD_TYPE, Payload, Tier, envelope_for,
};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;

use super::Server;
use crate::kernel::Clock;

/// In the middle of the term of [`payload`].
pub(crate) const NOW: OffsetDateTime = datetime!(2026-06-15 12:00 UTC);

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> PublicKey {
    PublicKey::from_bytes(key(seed).verifying_key().as_bytes()).unwrap()
}

/// A year from 2026-01-01, two weeks of grace, team, 25 seats.
pub(crate) fn payload(counter: u64) -> Payload {
    Payload {
        id: format!("licence-{counter}"),
        customer: "Example & Söhne".into(),
        tier: Tier::Team,
        seats: 25,
        features: vec![],
        issued: datetime!(2025-12-20 10:00 UTC),
        not_before: datetime!(2026-01-01 00:00 UTC),
        expires: datetime!(2027-01-01 00:00 UTC),
        maintenance_ends: datetime!(2027-01-01 00:00 UTC),
        grace_days: 14,
        counter,
        renews: None,
        hosts: vec![],
        algorithm: Algorithm::Ed25519,
        key_id: LicenseKeyId::of(&public(1)),
        mldsa_key_id: None,
    }
}

/// The file of a licence.
pub(crate) fn issue(payload: &Payload) -> Vec<u8> {
    let body = serde_json::to_vec(payload).unwrap();
    let signature = key(1).sign(&pre_authentication_encoding(PAYLOAD_TYPE, &body));
    let signed = [(payload.key_id.clone(), signature.to_bytes().to_vec())];
    serde_json::to_vec(&envelope_for(&body, &signed)).unwrap()
}

/// The file of an ordinary licence with a counter.
pub(crate) fn licence(counter: u64) -> Vec<u8> {
    issue(&payload(counter))
}

/// A server with a licence, and the folder that stands for its `/data`.
pub(crate) struct Licensed {
    pub(crate) server: Server,
    pub(crate) dir: TempDir,
}

impl Licensed {
    /// A fresh server with a licence.
    pub(crate) async fn start(file: &[u8]) -> Self {
        let dir = folder(file);
        let variables = variables(&dir);
        let variables = borrowed(&variables);
        let server = Server::start_at(Clock::fixed(NOW), &variables).await;
        Self { server, dir }
    }

    /// The same server, started again at some time.
    pub(crate) async fn restarted(&self, at: OffsetDateTime) -> Server {
        self.server.replica(Clock::fixed(at), &[]).await
    }

    /// Another replica that shares the database and not the disk.
    pub(crate) async fn elsewhere(&self, file: &[u8]) -> Self {
        let dir = folder(file);
        let variables = variables(&dir);
        let variables = borrowed(&variables);
        let server = self.server.replica(Clock::fixed(NOW), &variables).await;
        Self { server, dir }
    }

    /// Where its licence is.
    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("license.vtlic")
    }

    /// Where it is remembered.
    pub(crate) fn state_path(&self) -> std::path::PathBuf {
        self.dir.path().join("license.state")
    }

    /// Puts another file in its place.
    pub(crate) fn put(&self, file: &[u8]) {
        std::fs::write(self.path(), file).unwrap();
    }
}

fn folder(file: &[u8]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("license.vtlic"), file).unwrap();
    dir
}

fn variables(dir: &TempDir) -> [(&'static str, String); 3] {
    let name = |file| dir.path().join(file).to_str().unwrap().to_owned();
    let key = LicensePublicKey::new(public(1)).to_file_text("test");
    [
        ("LICENSE_PATH", name("license.vtlic")),
        ("LICENSE_STATE_PATH", name("license.state")),
        ("LICENSE_PUBLIC_KEY", key.lines().nth(1).unwrap().to_owned()),
    ]
}

fn borrowed<'v>(variables: &'v [(&'static str, String); 3]) -> Vec<(&'static str, &'v str)> {
    let pair = |(name, value): &'v (&'static str, String)| (*name, value.as_str());
    variables.iter().map(pair).collect()
}
