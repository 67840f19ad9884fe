//! A vendor for tests, who holds keys and signs whatever he is told to.

use ed25519_dalek::{Signer as _, SigningKey};
use license::dsse::{Envelope, pre_authentication_encoding};
use license::vtlic::{
    Algorithm, LicenseKeyId, LicensePublicKey, PAYLOAD_TYPE, Payload, Tier, envelope_of,
};
use license::{ed25519, mldsa};
use ml_dsa::{Keypair as _, MlDsa65};
use time::macros::datetime;

pub(crate) struct Vendor {
    first: SigningKey,
    second: Option<ml_dsa::SigningKey<MlDsa65>>,
}

impl Vendor {
    pub(crate) fn plain(seed: u8) -> Self {
        Self {
            first: SigningKey::from_bytes(&[seed; 32]),
            second: None,
        }
    }

    pub(crate) fn composite(seed: u8) -> Self {
        let second = ml_dsa::SigningKey::from_seed(&[seed; 32].into());
        Self {
            second: Some(second),
            ..Self::plain(seed)
        }
    }

    pub(crate) fn public(&self) -> LicensePublicKey {
        let bytes = self.first.verifying_key().to_bytes();
        let first = ed25519::PublicKey::from_bytes(&bytes).unwrap();
        match &self.second {
            None => LicensePublicKey::new(first),
            Some(second) => {
                let bytes = second.verifying_key().encode();
                let second = mldsa::PublicKey::from_bytes(&bytes).unwrap();
                LicensePublicKey::composite(first, second)
            }
        }
    }

    /// A year from 2026-01-01, two weeks of grace, counter 3.
    pub(crate) fn payload(&self) -> Payload {
        Payload {
            id: "01a209a1-2e84-735e-aa0d-54c415b13c8a".into(),
            customer: "Example & Söhne".into(),
            tier: Tier::Team,
            seats: 25,
            features: vec!["sftp".into()],
            issued: datetime!(2025-12-20 10:00 UTC),
            not_before: datetime!(2026-01-01 00:00 UTC),
            expires: datetime!(2027-01-01 00:00 UTC),
            maintenance_ends: datetime!(2026-07-01 00:00 UTC),
            grace_days: 14,
            counter: 3,
            renews: None,
            hosts: vec![],
            algorithm: self.public().algorithm(),
            key_id: self.public().key_id(),
            mldsa_key_id: self.public().mldsa_key_id(),
        }
    }

    /// Signatures over a document, by each half in its name.
    pub(crate) fn signatures(
        &self,
        payload_type: &str,
        body: &[u8],
    ) -> Vec<(LicenseKeyId, Vec<u8>)> {
        let message = pre_authentication_encoding(payload_type, body);
        let public = self.public();
        let first = self.first.sign(&message).to_bytes().to_vec();
        let mut signatures = vec![(public.key_id(), first)];
        if let Some(second) = &self.second {
            let signature = second
                .expanded_key()
                .sign_deterministic(&message, payload_type.as_bytes())
                .unwrap();
            let id = public.mldsa_key_id().unwrap();
            signatures.push((id, signature.encode().to_vec()));
        }
        signatures
    }

    pub(crate) fn envelope(&self, body: &[u8]) -> Envelope {
        envelope_of(PAYLOAD_TYPE, body, &self.signatures(PAYLOAD_TYPE, body))
    }

    /// The file for a payload, as the tool writes it.
    pub(crate) fn file(&self, payload: &Payload) -> Vec<u8> {
        text(&self.envelope(&serde_json::to_vec(payload).unwrap()))
    }
}

pub(crate) fn text(envelope: &Envelope) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(envelope).unwrap();
    text.push(b'\n');
    text
}

pub(crate) const BOTH: [Algorithm; 2] = [Algorithm::Ed25519, Algorithm::Composite];

pub(crate) fn vendor(algorithm: Algorithm, seed: u8) -> Vendor {
    match algorithm {
        Algorithm::Ed25519 => Vendor::plain(seed),
        Algorithm::Composite => Vendor::composite(seed),
    }
}
