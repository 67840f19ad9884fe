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
    let first = found.text("LICENSE_PUBLIC_KEY");
    let second = found.text("LICENSE_MLDSA_PUBLIC_KEY");
    let keys = match (&first, &second) {
        (None, None) => license::keys::license_keys(),
        (None, Some(_)) => {
            let fact = "is given without LICENSE_PUBLIC_KEY, whose second half it is";
            let cure = "give both lines of the vendor's vendor.pub, or leave both out";
            found.refuse(Problem::new("LICENSE_MLDSA_PUBLIC_KEY", fact, cure));
            return Vec::new();
        }
        (Some(first), second) => LicensePublicKey::all_from_texts(first, second.as_deref()),
    };
    keys.unwrap_or_else(|error| {
        // With two lines given, the one that can be read by itself is not the wrong one.
        let first_is_good =
            first.is_some_and(|text| LicensePublicKey::all_from_text(&text).is_ok());
        let (variable, cure) = if first_is_good && second.is_some() {
            (
                "LICENSE_MLDSA_PUBLIC_KEY",
                "give the second base64 line of that vendor.pub, or leave it out",
            )
        } else {
            (
                "LICENSE_PUBLIC_KEY",
                "give the base64 line of a vendor.pub, or leave it out",
            )
        };
        found.refuse(Problem::new(
            variable,
            format!("is unusable: {error}"),
            cure,
        ));
        Vec::new()
    })
}
