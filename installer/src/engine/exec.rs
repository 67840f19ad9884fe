//! Programs inside a container, with what they read and write.

use bollard::container::LogOutput;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;

use super::Engine;
use crate::error::Error;

/// The most of a program's words that is kept, in bytes.
const MAX_OUTPUT: usize = 256 * 1024;
/// What PostgreSQL's tools call themselves when they work for this one.
pub(crate) const OURS: &str = "vaultterm-install";
/// How many pieces may wait between a program and whoever reads it.
const WAITING: usize = 8;
/// How much is handed to a program at once, in bytes.
const PIECE: usize = 64 * 1024;

/// A program, and as whom it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program<'a> {
    pub(crate) container: &'a str,
    pub(crate) command: &'a [&'a str],
    /// A user of the container; that of its image when it is not given.
    pub(crate) user: Option<&'a str>,
}

/// How a program ended, and what it complained about.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) code: i64,
    pub(crate) stderr: String,
}

/// A pipe of bytes: what is sent comes out at the other end; dropping either end closes it.
pub(crate) fn pipe() -> (mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>) {
    mpsc::channel(WAITING)
}

impl Engine {
    /// Runs a program: its exit code, and what it wrote to standard output and to standard error.
    pub(crate) async fn exec(
        &self,
        container: &str,
        command: &[&str],
    ) -> Result<(i64, String, String), Error> {
        let program = Program {
            container,
            command,
            user: None,
        };
        let (ended, out) = self.exec_text(program, "").await?;
        Ok((ended.code, out, ended.stderr))
    }

    /// Runs a program on a text; what it wrote to standard output.
    pub(crate) async fn exec_text(
        &self,
        program: Program<'_>,
        input: &str,
    ) -> Result<(Ended, String), Error> {
        let (give, given) = pipe();
        let (put, mut out) = pipe();
        let text = Bytes::copy_from_slice(input.as_bytes());
        let feed = async move {
            let mut rest = text;
            while !rest.is_empty() {
                let piece = rest.split_to(rest.len().min(PIECE));
                if give.send(piece).await.is_err() {
                    break;
                }
            }
        };
        let collect = async {
            let mut all = Vec::new();
            while let Some(piece) = out.recv().await {
                if all.len() < MAX_OUTPUT {
                    all.extend_from_slice(&piece);
                }
            }
            String::from_utf8_lossy(&all).into_owned()
        };
        let (ended, (), text) = tokio::join!(self.exec_piped(program, given, put), feed, collect);
        Ok((ended?, text))
    }

    /// Runs a program: it reads `input` to its end, and what it writes goes to `output`. When
    /// nobody reads that any more, it is left alone.
    pub(crate) async fn exec_piped(
        &self,
        program: Program<'_>,
        mut input: mpsc::Receiver<Bytes>,
        output: mpsc::Sender<Bytes>,
    ) -> Result<Ended, Error> {
        let what = program.command.first().copied().unwrap_or_default();
        let failed = || Error::engine(format!("running {what} in a container"));
        let config = ExecConfig {
            cmd: Some(
                program
                    .command
                    .iter()
                    .map(|&word| word.to_owned())
                    .collect(),
            ),
            user: program.user.map(str::to_owned),
            env: Some(vec![format!("PGAPPNAME={OURS}")]),
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..ExecConfig::default()
        };
        let exec = self
            .docker
            .create_exec(program.container, config)
            .await
            .map_err(failed())?;
        let started = self
            .docker
            .start_exec(&exec.id, None::<StartExecOptions>)
            .await;
        let mut stderr = String::new();
        if let StartExecResults::Attached {
            output: mut said,
            input: mut stdin,
        } = started.map_err(failed())?
        {
            let feed = async move {
                while let Some(piece) = input.recv().await {
                    // A program that stops reading has its reasons; its exit code tells.
                    if stdin.write_all(&piece).await.is_err() {
                        break;
                    }
                }
                drop(stdin.shutdown().await);
            };
            let listen = async {
                while let Some(piece) = said.next().await {
                    match piece.map_err(failed())? {
                        LogOutput::StdErr { message } => append(&mut stderr, &message),
                        other => {
                            if output.send(other.into_bytes()).await.is_err() {
                                break;
                            }
                        }
                    }
                }
                drop(output);
                Ok::<(), Error>(())
            };
            let ((), listened) = tokio::join!(feed, listen);
            listened?;
        }
        let ended = self.docker.inspect_exec(&exec.id).await.map_err(failed())?;
        Ok(Ended {
            code: ended.exit_code.unwrap_or(-1),
            stderr,
        })
    }
}

fn append(text: &mut String, bytes: &[u8]) {
    if text.len() < MAX_OUTPUT {
        text.push_str(&String::from_utf8_lossy(bytes));
    }
}
