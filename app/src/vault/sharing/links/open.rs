//! Opening a link, as somebody whom nobody knows.

use http::StatusCode;
use serde_json::json;

use super::model::{LinkHead, LinkShows, OpenLink, Shown};
use super::token::{LinkToken, place};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::context::App;
use crate::edge::{Origin, Problem, rate};
use crate::identity;
use crate::infra::argon::Verdict;
use crate::infra::db::LookupTx;
use crate::kernel::Redacted;
use crate::vault::problem::Error;
use crate::vault::seal::Record;
use crate::vault::sharing::store::links::{self as store, Taken};

/// So many passphrases are tried at one link before somebody has to wait.
const GUESSES: rate::Limit = rate::Limit {
    max: 10,
    window: std::time::Duration::from_secs(15 * 60),
};

/// Opens a link. What goes wrong with it looks the same, whatever it is; only who has the token of a
/// link that can be opened is asked for its passphrase.
pub(in super::super) async fn open(
    app: &App,
    origin: Origin,
    request: OpenLink,
) -> Result<LinkShows, Problem> {
    identity::limit_attempts(app, origin.address).await?;
    let token = LinkToken::parse(&request.token).ok_or_else(invalid)?;
    let mut tx = LookupTx::by_link(&app.db, &token.digest()).await?;
    let head = store::find(&mut tx).await?;
    tx.finish();
    let head = head.ok_or_else(invalid)?;
    let mut tx = WriteTx::begin(&app.db, head.org).await?;
    let there = store::is_open(tx.tenant(), head.id, app.clock.now()).await?;
    drop(tx);
    if !there {
        return Err(invalid());
    }
    prove(app, origin, &head, request.passphrase).await?;
    take(app, origin, &head, &token).await
}

/// Demands the passphrase, where the link has one. A guess is counted before it is judged.
async fn prove(
    app: &App,
    origin: Origin,
    head: &LinkHead,
    passphrase: Option<Redacted<String>>,
) -> Result<(), Problem> {
    let Some(hash) = head.passphrase_hash.clone() else {
        return Ok(());
    };
    let Some(passphrase) = passphrase else {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "passphrase-needed",
            "This link asks for a passphrase",
            "Whoever sent you the link has told you one, or will.",
        ));
    };
    let who = head.id.to_string();
    rate::attempt(&app.cache, "link", &who, GUESSES).await?;
    let verdict = app.passwords.verify(passphrase, Some(hash)).await;
    match verdict.map_err(|_| Problem::internal())? {
        Verdict::Right | Verdict::Outgrown => rate::take_back(&app.cache, "link", &who).await,
        Verdict::Wrong => {
            refused(app, origin, head).await?;
            Err(Problem::new(
                StatusCode::FORBIDDEN,
                "passphrase-wrong",
                "That is not the passphrase",
                "Mind capitals and spaces. After a few wrong ones you have to wait.",
            ))
        }
    }
}

async fn refused(app: &App, origin: Origin, head: &LinkHead) -> Result<(), Problem> {
    let mut tx = WriteTx::begin(&app.db, head.org).await?;
    if let Some((vault, secret, sealed)) = store::record(tx.tenant(), head.id).await? {
        let record = Record {
            keys: &app.keys,
            org: head.org,
            id: secret,
        };
        let name = record.open_meta(&sealed).map(|meta| meta.name);
        let detail = json!({"vaultId": vault, "link": head.id});
        let resource = Resource {
            kind: "secret",
            id: secret.as_uuid(),
        };
        let event = Event::by_nobody(
            app.clock.now(),
            origin,
            Action::LinkRefused,
            resource,
            detail,
        )
        .named(&name.unwrap_or_default());
        tx.commit(&app.keys, &event.denied("wrong-passphrase"))
            .await?;
    }
    Ok(())
}

/// Takes one use, and shows what the link holds once that is recorded.
async fn take(
    app: &App,
    origin: Origin,
    head: &LinkHead,
    token: &LinkToken,
) -> Result<LinkShows, Problem> {
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, head.org).await?;
    let taken = store::take(tx.tenant(), head.id, now).await?;
    let taken = taken.ok_or_else(invalid)?;
    let record = Record {
        keys: &app.keys,
        org: head.org,
        id: taken.secret,
    };
    let shown = shown(head, token, &taken)?;
    let meta = record.open_meta(&taken.head)?;
    // What was closed since is not opened by a link that was made at the same moment.
    if !meta.shows(shown.version) {
        return Err(invalid());
    }
    let detail = json!({"vaultId": taken.vault, "link": head.id, "remaining": taken.remaining});
    let resource = Resource {
        kind: "secret",
        id: taken.secret.as_uuid(),
    };
    let event = Event::by_nobody(now, origin, Action::LinkOpened, resource, detail);
    let event = event.named(&meta.name);
    tx.commit(&app.keys, &event).await?;
    Ok(LinkShows {
        organization: taken.organization,
        name: shown.name,
        r#type: shown.kind,
        fields: shown.fields,
        remaining: taken.remaining,
        expires_at: taken.expires_at,
    })
}

fn shown(head: &LinkHead, token: &LinkToken, taken: &Taken) -> Result<Shown, Error> {
    let plain = token.key().open(&place(head.org, head.id), &taken.value)?;
    serde_json::from_slice(plain.expose()).map_err(Error::Content)
}

/// Whatever is wrong with a link: unknown, used, ended, withdrawn, or what it was for is gone.
fn invalid() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "link-invalid",
        "This link does not work any more",
        "It was used, its time is over, it was withdrawn, or it is not complete. Ask for another.",
    )
}
