//! Members whom an admin helps back in.
//!
//! Whoever sets another password, or takes second factors away, can come in as that person. So it is
//! done for nobody who is more than the admin, not for oneself past one's own proof, and not for people
//! who are somebody elsewhere: their account is not this organisation's.

use http::StatusCode;

use super::store;
use crate::audit::WriteTx;
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::identity;
use crate::kernel::{OrgRole, UserId};

/// A member who may be helped, in a transaction that may change their account.
pub(super) struct Ward {
    pub(super) tx: WriteTx,
    pub(super) email: String,
}

impl Ward {
    /// Looks whether this caller may help them. `instead` is what one does for oneself.
    ///
    /// # Errors
    /// 404 for who is no member, 403 for owners, 409 for oneself and for people of several
    /// organisations.
    pub(super) async fn of(
        app: &App,
        caller: &Caller,
        user: UserId,
        instead: &str,
    ) -> Result<Self, Problem> {
        if user == caller.user {
            return Err(conflict("own-account", "This is you", instead));
        }
        let mut tx = WriteTx::begin(&app.db, caller.org).await?;
        let role = identity::role_of(tx.tenant(), user).await?;
        let role = role.ok_or_else(Problem::not_found)?;
        if role == OrgRole::Owner && !caller.role.owns() {
            return Err(Problem::forbidden());
        }
        let connection = tx.tenant().connection();
        identity::act_as(connection, user).await?;
        if store::belongs_elsewhere(connection, user, caller.org).await? {
            return Err(conflict(
                "belongs-elsewhere",
                "This account is not yours alone",
                "The person belongs to another organisation, too. They can ask for another password by \
                 mail; a second factor that is lost is removed on the server's host.",
            ));
        }
        let email = identity::email_of(connection, user).await?;
        let email = email.ok_or_else(Problem::not_found)?;
        Ok(Self { tx, email })
    }
}

fn conflict(code: &'static str, title: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, title, detail)
}
