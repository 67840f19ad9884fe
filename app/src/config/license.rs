//! The licence: where it is, and whom we believe.

use std::path::PathBuf;

use license::vtlic::LicensePublicKey;

use super::Problem;
use super::env::Reader;

/// Where entitlements come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentMode {
    /// From the licence file.
    OnPrem,
    /// From elsewhere: no licence is read.
    Saas,
}

/// The licence file and the keys it may be signed with.
#[derive(Clone, Debug)]
pub struct LicenseConfig {
    /// Where entitlements come from.
    pub mode: DeploymentMode,
    /// The licence file.
    pub path: PathBuf,
    /// What is remembered of it between runs.
    pub state_path: PathBuf,
    /// The keys compiled in, or those given for a rotation.
    pub keys: Vec<LicensePublicKey>,
}

impl LicenseConfig {
    pub(super) fn read(found: &mut Reader<'_>) -> Self {
        let path = |name, default: &str| {
            found
                .text(name)
                .map_or_else(|| PathBuf::from(default), PathBuf::from)
        };
        let path_of_file = path("LICENSE_PATH", "/data/license.vtlic");
        let state_path = path("LICENSE_STATE_PATH", "/data/license.state");
        let keys = keys(found);
        Self {
            mode: found.choice(
                "DEPLOYMENT_MODE",
                &[
                    ("onprem", DeploymentMode::OnPrem),
                    ("saas", DeploymentMode::Saas),
                ],
                DeploymentMode::OnPrem,
            ),
            path: path_of_file,
            state_path,
            keys,
        }
    }
}

/// The keys compiled in, or those given for a rotation: an Ed25519 key, and its post-quantum half
/// when it has one.
fn keys(found: &mut Reader<'_>) -> Vec<LicensePublicKey> {
    const CURE: &str = "give the base64 lines of a vendor.pub, or leave them out";
    let first = found.text("LICENSE_PUBLIC_KEY");
    let second = found.text("LICENSE_MLDSA_PUBLIC_KEY");
    let mut refuse = |variable, fact: String| found.refuse(Problem::new(variable, fact, CURE));
    let alone = match &first {
        None => license::keys::license_keys(),
        Some(first) => LicensePublicKey::all_from_text(first),
    };
    let alone = match alone {
        Ok(keys) => keys,
        Err(error) => {
            refuse("LICENSE_PUBLIC_KEY", format!("is unusable: {error}"));
            return Vec::new();
        }
    };
    let Some(second) = second else {
        return alone;
    };
    let Some(first) = first else {
        let fact = "is given without LICENSE_PUBLIC_KEY, whose second half it is";
        refuse("LICENSE_MLDSA_PUBLIC_KEY", fact.to_owned());
        return alone;
    };
    LicensePublicKey::all_from_texts(&first, Some(&second)).unwrap_or_else(|error| {
        refuse("LICENSE_MLDSA_PUBLIC_KEY", format!("is unusable: {error}"));
        alone
    })
}
