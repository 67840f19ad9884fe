//! How identity providers of organisations are reached.

use super::env::Reader;
use super::{AppEnv, DeploymentMode};

/// How identity providers are reached.
#[derive(Clone, Debug, Default)]
pub struct SsoConfig {
    /// Certificates of authorities that are trusted besides those of the public web, as PEM.
    pub trust: Option<Vec<u8>>,
    /// Whether a provider on this very host is reached, by plain HTTP even. In development only: in
    /// production loopback is where other services of the host believe to be among themselves.
    pub loopback: bool,
    /// Whether a provider in a private network is reached. Where tenants are strangers to the operator
    /// (`DEPLOYMENT_MODE=saas`) they name none of the operator's own network.
    pub private: bool,
}

impl SsoConfig {
    pub(super) fn read(found: &mut Reader<'_>, env: AppEnv, mode: DeploymentMode) -> Self {
        Self {
            trust: found.certificates("SSO_CACERT"),
            loopback: env == AppEnv::Development,
            private: mode == DeploymentMode::OnPrem || env == AppEnv::Development,
        }
    }
}
