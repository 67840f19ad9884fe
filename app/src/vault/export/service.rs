//! Who may export what, and what the trail has of it.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::json;

use super::left_out::{LeftOut, Reason};
use super::stream::{self, Source};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::authz::{ManageMembers, Permit, Read};
use crate::context::App;
use crate::edge::Caller;
use crate::infra::db::TenantTx;
use crate::infra::turns::{Turn, Turns};
use crate::kernel::{FieldProblem, Redacted, SecretId, VaultId};
use crate::vault::access::demand;
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::record::{Meta, strength};
use crate::vault::refused::{Wanted, noted};
use crate::vault::secrets::{self, every};
use crate::vault::store;
use crate::vault::store::secrets::Listed;

/// The fewest characters of a passphrase: the file may be guessed at for ever.
const FEWEST: usize = 12;

/// So many files are written at a time, of one organisation one, each until it was taken to its end.
static WRITING: LazyLock<Turns> = LazyLock::new(|| Turns::new(2));
/// For how long a turn is waited for.
const PATIENCE: Duration = Duration::from_secs(8);

/// A file on its way.
pub(super) struct Export {
    pub(super) body: axum::body::Body,
    /// Records that are not in it, as far as that is known before it is written.
    pub(super) left_out: Vec<LeftOut>,
}

/// Writes what is in a vault at one instant into a file, once there is a fresh proof. For admins and above.
pub(super) async fn export(
    app: &App,
    caller: Caller,
    vault: VaultId,
    passphrase: Redacted<String>,
) -> Result<Export, Error> {
    let done = allowed(app, caller, vault, passphrase).await;
    let wanted = (Action::VaultExported, Wanted::Vault(vault), json!({}));
    noted(app, caller, wanted, done).await
}

async fn allowed(
    app: &App,
    caller: Caller,
    vault: VaultId,
    passphrase: Redacted<String>,
) -> Result<Export, Error> {
    let turn = turn(app, caller, vault).await?;
    let mut instant = TenantTx::snapshot(&app.db, caller.org).await?;
    let permit = demand::<Read>(&mut instant, caller, vault).await?;
    demand::<ManageMembers>(&mut instant, caller, vault).await?;
    judge(&passphrase)?;
    let shown = store::vault(&mut instant, permit).await?;
    let name = shown.ok_or(Error::NotFound)?.name;
    let found = contents(app, &mut instant, permit).await?;
    instant.finish();
    let act = act(vault, &name, &found);
    let approval = step_up::demand(app, &caller, &act).await?;
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    demand::<ManageMembers>(tx.tenant(), caller, vault).await?;
    let whole = Event::by(app.clock.now(), &caller, act.action, act.resource).with(act.detail);
    let whole = whole.named(&name);
    #[expect(
        clippy::redundant_iter_cloned,
        reason = "a closure over borrowed items is not general enough to be held across an await"
    )]
    let each = found.taken.iter().cloned().map(|(secret, version, name)| {
        let which = Which { vault, secret };
        let detail = json!({"version": version});
        secrets::event(app, caller, Action::SecretExported, which, detail).named(&name)
    });
    let events = each.chain([whole.approved(approval)]);
    tx.commit_each(&app.keys, events).await?;
    let source = Source {
        app: app.clone(),
        caller,
        vault,
        taken: (found.taken.into_iter())
            .map(|(secret, version, _)| (secret, version))
            .collect(),
        left_out: found.left_out.clone(),
    };
    Ok(Export {
        body: stream::written(source, passphrase, turn),
        left_out: found.left_out,
    })
}

/// Waits for a turn, once it is known that the caller may export.
async fn turn(app: &App, caller: Caller, vault: VaultId) -> Result<Turn, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    demand::<ManageMembers>(&mut tx, caller, vault).await?;
    tx.finish();
    let turn = WRITING.within(PATIENCE, &[(caller.org.as_uuid(), 1)]).await;
    turn.ok_or(Error::Busy)
}

/// What has to be confirmed. It is the same until the vault changes.
fn act(vault: VaultId, name: &str, found: &Contents) -> Act {
    let count = found.taken.len();
    let unreadable = found.left_out.iter();
    let unreadable = unreadable.filter(|one| one.reason == Reason::Unreadable);
    let unreadable = unreadable.count();
    Act {
        action: Action::VaultExported,
        resource: Resource {
            kind: "vault",
            id: vault.as_uuid(),
        },
        detail: json!({
            "records": count, "leftOut": found.left_out.len(), "unreadable": unreadable,
        }),
        summary: format!(
            "Write the {count} secrets of the vault “{name}” into a file that others can read."
        ),
    }
}

/// A file can be guessed at by whoever comes by it, as often as they like.
fn judge(passphrase: &Redacted<String>) -> Result<(), FieldProblem> {
    let text = passphrase.expose();
    if text.chars().count() < FEWEST {
        return Err(FieldProblem::new(
            "passphrase",
            "must have at least 12 characters",
        ));
    }
    if text.len() > 1000 || strength(text) < 3 {
        let message = "must be harder to guess: some words that do not belong together will do";
        return Err(FieldProblem::new("passphrase", message));
    }
    Ok(())
}

/// The records that go into the file, with their versions and names, and those that do not.
#[derive(Default)]
struct Contents {
    taken: Vec<(SecretId, i32, String)>,
    left_out: Vec<LeftOut>,
}

async fn contents(app: &App, tx: &mut TenantTx, permit: Permit<Read>) -> Result<Contents, Error> {
    let mut contents = Contents::default();
    let add = |row: &Listed, meta: Option<Meta>| {
        let (id, version) = (row.id, row.head.version);
        let reason = match meta {
            Some(meta) if meta.shows(version) => {
                contents.taken.push((id, version, meta.name));
                return;
            }
            Some(_) => Reason::InjectOnly,
            None => Reason::Unreadable,
        };
        contents.left_out.push(LeftOut { id, reason });
    };
    every(app, tx, permit, add).await?;
    Ok(contents)
}
