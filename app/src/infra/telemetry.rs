//! Logs. One line for each event, with fields; never a secret, a body or a header value.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{LogFormat, ServerConfig};

/// Sets the process-wide subscriber. A second call changes nothing.
pub fn start(config: &ServerConfig) {
    let filter = EnvFilter::try_new(&config.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let color = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(color)
        .with_writer(std::io::stderr);
    // Tests start more than one server in a process; the first subscriber stays.
    let _already_set = match config.log_format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        LogFormat::Text => lines.try_init(),
    };
}
