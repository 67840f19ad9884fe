//! A PostgreSQL server for a while: without a network, without a name that anybody would use, and
//! gone with its data afterwards.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bollard::errors::Error as Bollard;
use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
    StartContainerOptions, WaitContainerOptions,
};
use futures_util::StreamExt as _;

use super::Engine;
use crate::error::Error;
use crate::postgres::Postgres;

/// Marks what a run that was killed has left: the next one removes it.
const LABEL: &str = "vaultterm.scratch";
/// How long an empty server may take to start.
const LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(100);
/// Nothing of it is kept: it need not be safe from a crash.
const COMMAND: [&str; 15] = [
    "postgres",
    "-c",
    "fsync=off",
    "-c",
    "full_page_writes=off",
    "-c",
    "synchronous_commit=off",
    "-c",
    "autovacuum=off",
    "-c",
    "max_wal_size=4GB",
    "-c",
    "wal_level=minimal",
    "-c",
    "max_wal_senders=0",
];
/// The roles that own and serve, as a new installation has them.
const ROLES: &str = "CREATE ROLE vaultterm_owner LOGIN NOINHERIT;
CREATE ROLE vaultterm_app LOGIN NOINHERIT;
";

/// Enough for the app to find the scratch database, and nothing of the installation.
const APP_ENVIRONMENT: [&str; 6] = [
    "APP_ENV=development",
    "DEPLOYMENT_MODE=saas",
    "LOG_LEVEL=warn",
    "DATABASE_URL=postgres://vaultterm_app@127.0.0.1:5432/vaultterm",
    "DATABASE_OWNER_URL=postgres://vaultterm_owner@127.0.0.1:5432/vaultterm",
    "REDIS_URL=redis://127.0.0.1:6379",
];

/// A scratch server.
pub(crate) struct Scratch {
    engine: Engine,
    project: String,
    /// Its container.
    pub(crate) id: String,
}

impl Engine {
    /// Starts a scratch server of a PostgreSQL image for an installation, and makes our empty
    /// database in it. What an earlier one has left goes.
    pub(crate) async fn scratch(&self, image: &str, project: &str) -> Result<Scratch, Error> {
        self.remove_scratches(project).await?;
        let failed = || Error::engine("making a scratch database");
        let body = ContainerCreateBody {
            image: Some(image.to_owned()),
            cmd: Some(COMMAND.map(str::to_owned).to_vec()),
            // Nobody can reach it: it has no network.
            env: Some(vec!["POSTGRES_HOST_AUTH_METHOD=trust".to_owned()]),
            labels: Some(HashMap::from([(LABEL.to_owned(), project.to_owned())])),
            host_config: Some(HostConfig {
                network_mode: Some("none".to_owned()),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::new().build();
        let created = self.docker.create_container(Some(options), body).await;
        let scratch = Scratch {
            engine: self.clone(),
            project: project.to_owned(),
            id: created.map_err(failed())?.id,
        };
        if let Err(error) = scratch.start().await {
            drop(self.remove_scratches(project).await);
            return Err(error);
        }
        Ok(scratch)
    }

    /// Removes every scratch server of an installation.
    pub(crate) async fn remove_scratches(&self, project: &str) -> Result<(), Error> {
        let label = vec![format!("{LABEL}={project}")];
        let options = ListContainersOptionsBuilder::new()
            .all(true)
            .filters(&HashMap::from([("label", label)]))
            .build();
        let found = self.docker.list_containers(Some(options)).await;
        for summary in found.map_err(Error::engine("containers"))? {
            let remove = RemoveContainerOptionsBuilder::new()
                .force(true)
                .v(true)
                .build();
            let id = summary.id.unwrap_or_default();
            self.docker
                .remove_container(&id, Some(remove))
                .await
                .map_err(Error::engine("removing a scratch database"))?;
        }
        Ok(())
    }
}

/// What a program beside a scratch database said, and how it ended.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) code: i64,
    pub(crate) log: String,
}

impl Scratch {
    /// Runs the app's binary of an image where the scratch database is its whole network.
    pub(crate) async fn run_app(&self, image: &str, command: &str) -> Result<Said, Error> {
        let failed = || Error::engine(format!("running {command} beside a scratch database"));
        let docker = &self.engine.docker;
        let body = ContainerCreateBody {
            image: Some(image.to_owned()),
            entrypoint: Some(vec!["/vaultterm-app".to_owned()]),
            cmd: Some(vec![command.to_owned()]),
            env: Some(APP_ENVIRONMENT.map(str::to_owned).to_vec()),
            labels: Some(HashMap::from([(LABEL.to_owned(), self.project.clone())])),
            host_config: Some(HostConfig {
                network_mode: Some(format!("container:{}", self.id)),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::new().build();
        let id = docker.create_container(Some(options), body).await;
        let id = id.map_err(failed())?.id;
        let start = docker.start_container(&id, None::<StartContainerOptions>);
        start.await.map_err(failed())?;
        let mut waiting = docker.wait_container(&id, None::<WaitContainerOptions>);
        let code = match waiting.next().await {
            Some(Ok(ended)) => ended.status_code,
            // bollard makes an error of every code but zero.
            Some(Err(Bollard::DockerContainerWaitError { code, .. })) => code,
            Some(Err(error)) => return Err(failed()(error)),
            None => -1,
        };
        let log = self.engine.log_tail(&id, 20).await;
        Ok(Said { code, log })
    }

    /// What asks it.
    pub(crate) fn postgres(&self) -> Postgres {
        Postgres::new(&self.engine, &self.id)
    }

    async fn start(&self) -> Result<(), Error> {
        self.engine
            .docker
            .start_container(&self.id, None::<StartContainerOptions>)
            .await
            .map_err(Error::engine("starting a scratch database"))?;
        let (postgres, started) = (self.postgres(), Instant::now());
        while !postgres.answers().await.unwrap_or(false) {
            if started.elapsed() > LIMIT {
                return Err(Error::Database {
                    what: "starting a scratch database".to_owned(),
                    said: self.engine.log_tail(&self.id, 12).await,
                });
            }
            tokio::time::sleep(PAUSE).await;
        }
        postgres.sql("postgres", ROLES).await?;
        postgres.create_empty().await
    }
}
