//! An organisation that the platform makes. It has nobody yet: its first owner comes by an invitation
//! that nobody in it has sent, and is taken up like any other.

use serde::Serialize;
use time::OffsetDateTime;

use super::invitation::{Invitation, LIFETIME};
use super::model::LinkToken;
use super::store::{self, invitations};
use crate::context::App;
use crate::edge::Problem;
use crate::identity::Email;
use crate::infra::db::TenantTx;
use crate::kernel::{InvitationId, OrgRole};

/// The link for the first owner, shown once.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerLink {
    /// The whole address; the token stands in its fragment.
    pub url: String,
    /// Whose it is.
    pub email: String,
    /// Until when it works.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// Makes the organisation of a transaction, without people.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn found(tx: &mut TenantTx, name: &str, now: OffsetDateTime) -> Result<(), Problem> {
    let org = tx.org();
    Ok(store::insert_organization(tx.connection(), org, name, now).await?)
}

/// Asks somebody to be the first owner. Whom the platform has asked before is asked no more.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn ask_owner(app: &App, tx: &mut TenantTx, email: &Email) -> Result<OwnerLink, Problem> {
    let now = app.clock.now();
    let token = LinkToken::generate().ok_or_else(Problem::internal)?;
    let invitation = Invitation {
        org: tx.org(),
        id: InvitationId::new(),
        email: email.as_str().to_owned(),
        role: OrgRole::Owner,
        teams: Vec::new(),
        expires_at: now + LIFETIME,
    };
    invitations::withdraw_unsent(tx).await?;
    invitations::insert(tx, &invitation, None, &token, now).await?;
    Ok(OwnerLink {
        url: format!(
            "{}/invitation#token={}",
            app.server.base_url,
            token.expose()
        ),
        email: invitation.email,
        expires_at: invitation.expires_at,
    })
}
