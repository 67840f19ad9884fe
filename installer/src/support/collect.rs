//! What goes in. Whatever cannot be had is named, and the rest goes in all the same: support is asked
//! when something does not work.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::{Counts, Missing, Piece, Redactor};
use crate::backup::Shelf;
use crate::commands::Call;
use crate::doctor;
use crate::engine::{Container, Engine};
use crate::error::{Error, in_words};
use crate::facts;
use crate::state::{self, State};
use crate::support::known::is_secret;

/// The lines of a container's log.
const LINES: u32 = 5000;
/// The most of a file or a log, in bytes.
const MOST: usize = 4 << 20;
/// What of the host is read.
const HOST: [&str; 8] = [
    "/etc/os-release",
    "/proc/version",
    "/proc/uptime",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/self/mountinfo",
    "/proc/sys/kernel/random/entropy_avail",
    "/sys/fs/cgroup/cgroup.controllers",
];

/// What was collected.
pub(crate) struct Collected {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) missing: Vec<Missing>,
}

/// Collects, and redacts as it goes.
pub(crate) async fn collect(call: &Call<'_>, redactor: &mut Redactor) -> Collected {
    let mut collected = Collected {
        pieces: Vec::new(),
        missing: Vec::new(),
    };
    let state = state::read(&call.layout).ok().flatten();
    for id in state.iter().flat_map(|state| state.images.values()) {
        redactor.spare(id);
    }
    let engine = Engine::connect(&call.global.docker_host).await;
    let containers = match (&engine, &state) {
        (Ok(engine), Some(state)) => engine.containers(&state.project).await,
        (Ok(_), None) => Ok(Vec::new()),
        (Err(error), _) => {
            collected.lack("engine.json", &in_words(error));
            Ok(Vec::new())
        }
    };
    let containers = containers.unwrap_or_default();
    for container in &containers {
        redactor.spare(&container.id);
        redactor.spare(&container.image_id);
    }
    of_folder(call, redactor, &mut collected);
    of_host(call, redactor, &mut collected);
    collected.json(
        "backups.json",
        "the backups that there are",
        Ok(Shelf::of(&call.layout).entries().unwrap_or_default()),
        redactor,
    );
    if let Ok(engine) = &engine {
        collected.json(
            "engine.json",
            "the container engine",
            engine.info_json().await,
            redactor,
        );
        of_containers(engine, &containers, redactor, &mut collected).await;
    }
    checks(call, state.as_ref(), redactor, &mut collected).await;
    collected
}

/// Configuration, records, journal.
fn of_folder(call: &Call<'_>, redactor: &Redactor, collected: &mut Collected) {
    let layout = &call.layout;
    let dir = layout.dir();
    collected.file(
        "state.json",
        "what is installed",
        &layout.state(),
        redactor,
        true,
    );
    collected.file(
        "journal.jsonl",
        "every run of the installer",
        &layout.journal(),
        redactor,
        true,
    );
    for name in ["docker-compose.yml", "docker-compose.override.yml"] {
        if name.contains("override") && !layout.override_file().exists() {
            continue;
        }
        collected.file(
            name,
            "what Compose is given",
            &dir.join(name),
            redactor,
            false,
        );
    }
    if let Ok(Some(state)) = state::read(layout) {
        let path = layout.manifest(&state.version);
        collected.file(
            "release.json",
            "the signed manifest of the release",
            &path,
            redactor,
            true,
        );
    }
    match facts::env_file(layout) {
        Ok(Some(env)) => {
            let lines = env.variables().map(|(name, value)| {
                let value = if is_secret(name) && !value.is_empty() {
                    "[secret]"
                } else {
                    value
                };
                format!("{name}={value}\n")
            });
            let text: String = lines.collect();
            collected.text(
                "env",
                "the variables; comments are left out",
                &text,
                redactor,
            );
        }
        Ok(None) => collected.lack("env", "there is no .env"),
        Err(error) => collected.lack("env", &in_words(&error)),
    }
    let files = redactor.document(&listing(dir));
    let what = "the files of the installation: mode, owner, size";
    collected.add("files.txt", what, files);
}

