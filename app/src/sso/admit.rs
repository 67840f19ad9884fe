//! Whose account a person of a provider has.
//!
//! An organisation's owner decides who its provider is, so a provider can be anybody's, and say
//! anything about anybody. The rule:
//!
//! 1. **A subject that has come before is who it was**: issuer and subject are the link, whatever
//!    became of the address.
//! 2. **Otherwise a verified address decides.** Of an account with it only one is opened: that of a
//!    confirmed member of this very organisation, to whom no other subject of this provider is linked.
//!    An account outside of the organisation is never opened, whatever domains are listed.
//! 3. **A new account is made only for an address of a domain that the organisation lists.** (No
//!    two organisations list one domain.)
//!
//! And what is opened so is confined: `identity` lets a session that a provider has vouched for enter
//! no other organisation and change nothing of the account that other organisations rely on.

use serde_json::json;
use time::OffsetDateTime;

use super::claims::Claims;
use super::mapping;
use super::model::Connection;
use super::pending::random;
use super::problem::Refusal;
use super::settings::resource;
use super::subjects;
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::Origin;
use crate::identity::{self, Email, NewAccount};
use crate::infra::db::{DbError, LookupTx};
use crate::kernel::{Factors, Text, UserId};
use crate::orgs::{self, Basis, Joining};

/// A person as the provider describes them.
pub(super) struct Arriving<'a> {
    pub(super) app: &'a App,
    pub(super) connection: &'a Connection,
    pub(super) claims: &'a Claims,
    pub(super) groups: &'a [String],
    pub(super) origin: Origin,
}

impl Arriving<'_> {
    /// Finds or makes the person's account, and says whose it is.
    pub(super) async fn admit(&self) -> Result<UserId, Refusal> {
        let mut tx = WriteTx::begin(&self.app.db, self.connection.org).await?;
        if let Some(known) = subjects::linked(tx.tenant(), self.key()).await? {
            return known.in_force();
        }
        drop(tx);
        let email = self.claims.verified_email().ok_or(Refusal::NotAdmitted(
            "the provider does not say that the address is verified",
        ))?;
        let email = Email::parse(email)
            .map_err(|_| Refusal::NotAdmitted("the provider's address is none"))?;
        let mut lookup = LookupTx::by_email(&self.app.db, email.as_str()).await?;
        let account = subjects::account(&mut lookup, &email).await?;
        lookup.finish();
        match account {
            Some(user) => self.link(user).await,
            None => self.provision(email).await,
        }
    }

    fn key(&self) -> (&str, &str) {
        (&self.connection.issuer, &self.claims.subject)
    }

    /// Links a member of this organisation, and nobody else.
    async fn link(&self, user: UserId) -> Result<UserId, Refusal> {
        let now = self.app.clock.now();
        let mut tx = WriteTx::begin(&self.app.db, self.connection.org).await?;
        let member = subjects::membership(tx.tenant(), user).await?;
        let member = member.ok_or(Refusal::NotAdmitted(
            "an account with this address is none of this organisation's",
        ))?;
        let admitted = member.in_force()?;
        if let Err(error) = subjects::link(tx.tenant(), self.key(), user, now).await {
            return Err(linked_already(error));
        }
        self.record(tx, Action::SsoLinked, user, now).await?;
        Ok(admitted)
    }

    /// Makes an account and a member, who takes a seat.
    async fn provision(&self, email: Email) -> Result<UserId, Refusal> {
        let (app, connection) = (self.app, self.connection);
        let domain = email.as_str().rsplit('@').next().unwrap_or_default();
        if !connection.domains.iter().any(|listed| listed == domain) {
            return Err(Refusal::NotAdmitted("the address is of no listed domain"));
        }
        // A password that nobody has. One can be set by a link that goes to the address.
        let password_hash = identity::hash(app, random()?).await.map_err(|error| {
            tracing::error!(%error, "single sign-on");
            crate::edge::Problem::internal()
        })?;
        let account = NewAccount {
            id: UserId::new(),
            name: self.name(&email),
            email,
            password_hash,
        };
        let now = app.clock.now();
        let role = mapping::joining(connection.default_role, &connection.mappings, self.groups);
        let mut tx = WriteTx::begin(&app.db, connection.org).await?;
        let db = tx.tenant().connection();
        identity::insert_account(db, &account, now).await?;
        let joining = Joining {
            user: account.id,
            role,
            teams: &[],
            basis: Basis::Policy,
            confirm: true,
        };
        let joined = orgs::join(app, tx.tenant(), &joining).await;
        joined.map_err(|problem| match problem.code() {
            "no-seat-left" => Refusal::NoSeat,
            _ => problem.into(),
        })?;
        subjects::link(tx.tenant(), self.key(), account.id, now).await?;
        self.record(tx, Action::SsoProvisioned, account.id, now)
            .await?;
        Ok(account.id)
    }

    async fn record(
        &self,
        tx: WriteTx,
        action: Action,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<(), Refusal> {
        let event = Event::new(now, user, action, resource(self.connection.id))
            .with(json!({"issuer": self.connection.issuer, "subject": self.claims.subject}))
            .from(self.origin, Factors::SSO);
        Ok(tx.commit(&self.app.keys, &event).await?)
    }

    /// What the provider calls the person, or else what stands before the @.
    fn name(&self, email: &Email) -> String {
        let said = self.claims.name();
        let said = said.and_then(|name| Text::line("name", 1, 120).check(name).ok());
        said.unwrap_or_else(|| {
            let local = email.as_str().split('@').next().unwrap_or_default();
            local.chars().take(120).collect()
        })
    }
}

impl subjects::Membership {
    /// Whose it is, if it is worth anything.
    fn in_force(&self) -> Result<UserId, Refusal> {
        if self.confirmed {
            Ok(self.user)
        } else {
            Err(Refusal::NotAdmitted("the membership is not in force"))
        }
    }
}

/// Two sign-ins of one person at once, or a second subject with the address of the first.
fn linked_already(error: DbError) -> Refusal {
    if error.constraint().is_some() {
        return Refusal::NotAdmitted("another subject of the provider has this account");
    }
    error.into()
}
