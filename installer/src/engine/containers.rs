//! Containers, volumes and networks of a Compose project, found by its label.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use bollard::errors::Error as Bollard;
use bollard::models::{PortSummary, VolumeCreateRequest};
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder,
    LogsOptionsBuilder, RemoveContainerOptionsBuilder, RemoveVolumeOptions,
    StopContainerOptionsBuilder,
};
use futures_util::StreamExt as _;
use serde::Serialize;

use super::Engine;
use crate::error::Error;

const PROJECT: &str = "com.docker.compose.project";
const SERVICE: &str = "com.docker.compose.service";
const CONFIG_HASH: &str = "com.docker.compose.config-hash";
/// How long a container may take to stop by itself, in seconds: a database writes its pages.
const FAREWELL: i32 = 60;
/// How long the app may take: it stores nothing that is not in the database already.
const APP_FAREWELL: i32 = 15;
/// The most of a command's output or of a log that is kept, in bytes.
const MAX_OUTPUT: usize = 256 * 1024;

/// A container of the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Container {
    pub(crate) id: String,
    pub(crate) service: String,
    pub(crate) image_id: String,
    /// `running`, `exited`, `restarting`, …
    pub(crate) state: String,
    /// As the engine words it, such as `Up 2 minutes (healthy)`.
    pub(crate) status: String,
    /// The hash of the configuration that Compose started it with.
    pub(crate) config_hash: Option<String>,
    /// The ports of the host that lead to it.
    pub(crate) ports: Vec<Published>,
}

/// A port of this host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Published {
    pub(crate) address: String,
    pub(crate) port: u16,
}

impl Published {
    /// Whether this host alone reaches it.
    pub(crate) fn is_local(&self) -> bool {
        let address = self.address.parse::<std::net::IpAddr>();
        address.is_ok_and(|address| address.is_loopback())
    }

    pub(crate) fn shown(&self) -> String {
        format!("{}:{}", self.address, self.port)
    }
}

/// The published ones, each once: a port may lead there by more than one protocol.
fn published(ports: Option<Vec<PortSummary>>) -> Vec<Published> {
    let ports = ports.into_iter().flatten();
    let found: BTreeSet<Published> = ports
        .filter_map(|port| {
            Some(Published {
                address: port.ip?,
                port: port.public_port?,
            })
        })
        .collect();
    found.into_iter().collect()
}

impl Engine {
    /// The project's containers, running or not, in the order of their services.
    pub(crate) async fn containers(&self, project: &str) -> Result<Vec<Container>, Error> {
        let options = ListContainersOptionsBuilder::new()
            .all(true)
            .filters(&of_project(project))
            .build();
        let list = self.docker.list_containers(Some(options)).await;
        let mut found: Vec<Container> = list
            .map_err(Error::engine("containers"))?
            .into_iter()
            .map(|summary| {
                let label = |name| summary.labels.as_ref()?.get(name).cloned();
                Container {
                    service: label(SERVICE).unwrap_or_default(),
                    config_hash: label(CONFIG_HASH),
                    ports: published(summary.ports),
                    id: summary.id.unwrap_or_default(),
                    image_id: summary.image_id.unwrap_or_default(),
                    state: summary
                        .state
                        .map(|state| state.to_string())
                        .unwrap_or_default(),
                    status: summary.status.unwrap_or_default(),
                }
            })
            .collect();
        found.sort_by(|a, b| a.service.cmp(&b.service));
        Ok(found)
    }

    /// The names of the project's volumes.
    pub(crate) async fn volumes(&self, project: &str) -> Result<Vec<String>, Error> {
        let options = ListVolumesOptionsBuilder::new()
            .filters(&of_project(project))
            .build();
        let list = self.docker.list_volumes(Some(options)).await;
        let volumes = list.map_err(Error::engine("volumes"))?.volumes;
        let mut names: Vec<String> = volumes
            .into_iter()
            .flatten()
            .map(|volume| volume.name)
            .collect();
        names.sort();
        Ok(names)
    }

    /// The names of the project's networks.
    pub(crate) async fn networks(&self, project: &str) -> Result<Vec<String>, Error> {
        let options = ListNetworksOptionsBuilder::new()
            .filters(&of_project(project))
            .build();
        let list = self.docker.list_networks(Some(options)).await;
        let networks = list.map_err(Error::engine("networks"))?;
        Ok(networks
            .into_iter()
            .filter_map(|network| network.name)
            .collect())
    }

