//! A container engine whose callers are listened to.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};

use crate::run::run;

/// The engine, behind a socket that remembers what was asked for.
#[derive(Debug)]
pub struct Watched {
    /// Where it listens, as `DOCKER_HOST` wants it.
    pub host: String,
    asked: Arc<Mutex<Vec<u8>>>,
}

impl Watched {
    /// Listens in `dir`, in front of the engine that `docker` talks to.
    ///
    /// # Errors
    /// When that has no socket.
    pub fn start(dir: &Path) -> Result<Self> {
        let engine = [
            "context",
            "inspect",
            "--format",
            "{{.Endpoints.docker.Host}}",
        ];
        let engine = run(Command::new("docker").args(engine))?
            .expect(0)?
            .stdout
            .trim()
            .to_owned();
        let engine = engine
            .strip_prefix("unix://")
            .context("a socket")?
            .to_owned();
        let path = dir.join("engine.sock");
        let listener = UnixListener::bind(&path)?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = UnixStream::connect(&engine) else {
                    return;
                };
                let heard = Arc::clone(&heard);
                std::thread::spawn(move || Self::serve(client, server, &heard));
            }
        });
        let host = format!("unix://{}", path.display());
        Ok(Self { host, asked })
    }

    fn serve(mut client: UnixStream, mut server: UnixStream, heard: &Mutex<Vec<u8>>) {
        let (Ok(mut answers), Ok(mut back)) = (server.try_clone(), client.try_clone()) else {
            return;
        };
        std::thread::spawn(move || {
            let _ended = std::io::copy(&mut answers, &mut back);
            let _closed = back.shutdown(std::net::Shutdown::Write);
        });
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = client.read(&mut buffer) {
            let piece = buffer.get(..count).unwrap_or_default();
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.extend_from_slice(piece);
            drop(heard);
            if server.write_all(piece).is_err() {
                return;
            }
        }
        let _closed = server.shutdown(std::net::Shutdown::Write);
    }

    /// The exports that were asked for since the last time.
    #[must_use]
    pub fn exports(&self) -> Vec<String> {
        let mut heard = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&std::mem::take(&mut *heard)).into_owned();
        let exports = text.lines().filter(|line| line.contains("/images/get"));
        exports.map(str::to_owned).collect()
    }
}
