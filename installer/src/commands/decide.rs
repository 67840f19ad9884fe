//! Look and decide: what `plan`, `install`, `upgrade`, `restore` and `apply` have in common.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use license::root::Chain;
use offline::{Digest, Manifest};
use serde_json::{Value, json};

use super::patience::Patience;
use super::{Call, preflight};
use crate::apply::{self, Run, Unfinished};
use crate::before::Before;
use crate::bundle::{self, Opened};
use crate::choices::{Choices, Wishes};
use crate::engine::Engine;
use crate::error::Error;
use crate::facts::{self, Facts};
use crate::licence::{self, Checked};
use crate::plan::{self, Plan, Stored};
use crate::postgres::{DATABASE, Postgres};
use crate::state;
use crate::steps::{Kind, Site, Upgrading, Work};

/// What was asked for, whichever command it was.
pub(super) struct Asked<'a> {
    pub(super) file: &'a Path,
    pub(super) license: Option<&'a Path>,
    pub(super) wishes: Wishes,
    /// Decided by what is installed when it is not given.
    pub(super) kind: Option<Kind>,
}

/// Everything that was looked at and decided.
pub(super) struct Decided {
    pub(super) opened: Opened,
    pub(super) facts: Facts,
    pub(super) choices: Choices,
    pub(super) plan: Plan,
    pub(super) checks: Vec<plan::Check>,
    license: Checked,
    pub(super) kind: Kind,
    /// What an upgrade finds in the database.
    pub(super) stored: Stored,
}

impl Decided {
    /// The room that an upgrade takes.
    pub(super) fn rooms(&self) -> plan::Rooms {
        plan::rooms(&self.plan, self.opened.bundle.manifest(), &self.stored)
    }

    /// What a plan that is written down depends on. What changes by itself, such as free space, is in
    /// it as the verdict that it led to.
    pub(super) fn bound(&self, call: &Call<'_>) -> Result<Value, Error> {
        let (facts, manifest) = (&self.facts, self.opened.bundle.manifest());
        let digest = |name: &str| {
            let bytes = std::fs::read(call.layout.dir().join(name)).ok()?;
            Some(Digest::of(&bytes).to_string())
        };
        let names = self.checks.iter().map(|check| check.name);
        let verdict = |name: &str| {
            let same = self.checks.iter().filter(move |check| check.name == name);
            same.map(|check| check.verdict).collect::<Vec<_>>()
        };
        let checks: BTreeMap<&str, _> = names.map(|name| (name, verdict(name))).collect();
        let pending = manifest.migrations.iter();
        let pending: BTreeMap<u32, _> = pending
            .filter(|entry| self.stored.pending.contains(&entry.version))
            .map(|entry| (entry.version, entry.sha256))
            .collect();
        let containers = facts.containers.iter();
        let engine = facts.engine.as_ref().ok();
        let installed = facts.installed.as_ref();
        Ok(json!({
            "bundle": Digest::of(self.opened.bundle.manifest_bytes()),
            "signers": self.opened.signer_ids(),
            "version": manifest.version,
            "installed": installed.map(|state| json!({
                "version": state.version, "counter": state.release_counter,
                "installation": state.installation, "images": state.images,
            })),
            "engine": engine.map(|about| json!({
                "version": about.version, "platform": format!("{}/{}", about.os, about.architecture),
                "containerdStore": about.containerd_store,
            })),
            "compose": facts.compose.as_ref().ok(),
            "loads": self.plan.loads.iter().map(|(role, lacking)| (role.as_str(), &lacking.layers)).collect::<BTreeMap<_, _>>(),
            "containers": containers.map(|found| (&found.service, &found.image_id)).collect::<BTreeMap<_, _>>(),
            "volumes": facts.volumes,
            "pending": pending,
            "choices": {
                "project": self.choices.project, "baseUrl": self.choices.base_url,
                "app": format!("{}:{}", self.choices.app_bind, self.choices.app_port),
                "admin": format!("{}:{}", self.choices.admin_bind, self.choices.admin_port),
            },
            "variables": self.plan.variables,
            "files": {
                ".env": digest(".env"),
                "docker-compose.yml": digest("docker-compose.yml"),
                "docker-compose.override.yml": digest("docker-compose.override.yml"),
            },
            "license": {
                "sha256": Digest::of(&self.license.bytes), "standing": self.license.standing.as_str(),
            },
            "checks": checks,
        }))
    }
}

