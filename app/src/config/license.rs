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
        let keys = match found.text("LICENSE_PUBLIC_KEY") {
            None => license::keys::license_keys(),
            Some(text) => LicensePublicKey::all_from_text(&text),
        };
        let keys = keys.unwrap_or_else(|error| {
            let cure = "give the base64 line of a vendor.pub, or leave it out";
            found.refuse(Problem::new(
                "LICENSE_PUBLIC_KEY",
                format!("is unusable: {error}"),
                cure,
            ));
            Vec::new()
        });
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
