//! A look at the host that changes nothing.

mod host;

use std::collections::BTreeSet;
use std::path::PathBuf;

use offline::Manifest;
use time::OffsetDateTime;

use crate::backup::Shelf;
use crate::bench::{self, Measured};
use crate::choices::{Choices, Port};
use crate::compose::{self, Compose};
use crate::engine::{About, Container, Engine, Image};
use crate::envfile::EnvFile;
use crate::error::Error;
use crate::kept::{self, Kept};
use crate::layout::Layout;
use crate::licence;
use crate::state::{self, State};

pub(crate) use host::{Guards, PortState, free_space};

/// Everything that is known before anything is decided.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) now: OffsetDateTime,
    /// Whether this runs as root.
    pub(crate) root: bool,
    /// Whether the engine is on this host, where its containers find the installation's files.
    pub(crate) local: bool,
    /// The engine, or why it cannot be asked.
    pub(crate) engine: Result<About, String>,
    /// Compose's version, or why there is none.
    pub(crate) compose: Result<String, String>,
    pub(crate) ports: Vec<(Port, PortState)>,
    /// Free bytes where the installation's folder is or will be.
    pub(crate) dir_free: Option<u64>,
    /// Free bytes where the engine keeps its images, when that can be seen from here.
    pub(crate) engine_free: Option<u64>,
    /// Where backups are kept.
    pub(crate) backups: PathBuf,
    pub(crate) installed: Option<State>,
    /// What the installed release promised.
    pub(crate) manifest: Option<Manifest>,
    /// What is kept of the installed release.
    pub(crate) kept: Kept,
    /// What of ours is in the folder already.
    pub(crate) present_files: BTreeSet<String>,
    pub(crate) containers: Vec<Container>,
    pub(crate) volumes: Vec<String>,
    pub(crate) networks: Vec<String>,
    /// The images that the engine has.
    pub(crate) images: Vec<Image>,
    /// How fast this server is, when that was measured.
    pub(crate) measured: Option<Measured>,
    /// What else the kernel guards with.
    pub(crate) guards: Guards,
    /// A folder above the installation's that everybody may write to.
    pub(crate) writable: Option<PathBuf>,
    /// The latest time that this server has seen, as far as it was written down.
    pub(crate) last_seen: Option<OffsetDateTime>,
    /// What Compose says against the files that are there, the operator's among them.
    pub(crate) compose_file: Result<(), String>,
}

/// What the engine was asked, when it answers.
#[derive(Default)]
struct Inside {
    containers: Vec<Container>,
    volumes: Vec<String>,
    networks: Vec<String>,
    images: Vec<Image>,
}

/// Looks.
pub(crate) async fn gather(
    layout: &Layout,
    docker_host: &str,
    choices: &Choices,
    now: OffsetDateTime,
) -> Result<Facts, Error> {
    let engine = Engine::connect(docker_host).await;
    let (about, inside) = match &engine {
        Ok(engine) => (
            Ok(engine.about().await?),
            look_inside(engine, &choices.project).await?,
        ),
        Err(error) => (Err(error.to_string()), Inside::default()),
    };
    let ours = inside
        .containers
        .iter()
        .any(|container| container.service == "app" && container.state == "running");
    let installed = state::read(layout)?;
    let kept = Kept::look(
        layout,
        installed.as_ref().map(|state| state.version.as_str()),
    )?;
    let root_dir = about.as_ref().ok().map(|about| about.root.clone());
    Ok(Facts {
        now,
        root: host::is_root(),
        local: docker_host.starts_with("unix://"),
        engine: about,
        compose: compose::version(docker_host).await,
        ports: choices
            .ports()
            .into_iter()
            .map(|port| (port.clone(), host::port_state(&port, ours)))
            .collect(),
        dir_free: free_space(layout.dir()),
        backups: layout.backups(),
        engine_free: root_dir.and_then(|dir| host::free_space_at(dir.as_ref())),
        manifest: installed
            .as_ref()
            .and_then(|state| kept::manifest(layout, &state.version)),
        installed,
        kept,
        present_files: present_files(layout),
        containers: inside.containers,
        volumes: inside.volumes,
        networks: inside.networks,
        images: inside.images,
        measured: bench::recorded(layout),
        guards: host::guards(),
        writable: host::writable(layout.dir()),
        last_seen: last_seen(layout),
        compose_file: compose_file(layout, docker_host, choices).await,
    })
}

/// The installation's own record, its newest backup, and what the app has noted.
fn last_seen(layout: &Layout) -> Option<OffsetDateTime> {
    let installed = state::read(layout).ok().flatten();
    let noted = licence::last_seen(layout).map(|noted| noted.confirmed);
    let backup = Shelf::of(layout).newest();
    let times = [installed.map(|state| state.installed_at), backup, noted];
    times.into_iter().flatten().max()
}

/// Only an operator's own file can be wrong; the release's is signed.
async fn compose_file(layout: &Layout, docker_host: &str, choices: &Choices) -> Result<(), String> {
    if !layout.override_file().exists() || !layout.compose_file().exists() {
        return Ok(());
    }
    let compose = Compose::new(layout, docker_host, &choices.project);
    match compose.config().await {
        Ok(_) => Ok(()),
        Err(Error::Compose { output, .. }) => Err(output),
        Err(error) => Err(error.to_string()),
    }
}

async fn look_inside(engine: &Engine, project: &str) -> Result<Inside, Error> {
    Ok(Inside {
        containers: engine.containers(project).await?,
        volumes: engine.volumes(project).await?,
        networks: engine.networks(project).await?,
        images: engine.all_images().await?,
    })
}

/// Our files and folders, and what is in those folders whose files we may change.
fn present_files(layout: &Layout) -> BTreeSet<String> {
    let mut present = BTreeSet::new();
    for name in Layout::OWN {
        let path = layout.dir().join(name);
        if !path.exists() {
            continue;
        }
        present.insert((*name).to_owned());
        let changeable = Layout::MOUNTED.contains(name) || ["license", "secrets"].contains(name);
        if changeable && let Ok(entries) = std::fs::read_dir(&path) {
            let names = entries.flatten().map(|entry| entry.file_name());
            present.extend(names.map(|inner| format!("{name}/{}", inner.to_string_lossy())));
        }
    }
    present
}

/// The operator's `.env`, when there is one.
pub(crate) fn env_file(layout: &Layout) -> Result<Option<EnvFile>, Error> {
    let path = layout.env_file();
    match std::fs::read_to_string(&path) {
        Ok(text) => EnvFile::parse(&text, &path).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("cannot read", &path)(error)),
    }
}