/// Looks and decides. Refusals come in the order in which they can be helped: the bundle, the
/// host, the licence.
pub(super) async fn decide(asked: Asked<'_>, call: &Call<'_>) -> Result<Decided, Error> {
    let opened = bundle::open(asked.file, call)?;
    let manifest = opened.bundle.manifest();
    call.console.say(&format!(
        "VaultTerm {} for {}/{}, signed by {}",
        manifest.version,
        manifest.os,
        manifest.architecture,
        opened.signers()
    ));
    let env = facts::env_file(&call.layout)?;
    let choices = Choices::make(asked.wishes, env.as_ref());
    let facts = facts::gather(&call.layout, &call.global.docker_host, &choices, call.now).await?;
    let kind = asked
        .kind
        .unwrap_or_else(|| preflight::kind(&facts, Some(manifest)));
    let checks = plan::checks(&facts, Some(manifest), kind);
    preflight::show(&checks, call.console);
    if let Some(refusal) = preflight::refusal(&checks) {
        return Err(refusal);
    }
    let license = find_license(asked.license, call)?;
    licence::covers(&license.license, manifest).map_err(|source| Error::Maintenance {
        path: license.path.clone(),
        source,
    })?;
    let stored = match kind {
        Kind::Install | Kind::Restore => Stored::default(),
        Kind::Upgrade => stored(manifest, &choices, call).await?,
    };
    let mut checks = checks;
    let plan = match kind {
        Kind::Install | Kind::Restore => plan::plan(&facts, &choices, manifest, env.as_ref()),
        Kind::Upgrade => plan::upgrade(&facts, &choices, manifest, env.as_ref(), &stored),
    };
    if kind == Kind::Upgrade {
        let rooms = plan::rooms(&plan, manifest, &stored);
        let room = plan::room_checks(&facts, rooms);
        preflight::show(&room, call.console);
        checks.extend(room);
        if let Some(refusal) = preflight::refusal(&checks) {
            return Err(refusal);
        }
    }
    Ok(Decided {
        opened,
        facts,
        choices,
        plan,
        checks,
        license,
        kind,
        stored,
    })
}

/// What the database that serves has, and lacks.
async fn stored(manifest: &Manifest, choices: &Choices, call: &Call<'_>) -> Result<Stored, Error> {
    let engine = Engine::connect(&call.global.docker_host).await?;
    let postgres = Postgres::of_project(&engine, &choices.project).await?;
    let done = postgres.migrations(DATABASE).await?;
    let all = manifest.migrations.iter().map(|entry| entry.version);
    Ok(Stored {
        pending: all.filter(|number| !done.contains(number)).collect(),
        size: postgres.size(DATABASE).await?,
    })
}

/// The licence that was given, or the one that is installed.
fn find_license(given: Option<&Path>, call: &Call<'_>) -> Result<Checked, Error> {
    let path = match given {
        Some(path) => path.to_owned(),
        None if call.layout.license().exists() => call.layout.license(),
        None => return Err(Error::NoLicense),
    };
    let license = licence::check(&path, &call.layout, call.now)?;
    license.is_newest()?;
    call.console.tick(&license.describe());
    if let Some(warning) = license.warning() {
        call.console.warn(&warning);
    }
    Ok(license)
}

pub(super) fn show(decided: &Decided, call: &Call<'_>) {
    call.console.heading("What will be done");
    for line in &decided.plan.lines {
        call.console.say(&format!("  - {line}"));
    }
}

pub(super) async fn prepare<'a>(
    decided: Decided,
    call: &Call<'a>,
    made: &[PathBuf],
    patience: Patience,
    upgrade: Option<Upgrading>,
) -> Result<Work<'a>, Error> {
    let project = decided.choices.project.clone();
    let open = match apply::unfinished(&call.layout)? {
        Some(open) => open,
        None => Unfinished {
            run: Run {
                kind: decided.kind,
                id: state::new_run()?,
                version: decided.plan.version.clone(),
                project: project.clone(),
                before: Before::of(&decided.facts, made),
                rollback: false,
            },
            ..Unfinished::default()
        },
    };
    // Plain keys know of no roots; what an earlier release brought is not lost by that.
    let taken_over = decided.opened.bundle.trust().chain();
    let before = decided.facts.installed.as_ref();
    let roots = taken_over
        .map(Chain::carried)
        .or_else(|| before.and_then(|state| state.roots.clone()));
    Ok(Work {
        site: Site {
            console: call.console,
            layout: call.layout.clone(),
            engine: Engine::connect(&call.global.docker_host).await?,
            compose: call.compose(&project),
            run: open.run,
            patience: patience.get(),
        },
        plan: decided.plan,
        manifest: decided.opened.bundle.manifest().clone(),
        signers: decided.opened.signer_ids(),
        roots,
        choices: decided.choices,
        license: decided.license,
        now: call.now,
        kept: decided.facts.kept,
        installed_variables: decided
            .facts
            .manifest
            .map(|manifest| manifest.variables)
            .unwrap_or_default(),
        begun: open.begun,
        bundle: Some(decided.opened),
        images: BTreeMap::new(),
        upgrade,
    })
}
