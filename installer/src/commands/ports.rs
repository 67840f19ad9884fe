//! The options that say where an installation listens.

use clap::Args;

use crate::choices::Wishes;

/// Where the installation listens.
#[derive(Debug, Args)]
pub(crate) struct Ports {
    /// The address the portal listens on; keep loopback when a proxy runs on this host.
    #[arg(long, value_name = "ADDRESS")]
    bind: Option<std::net::IpAddr>,
    /// The portal's port on this host [default: 4000].
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    app_port: Option<u16>,
    /// The admin plane's port on this host, on loopback [default: 4100].
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    admin_port: Option<u16>,
}

impl Ports {
    pub(super) fn wishes(&self, project: Option<String>, base_url: Option<String>) -> Wishes {
        Wishes {
            project,
            base_url,
            bind: self.bind.map(|address| address.to_string()),
            app_port: self.app_port,
            admin_port: self.admin_port,
        }
    }
}
