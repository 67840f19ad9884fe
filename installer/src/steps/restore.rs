//! Restoring: what a backup holds takes the place of what is stored, which is put aside and not lost.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Bench, Site, Step, aside, commit, ready, start, stop};
use license::binding::Bound;
use zeroize::Zeroizing;

use crate::backup::{self, Contents, Custody, LICENSE_STATE, Sealing};
use crate::bound::{self, Here};
use crate::error::Error;
use crate::escrow::{Escrow, SEALED_MASTER, keep_sealed, master_id};
use crate::files::{APP_USER, place, remove};
use crate::licence;
use crate::master::{self, Master, MasterKey};
use crate::postgres::{Branches, DATABASE, Postgres, differences};
use crate::state::{self, Previous, State};

const MODE: u32 = 0o600;
const STATE_MODE: u32 = 0o640;

/// What a restore works with. The backup was proved before.
pub(crate) struct Restoring<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) begun: Vec<Step>,
    pub(crate) state: State,
    pub(crate) path: PathBuf,
    pub(crate) sealing: Arc<Sealing>,
    /// The installation that the backup is of: what it stored is what is stored here from now on.
    pub(crate) installation: String,
    /// What has to come out.
    pub(crate) contents: Contents,
    /// The master key of the backup, and the recovery key that it was made under.
    pub(crate) custody: Custody,
}

impl Bench for Restoring<'_> {
    fn site(&self) -> &Site<'_> {
        &self.site
    }

    fn begun(&mut self) -> &mut Vec<Step> {
        &mut self.begun
    }

    async fn step(&mut self, step: Step) -> Result<(), Error> {
        match step {
            Step::Stop => stop::apply(&self.site).await,
            Step::Replace => self.replace().await,
            Step::MasterKey => self.put_keys(),
            Step::Start => start::apply(&self.site).await,
            Step::Ready => {
                ready::announced(&self.site, self.site.patience).await?;
                ready::prove(&self.site).await?;
                self.site.console.tick("It opens what it stored");
                Ok(())
            }
            Step::Record => self.record().await,
            _ => Ok(()),
        }
    }
}

impl Restoring<'_> {
    async fn replace(&self) -> Result<(), Error> {
        let site = &self.site;
        let postgres = Postgres::of_project(&site.engine, &site.run.project).await?;
        let branches = Branches::of(&site.run.id);
        super::branch::forget_previous(site)?;
        postgres.forget(&branches).await?;
        let bar = site.console.progress("Restoring the database", None);
        postgres.set_aside(&branches).await?;
        aside::note(site, &postgres).await?;
        postgres.create_empty().await?;
        backup::pour(&self.path, &self.sealing, &postgres).await?;
        let found = postgres.fingerprints(DATABASE).await?;
        let differing = differences(&self.contents.tables, &found);
        if !differing.is_empty() {
            let lines = differing.iter().map(ToString::to_string);
            return Err(Error::BackupDiffers(lines.collect()));
        }
        bar.done("Every table holds what the backup holds; what was stored is put aside");
        Ok(())
    }

    /// The keys that belong to what is stored now, and what the server remembered under them.
    fn put_keys(&self) -> Result<(), Error> {
        let changed = match &self.custody.master {
            Some(wanted) => self.put_master_key(wanted)?,
            None => false,
        };
        if !changed && self.installation == self.state.installation {
            return Ok(());
        }
        // What was remembered beside another database, or under another key, keeps the server down.
        self.site.remember(LICENSE_STATE)?;
        let path = self.site.layout.license_state();
        match &self.custody.license_state {
            Some(state) => place(&path, state, STATE_MODE, Some(APP_USER)),
            None => remove(&path).map_err(Error::file("cannot remove", &path)),
        }
    }

    /// Whether it was another one.
    fn put_master_key(&self, wanted: &MasterKey) -> Result<bool, Error> {
        let (layout, site) = (&self.site.layout, &self.site);
        match master::find(layout)? {
            Master::Elsewhere => return Ok(false),
            Master::Plain(there) if there == *wanted => return Ok(false),
            Master::Plain(_) => {
                site.remember(master::FILE)?;
                let text = Zeroizing::new(hex::encode(wanted.as_slice()));
                let path = layout.dir().join(master::FILE);
                place(&path, text.as_bytes(), MODE, Some(APP_USER))?;
            }
            Master::Bound => {
                if bound::open(layout).is_ok_and(|there| there == *wanted) {
                    return Ok(false);
                }
                site.remember(bound::FILE)?;
                let license = licence::open(&layout.license())?;
                let here = Here::look(layout)?;
                bound::write(layout, &here.seal(Bound::default(), &license, wanted)?)?;
            }
        }
        // The shares that people have for this installation open what is sealed to them from now on.
        if let Some(escrow) = &self.state.escrow {
            site.remember(SEALED_MASTER)?;
            keep_sealed(layout, wanted, &escrow.recipient()?)?;
        }
        Ok(true)
    }

    fn escrow(&self) -> Option<Escrow> {
        let own = self.state.escrow.clone();
        let mut escrow = own.or_else(|| self.custody.escrow.clone())?;
        if let Some(master) = &self.custody.master {
            escrow.master = Some(master_id(master));
        }
        Some(escrow)
    }

    async fn record(&mut self) -> Result<(), Error> {
        aside::note_tables(&self.site).await?;
        self.site.remember("state.json")?;
        let state = State {
            installation: self.installation.clone(),
            escrow: self.escrow(),
            previous: Some(Previous {
                version: self.state.version.clone(),
                run: self.site.run.id.clone(),
                before: self.site.run.before.clone(),
            }),
            ..self.state.clone()
        };
        state::write(&self.site.layout, &state)?;
        commit::settle(&self.site).await
    }
}

pub(super) fn undo_master_key(site: &Site<'_>) -> Result<(), Error> {
    site.put_back(LICENSE_STATE, STATE_MODE, Some(APP_USER))?;
    site.put_back(bound::FILE, MODE, Some(APP_USER))?;
    site.put_back(SEALED_MASTER, MODE, None)?;
    site.put_back(master::FILE, MODE, Some(APP_USER))
}
