//! `healthcheck`: the container's own question to its server, over loopback.

use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::output::{complain, print};
use crate::config::{Env, port_of};

const LIMIT: Duration = Duration::from_secs(5);
/// The answer is a small JSON document.
const MOST: u64 = 64 * 1024;

/// Asks `/health`, or `/readyz` and prints the answer.
pub(super) async fn run(env: &Env, ready: bool) -> ExitCode {
    let path = if ready { "/readyz" } else { "/health" };
    match tokio::time::timeout(LIMIT, ask(port_of(env), path)).await {
        Ok(Ok((200, _))) if !ready => ExitCode::SUCCESS,
        Ok(Ok((200, body))) => print(&body),
        Ok(Ok((status, body))) => {
            print(&body);
            complain(&format!("{path} answered {status}"))
        }
        Ok(Err(error)) => complain(&format!("{path} did not answer: {error}")),
        Err(_) => complain(&format!(
            "{path} did not answer within {} s",
            LIMIT.as_secs()
        )),
    }
}

/// One HTTP/1.0 exchange, which needs no client library: the answer ends with the connection.
async fn ask(port: u16, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(MOST).read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.parse().ok());
    Ok((status.unwrap_or(0), body.to_owned()))
}