fn of_host(call: &Call<'_>, redactor: &Redactor, collected: &mut Collected) {
    let mut text = String::new();
    for path in HOST {
        let found = std::fs::read_to_string(path);
        let found = found.unwrap_or_else(|error| format!("{error}\n"));
        text.push_str(&format!("== {path}\n{found}\n"));
    }
    let free = facts::free_space(call.layout.dir());
    text.push_str(&format!("== free bytes for the installation\n{free:?}\n"));
    collected.text("host.txt", "system, memory, mounts, load", &text, redactor);
}

async fn of_containers(
    engine: &Engine,
    containers: &[Container],
    redactor: &Redactor,
    collected: &mut Collected,
) {
    for container in containers {
        let service = &container.service;
        let inspected = engine.inspect_json(&container.id).await;
        collected.json(
            &format!("containers/{service}.json"),
            "docker inspect",
            inspected,
            redactor,
        );
        let log = engine.log_tail(&container.id, LINES).await;
        collected.text(
            &format!("containers/{service}.log"),
            "the end of the log",
            &log,
            redactor,
        );
    }
    if containers.is_empty() {
        collected.lack("containers", "there are none");
    }
}

/// What `doctor` says.
async fn checks(
    call: &Call<'_>,
    state: Option<&State>,
    redactor: &Redactor,
    collected: &mut Collected,
) {
    let checks = match state {
        Some(_) => doctor::look(call).await.map(|found| doctor::judge(&found)),
        None => Err(Error::NotInstalled(call.layout.dir().to_owned())),
    };
    collected.json("doctor.json", "the checks of `doctor`", checks, redactor);
}

impl Collected {
    fn lack(&mut self, name: &str, why: &str) {
        self.missing.push(Missing {
            name: name.to_owned(),
            why: why.to_owned(),
        });
    }

    fn add(&mut self, name: &str, what: &'static str, (text, redacted): (String, Counts)) {
        self.pieces.push(Piece {
            name: name.to_owned(),
            what,
            bytes: text.into_bytes(),
            redacted,
        });
    }

    fn text(&mut self, name: &str, what: &'static str, text: &str, redactor: &Redactor) {
        self.add(name, what, redactor.text(text));
    }

    /// A document of digests is not searched by entropy: it consists of nothing else.
    fn file(
        &mut self,
        name: &str,
        what: &'static str,
        path: &Path,
        redactor: &Redactor,
        digests: bool,
    ) {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => return self.lack(name, &error.to_string()),
        };
        // The end is what tells.
        let end = bytes.get(bytes.len().saturating_sub(MOST)..);
        let text = String::from_utf8_lossy(end.unwrap_or_default());
        let redacted = if digests {
            redactor.document(&text)
        } else {
            redactor.text(&text)
        };
        self.add(name, what, redacted);
    }

    fn json(
        &mut self,
        name: &str,
        what: &'static str,
        value: Result<impl Serialize, Error>,
        redactor: &Redactor,
    ) {
        let text = value.and_then(|value| {
            let value: Value = serde_json::to_value(value)
                .map_err(|error| Error::file("cannot write", name.as_ref())(error.into()))?;
            Ok(format!("{value:#}\n"))
        });
        match text {
            Ok(text) => self.text(name, what, &text, redactor),
            Err(error) => self.lack(name, &in_words(&error)),
        }
    }
}

/// Every file below a folder, without its content.
fn listing(dir: &Path) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let (mut text, mut folders) = (String::new(), vec![dir.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let Ok(meta) = std::fs::symlink_metadata(&path) else {
                continue;
            };
            let name = path
                .strip_prefix(dir)
                .unwrap_or(&path)
                .display()
                .to_string();
            let (mode, uid, size) = (meta.mode() & 0o7777, meta.uid(), meta.len());
            text.push_str(&format!("{mode:04o} {uid:5} {size:12} {name}\n"));
            if meta.is_dir() {
                folders.push(path);
            }
        }
    }
    text
}
