//! What was chosen: by the command line, by an earlier `.env`, or by default.

use crate::envfile::EnvFile;

/// What the command line says, where it says anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) project: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) bind: Option<String>,
    pub(crate) app_port: Option<u16>,
    pub(crate) admin_port: Option<u16>,
}

/// Every choice, made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choices {
    pub(crate) project: String,
    pub(crate) base_url: String,
    pub(crate) app_bind: String,
    pub(crate) app_port: u16,
    pub(crate) admin_bind: String,
    pub(crate) admin_port: u16,
}

/// A port that is published on this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    pub(crate) what: &'static str,
    pub(crate) option: &'static str,
    pub(crate) address: String,
    pub(crate) number: u16,
}

impl Choices {
    /// The command line wins over `.env`, and that over the defaults.
    pub(crate) fn make(wishes: Wishes, env: Option<&EnvFile>) -> Self {
        let kept = |name: &str| env.and_then(|env| env.get(name)).map(str::to_owned);
        let port = |wish: Option<u16>, name, default| {
            wish.or_else(|| kept(name)?.parse().ok()).unwrap_or(default)
        };
        let text = |wish: Option<String>, name, default: &str| {
            wish.or_else(|| kept(name))
                .unwrap_or_else(|| default.to_owned())
        };
        let app_port = port(wishes.app_port, "APP_PORT", 4000);
        let base_url = format!("http://localhost:{app_port}");
        Self {
            project: text(wishes.project, "COMPOSE_PROJECT_NAME", "vaultterm"),
            base_url: text(wishes.base_url, "APP_BASE_URL", &base_url),
            app_bind: text(wishes.bind, "APP_BIND", "127.0.0.1"),
            app_port,
            admin_bind: text(None, "ADMIN_BIND", "127.0.0.1"),
            admin_port: port(wishes.admin_port, "ADMIN_PUBLISHED_PORT", 4100),
        }
    }

    /// The ports that have to be free.
    pub(crate) fn ports(&self) -> Vec<Port> {
        vec![
            Port {
                what: "the portal",
                option: "--app-port",
                address: self.app_bind.clone(),
                number: self.app_port,
            },
            Port {
                what: "the admin plane",
                option: "--admin-port",
                address: self.admin_bind.clone(),
                number: self.admin_port,
            },
        ]
    }

    /// Whether only this host reaches the admin plane.
    pub(crate) fn admin_is_local(&self) -> bool {
        let address = self.admin_bind.parse::<std::net::IpAddr>();
        address.is_ok_and(|address| address.is_loopback()) || self.admin_bind == "localhost"
    }

    /// Where the admin plane answers.
    pub(crate) fn admin_url(&self) -> String {
        let host = match self.admin_bind.as_str() {
            "0.0.0.0" | "::" => "localhost",
            other => other,
        };
        format!("http://{host}:{}", self.admin_port)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Choices, Wishes};
    use crate::envfile::EnvFile;

    #[test]
    fn the_command_line_wins_then_the_file_then_the_default() {
        let env =
            EnvFile::parse("APP_PORT=5000\nADMIN_BIND=10.0.0.1\n", Path::new(".env")).unwrap();
        let wishes = Wishes {
            admin_port: Some(5100),
            ..Wishes::default()
        };
        let made = Choices::make(wishes, Some(&env));
        assert_eq!((made.app_port, made.admin_port), (5000, 5100));
        assert_eq!(made.base_url, "http://localhost:5000");
        assert_eq!(made.admin_url(), "http://10.0.0.1:5100");
        assert_eq!(Choices::make(Wishes::default(), None).app_port, 4000);
    }
}
