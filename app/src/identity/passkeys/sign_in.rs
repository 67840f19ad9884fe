//! Signing in by a passkey: alone, or after the password.

use http::{HeaderValue, StatusCode};
use serde_json::json;
use webauthn_rs::prelude::{DiscoverableAuthentication, Passkey, PasskeyAuthentication};

use super::ceremony::Place;
use super::enrolment::Ceremony;
use super::party::party;
use super::proof::unusable;
use super::proof::{Given, Refused, Shown, ask as ask_for, copied, fault, passkeys, suspend};
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::{Origin, Problem, UserAgent};
use crate::identity::factors::Method;
use crate::identity::known;
use crate::identity::model::Me;
use crate::identity::second_factor::{self, Waiting};
use crate::identity::sessions::{self, Arrival, organization};
use crate::identity::standing::Standing;
use crate::identity::tickets::{self, TicketToken};
use crate::kernel::{FactorId, Factors, OrgId, UserId};

/// Asks for any passkey that knows whose it is: nobody has said who they are.
pub(in crate::identity) async fn ask(app: &App) -> Result<Ceremony, Problem> {
    let begun = party(app)?.start_discoverable_authentication();
    let (mut options, state) = begun.map_err(|error| fault(&error))?;
    // The page decides whether the browser waits in a field.
    options.mediation = None;
    let options = serde_json::to_value(options).map_err(|_| Problem::internal())?;
    let id = FactorId::new();
    Place::of("in", id).put(app, &state).await?;
    Ok(Ceremony { id, options })
}

/// Signs in by a passkey alone. Whatever is wrong with it, the answer is one, and tells nothing of
/// accounts; that a passkey is suspended is told to whoever holds it.
pub(in crate::identity) async fn prove(
    app: &App,
    id: FactorId,
    given: Given,
    (origin, user_agent): (Origin, UserAgent),
) -> Result<(Me, HeaderValue), Problem> {
    let site = party(app)?;
    let state: Option<DiscoverableAuthentication> = Place::of("in", id).take(app).await?;
    let state = state.ok_or_else(nobody)?;
    let user = given.user().ok_or_else(nobody)?;
    let standing = Standing::of(&app.db, user).await?;
    let stored = passkeys(app, user).await?;
    let standing = standing.ok_or_else(nobody)?;
    let home = standing.home(Factors::PASSKEY).ok_or_else(nobody)?;
    let finish = |passkey: &Passkey| {
        site.finish_discoverable_authentication_v2(given.credential(), state, passkey)
    };
    let shown = Shown::judge(app, user, &stored, &given, finish);
    let mut tx = WriteTx::begin(&app.db, home.org).await?;
    if let Err(refused) = taken(app, &mut tx, user, shown).await? {
        drop(tx);
        return Err(refusal(app, (home.org, user), refused, origin, nobody()).await?);
    }
    home.demand(Factors::PASSKEY)?;
    let arrival = Arrival {
        user,
        org: home.org,
        role: home.role,
        factors: Factors::PASSKEY,
        origin,
        user_agent,
    };
    let now = app.clock.now();
    let event = Event::new(now, user, Action::SignedIn, organization(home.org))
        .with(json!({"method": "passkey"}))
        .from(origin, arrival.factors);
    tx.commit(&app.keys, &event).await?;
    known::remember(app, user, origin.address).await?;
    sessions::start_in(app, arrival, &standing, standing.epoch).await
}

/// Asks for a passkey of somebody who brings a ticket.
pub(in crate::identity) async fn ask_second(
    app: &App,
    token: &TicketToken,
) -> Result<serde_json::Value, Problem> {
    let site = party(app)?;
    let ticket = tickets::look(app, token).await?;
    let ticket = ticket.ok_or_else(second_factor::over)?;
    let stored = passkeys(app, ticket.user).await?;
    let (options, state) = ask_for(&site, &stored)?.ok_or_else(unusable)?;
    Place::of("second", token.digest()).put(app, &state).await?;
    Ok(options)
}

/// Signs in with a ticket and a passkey.
pub(in crate::identity) async fn prove_second(
    app: &App,
    token: TicketToken,
    given: Given,
    from: (Origin, UserAgent),
) -> Result<(Me, HeaderValue), Problem> {
    let site = party(app)?;
    let place = Place::of("second", token.digest());
    let waiting = Waiting::attempt(app, token).await?;
    let (user, org, origin) = (waiting.user(), waiting.org(), from.0);
    let state: Option<PasskeyAuthentication> = place.take(app).await?;
    let state = state.ok_or_else(unusable)?;
    let stored = passkeys(app, user).await?;
    let finish = |_: &Passkey| site.finish_passkey_authentication(given.credential(), &state);
    let shown = Shown::judge(app, user, &stored, &given, finish);
    let mut tx = WriteTx::begin(&app.db, org).await?;
    if let Err(refused) = taken(app, &mut tx, user, shown).await? {
        drop(tx);
        waiting.refuse(app, Method::Passkey, origin).await?;
        return Err(refusal(app, (org, user), refused, origin, unusable().into()).await?);
    }
    let shown = (Method::Passkey, Factors::PASSKEY);
    waiting.arrive(app, tx, shown, from).await
}

/// Notes the use of what was shown, where it is good.
async fn taken(
    app: &App,
    tx: &mut WriteTx,
    user: UserId,
    shown: Result<Shown, Refused>,
) -> Result<Result<(), Refused>, Problem> {
    match shown {
        Ok(shown) => Ok(shown.note(app, tx, user).await?),
        Err(refused) => Ok(Err(refused)),
    }
}

/// What is answered, after what follows from it.
async fn refusal(
    app: &App,
    whose: (OrgId, UserId),
    refused: Refused,
    origin: Origin,
    wrong: Problem,
) -> Result<Problem, Problem> {
    match refused {
        Refused::Wrong => Ok(wrong),
        Refused::Copied(id) => {
            suspend(app, whose, id, (origin, Factors::PASSKEY)).await?;
            Ok(copied())
        }
    }
}

/// One answer for everything that signs nobody in.
fn nobody() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid-credentials",
        "That did not work",
        "This passkey is not known here, or it took too long.",
    )
}
