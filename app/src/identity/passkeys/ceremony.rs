//! What is remembered between a challenge and its answer, in Redis: `vt:passkey:<what>:<whose>`. It
//! never leaves the server, and is taken once.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::App;
use crate::edge::Problem;

/// How long a person may look for their key.
pub(super) const LIFE: Duration = Duration::from_secs(10 * 60);

/// A place for what is remembered.
pub(super) struct Place(String);

impl Place {
    /// `whose` is an id or a digest: nothing that somebody wrote.
    pub(super) fn of(what: &'static str, whose: impl std::fmt::Display) -> Self {
        Self(format!("vt:passkey:{what}:{whose}"))
    }

    pub(super) async fn put<T: Serialize>(&self, app: &App, what: &T) -> Result<(), Problem> {
        let text = serde_json::to_string(what).map_err(|_| Problem::internal())?;
        let mut command = redis::cmd("SET");
        command.arg(&self.0).arg(text).arg("EX").arg(LIFE.as_secs());
        Ok(app.cache.run::<()>(&command).await?)
    }

    /// What is there, and stays there.
    pub(super) async fn look<T: DeserializeOwned>(&self, app: &App) -> Result<Option<T>, Problem> {
        self.read(app, "GET").await
    }

    /// What was there: nobody finds it again.
    pub(super) async fn take<T: DeserializeOwned>(&self, app: &App) -> Result<Option<T>, Problem> {
        self.read(app, "GETDEL").await
    }

    async fn read<T: DeserializeOwned>(
        &self,
        app: &App,
        verb: &'static str,
    ) -> Result<Option<T>, Problem> {
        let mut command = redis::cmd(verb);
        command.arg(&self.0);
        let text: Option<String> = app.cache.run(&command).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }
}
