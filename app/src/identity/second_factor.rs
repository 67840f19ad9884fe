//! The second stage of a sign-in.

use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::factors::{self, Method};
use super::known::{self, Guess};
use super::model::{Me, SignedIn};
use super::sessions::{self, Arrival, account, organization};
use super::standing::Standing;
use super::tickets::{self, Ticket, TicketToken};
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::{Origin, Problem, UserAgent};
use crate::infra::db::LookupTx;
use crate::kernel::{Factors, FieldProblem, OrgId, Redacted, UserId};

/// What somebody shows that can be typed.
pub(super) enum Proof {
    /// A code of an authenticator app.
    Totp(Redacted<String>),
    /// A recovery code.
    RecoveryCode(Redacted<String>),
}

/// Answers somebody whose first proof was right and who has a second factor: nobody is signed in yet.
pub(super) async fn ask(app: &App, ticket: &Ticket) -> Result<SignedIn, Problem> {
    let mut tx = LookupTx::by_user(&app.db, ticket.user).await?;
    let methods = factors::methods(&mut tx, ticket.user).await?;
    tx.finish();
    let token = tickets::issue(app, ticket).await?;
    Ok(SignedIn::SecondFactor {
        ticket: token.expose().to_owned(),
        methods,
        expires_at: ticket.expires_at()?,
    })
}

/// Somebody half way in who is about to show a second factor.
pub(super) struct Waiting {
    token: TicketToken,
    ticket: Ticket,
    standing: Standing,
}

impl Waiting {
    /// Finds who brings a ticket, and counts the attempt.
    ///
    /// # Errors
    /// 401 when the ticket is over, or what it was issued for has changed meanwhile.
    pub(super) async fn attempt(app: &App, token: TicketToken) -> Result<Self, Problem> {
        let ticket = tickets::attempt(app, &token).await?.ok_or_else(over)?;
        let standing = Standing::of(&app.db, ticket.user).await?;
        let standing = standing.filter(|standing| standing.epoch == ticket.epoch);
        let standing = standing.ok_or_else(over)?;
        if standing.place(ticket.org).is_none() {
            return Err(over());
        }
        Ok(Self {
            token,
            ticket,
            standing,
        })
    }

    /// Whose ticket it is.
    pub(super) const fn user(&self) -> UserId {
        self.ticket.user
    }

    /// The organisation that they are about to enter: what the attempt changes is recorded there.
    pub(super) const fn org(&self) -> OrgId {
        self.ticket.org
    }

    /// Lets them in: the ticket ends, what the proof has changed in `tx` is kept with the entry of
    /// the sign-in, and a session begins.
    pub(super) async fn arrive(
        self,
        app: &App,
        tx: WriteTx,
        shown: (Method, Factors),
        (origin, user_agent): (Origin, UserAgent),
    ) -> Result<(Me, HeaderValue), Problem> {
        let place = self.standing.place(self.ticket.org).ok_or_else(over)?;
        place.demand(self.ticket.factors | shown.1)?;
        let arrival = Arrival {
            user: self.ticket.user,
            org: place.org,
            role: place.role,
            factors: self.ticket.factors | shown.1,
            origin,
            user_agent,
        };
        // Whoever was quicker with the same ticket is in; nothing of this attempt is kept.
        if !tickets::redeem(&app.cache, &self.token).await? {
            return Err(over());
        }
        let now = app.clock.now();
        let resource = organization(place.org);
        let event = Event::new(now, arrival.user, Action::SignedIn, resource)
            .with(json!({"method": "password", "secondFactor": shown.0}))
            .from(origin, arrival.factors);
        tx.commit(&app.keys, &event).await?;
        known::remember(app, arrival.user, origin.address).await?;
        sessions::start_in(app, arrival, &self.standing, self.ticket.epoch).await
    }

    /// Records that the first proof was right and this one was not: its owner will want to know.
    pub(super) async fn refuse(
        &self,
        app: &App,
        method: Method,
        origin: Origin,
    ) -> Result<(), Problem> {
        let tx = WriteTx::begin(&app.db, self.org()).await?;
        let action = Action::SecondFactorRefused;
        let event = Event::new(app.clock.now(), self.user(), action, account(self.user()))
            .with(json!({"method": method}))
            .from(origin, self.ticket.factors)
            .denied("the second factor was wrong");
        Ok(tx.commit(&app.keys, &event).await?)
    }
}

/// Signs in with a ticket and what can be typed.
pub(super) async fn prove(
    app: &App,
    token: TicketToken,
    proof: Proof,
    from: (Origin, UserAgent),
) -> Result<(Me, HeaderValue), Problem> {
    let waiting = Waiting::attempt(app, token).await?;
    let (user, origin) = (waiting.user(), from.0);
    let mut tx = WriteTx::begin(&app.db, waiting.org()).await?;
    match proof {
        Proof::Totp(code) => {
            let guess = Guess::count(app, user, origin.address).await?;
            if !factors::take_code(app, &mut tx, user, &code).await? {
                drop(tx);
                waiting.refuse(app, Method::Totp, origin).await?;
                return Err(factors::wrong_code("totp").into());
            }
            guess.was_right(app).await?;
            let shown = (Method::Totp, Factors::TOTP);
            waiting.arrive(app, tx, shown, from).await
        }
        Proof::RecoveryCode(code) => {
            if !factors::take_recovery_code(&mut tx, user, &code).await? {
                drop(tx);
                waiting.refuse(app, Method::RecoveryCode, origin).await?;
                let message = "is none of yours, or was used already";
                return Err(FieldProblem::new("recoveryCode", message).into());
            }
            let shown = (Method::RecoveryCode, Factors::RECOVERY_CODE);
            waiting.arrive(app, tx, shown, from).await
        }
    }
}

/// A ticket that is none: one answer, whatever the reason.
pub(super) fn over() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "ticket-over",
        "Start over",
        "That took too long, or too many attempts. Sign in with your password again.",
    )
}