    /// All that the engine knows of a container.
    pub(crate) async fn inspect_json(&self, id: &str) -> Result<impl Serialize + use<>, Error> {
        let found = self.docker.inspect_container(id, None).await;
        found.map_err(Error::engine(format!("container {id}")))
    }

    /// All that the engine says of itself.
    pub(crate) async fn info_json(&self) -> Result<impl Serialize + use<>, Error> {
        self.docker.info().await.map_err(Error::engine("info"))
    }

    /// Stops the app's container; one that does not run is stopped already.
    pub(crate) async fn stop_app(&self, id: &str) -> Result<(), Error> {
        let stop = StopContainerOptionsBuilder::new().t(APP_FAREWELL).build();
        self.docker
            .stop_container(id, Some(stop))
            .await
            .map_err(Error::engine(format!("stopping container {id}")))
    }

    /// Stops and removes a container; its volumes stay.
    pub(crate) async fn remove_container(&self, id: &str) -> Result<(), Error> {
        let stop = StopContainerOptionsBuilder::new().t(FAREWELL).build();
        // One that has stopped already cannot be stopped; the removal tells whether it is gone.
        let _stopped = self.docker.stop_container(id, Some(stop)).await;
        let remove = RemoveContainerOptionsBuilder::new().force(true).build();
        self.docker
            .remove_container(id, Some(remove))
            .await
            .map_err(Error::engine(format!("removing container {id}")))
    }

    /// Removes a volume; one that is not there is removed already.
    pub(crate) async fn remove_volume(&self, name: &str) -> Result<(), Error> {
        let removed = self
            .docker
            .remove_volume(name, None::<RemoveVolumeOptions>)
            .await;
        match removed {
            Err(error) if is_missing(&error) => Ok(()),
            other => other.map_err(Error::engine(format!("removing volume {name}"))),
        }
    }

    /// Makes a volume; where its files lie on this host. One that is there is kept.
    pub(crate) async fn make_volume(&self, name: &str) -> Result<PathBuf, Error> {
        let options = VolumeCreateRequest {
            name: Some(name.to_owned()),
            ..VolumeCreateRequest::default()
        };
        let made = self.docker.create_volume(options).await;
        let made = made.map_err(Error::engine(format!("making volume {name}")))?;
        Ok(made.mountpoint.into())
    }

    /// Where a volume's files lie on this host, when it is there.
    pub(crate) async fn volume_path(&self, name: &str) -> Result<Option<PathBuf>, Error> {
        match self.docker.inspect_volume(name).await {
            Ok(found) => Ok(Some(found.mountpoint.into())),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(Error::engine(format!("volume {name}"))(error)),
        }
    }

    pub(crate) async fn remove_network(&self, name: &str) -> Result<(), Error> {
        self.docker
            .remove_network(name)
            .await
            .map_err(Error::engine(format!("removing network {name}")))
    }

    /// The last lines of a container's log. A log that cannot be read is an empty one: it is only
    /// ever shown beside a failure.
    pub(crate) async fn log_tail(&self, id: &str, lines: u32) -> String {
        let options = LogsOptionsBuilder::new()
            .stdout(true)
            .stderr(true)
            .tail(&lines.to_string())
            .build();
        let mut text = String::new();
        let mut stream = self.docker.logs(id, Some(options));
        while let Some(Ok(piece)) = stream.next().await {
            append(&mut text, &piece.into_bytes());
        }
        text.trim_end().to_owned()
    }
}

/// Whether the engine does not have what it was asked for.
pub(super) const fn is_missing(error: &Bollard) -> bool {
    matches!(
        error,
        Bollard::DockerResponseServerError {
            status_code: 404,
            ..
        }
    )
}

fn append(text: &mut String, bytes: &[u8]) {
    if text.len() < MAX_OUTPUT {
        text.push_str(&String::from_utf8_lossy(bytes));
    }
}

fn of_project(project: &str) -> HashMap<&'static str, Vec<String>> {
    HashMap::from([("label", vec![format!("{PROJECT}={project}")])])
}
