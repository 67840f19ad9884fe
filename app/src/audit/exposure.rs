//! What somebody has come to know, and what they have only used: asked of the trail when they go.
//!
//! Whoever revealed, copied or exported what a secret conceals, put it into a link, read or attached a
//! file, or typed it in, may know it. Whoever had a code shown, or was let in with it, has used it and not
//! seen it. What was refused or failed tells nobody anything. As far back as the trail goes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use super::model::{Action, Event};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{AttachmentId, Cursor, SecretId, UserId};

/// So many secrets are named in the entry of a departure; all of them are counted.
const NAMED: i64 = 500;

/// By what somebody came into touch with what a secret conceals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[schema(as = SecretContactHow)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It was shown.
    Revealed,
    /// It was copied.
    Copied,
    /// An earlier version of it was shown.
    VersionRevealed,
    /// It was written into a file.
    Exported,
    /// It was put into a link.
    Linked,
    /// An attachment was read.
    AttachmentRead,
    /// They stored or changed it, or attached a file to it, themselves.
    Written,
    /// A one-time code was shown; what it is made from was not.
    CodeShown,
}

impl How {
    const ALL: [Self; 8] = [
        Self::Revealed,
        Self::Copied,
        Self::VersionRevealed,
        Self::Exported,
        Self::Linked,
        Self::AttachmentRead,
        Self::Written,
        Self::CodeShown,
    ];

    const fn actions(self) -> &'static [Action] {
        match self {
            Self::Revealed => &[Action::SecretRevealed],
            Self::Copied => &[Action::SecretCopied],
            Self::VersionRevealed => &[Action::SecretVersionRevealed],
            Self::Exported => &[Action::SecretExported],
            Self::Linked => &[Action::LinkMade],
            Self::AttachmentRead => &[Action::AttachmentRead],
            Self::Written => &[
                Action::SecretCreated,
                Action::SecretImported,
                Action::SecretUpdated,
                Action::AttachmentAdded,
            ],
            Self::CodeShown => &[Action::SecretCodeShown],
        }
    }

    /// Whether they may know it since.
    #[must_use]
    pub const fn has_seen(self) -> bool {
        !matches!(self, Self::CodeShown)
    }

    /// The word in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revealed => "revealed",
            Self::Copied => "copied",
            Self::VersionRevealed => "version-revealed",
            Self::Exported => "exported",
            Self::Linked => "linked",
            Self::AttachmentRead => "attachment-read",
            Self::Written => "written",
            Self::CodeShown => "code-shown",
        }
    }

    /// The actions by which what is concealed leaves for whoever does them.
    #[cfg(test)]
    pub(crate) fn ways_out() -> Vec<&'static str> {
        let out = Self::ALL.into_iter().filter(|how| *how != Self::Written);
        let actions = out.flat_map(Self::actions);
        actions.map(|action| action.as_str()).collect()
    }

    fn of(action: &str) -> Option<Self> {
        let has = |how: &Self| how.actions().iter().any(|known| known.as_str() == action);
        Self::ALL.into_iter().find(has)
    }

    fn all_actions(seen: Option<bool>) -> Vec<&'static str> {
        let wanted = |how: &Self| seen.is_none_or(|seen| how.has_seen() == seen);
        let wanted = Self::ALL.into_iter().filter(wanted);
        wanted
            .flat_map(Self::actions)
            .map(|action| action.as_str())
            .collect()
    }
}

/// One person and one secret: how often in which way, and when.
#[derive(Clone, Debug)]
pub struct Contact {
    /// The secret, whether it is still there or not.
    pub secret: SecretId,
    /// In which way.
    pub how: How,
    /// How often.
    pub times: i64,
    /// When for the first time.
    pub first_at: OffsetDateTime,
    /// When last.
    pub last_at: OffsetDateTime,
}

/// Entries about secrets that somebody came into touch with; `$1` is the organisation, `$2` the person, `$3`
/// the actions, `$4` the fields of a change or a link that conceal something. A change of nothing
/// concealed, and a link that shows nothing concealed, tells nobody anything.
macro_rules! contacts {
    ($head:literal, $tail:literal) => {
        concat!(
            $head,
            " FROM audit_events
             WHERE org_id = $1 AND actor_id = $2 AND action = ANY ($3) AND resource_type = 'secret'
               AND result = 'success'
               AND (action NOT IN ('secret.updated', 'link.made') OR EXISTS (
                   SELECT FROM jsonb_array_elements_text(detail -> 'fields') AS field
                   WHERE field = ANY ($4) OR field LIKE 'custom:%')) ",
            $tail
        )
    };
}

/// The fields that conceal something, of whatever type; the types' own table is compared with it in a test.
pub(crate) const CONCEALED: [&str; 17] = [
    "password",
    "notes",
    "key",
    "privateKey",
    "passphrase",
    "value",
    "body",
    "otpauth",
    "number",
    "cvv",
    "pin",
    "address",
    "birthDate",
    "nationalId",
    "passport",
    "drivingLicence",
    "userHandle",
];

/// What somebody came into touch with, those of one page of secrets, the newest first.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn contacts(
    tx: &mut TenantTx,
    user: UserId,
    (after, secrets): (Option<Cursor>, i64),
) -> Result<Vec<Contact>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(concat!(
        "WITH touched AS (",
        contacts!("SELECT resource_id, action, at", ""),
        "), page AS (
             SELECT DISTINCT resource_id FROM touched WHERE $5::uuid IS NULL OR resource_id < $5
             ORDER BY resource_id DESC LIMIT $6)
         -- Times that can always be taken, whatever somebody has put there.
         SELECT resource_id, action, count(*) AS times,
                least(greatest(min(at), '0001-01-01 00:00:00+00'), '9999-01-01 00:00:00+00') AS first_at,
                least(greatest(max(at), '0001-01-01 00:00:00+00'), '9999-01-01 00:00:00+00') AS last_at
         FROM touched JOIN page USING (resource_id)
         GROUP BY resource_id, action ORDER BY resource_id DESC, last_at DESC"
    ))
    .bind(org)
    .bind(user)
    .bind(How::all_actions(None))
    .bind(CONCEALED.as_slice())
    .bind(after.map(|cursor| cursor.0))
    .bind(secrets)
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(contact_of).collect()
}

fn contact_of(row: &PgRow) -> Result<Contact, DbError> {
    let action: String = row.try_get("action")?;
    Ok(Contact {
        secret: row.try_get("resource_id")?,
        how: How::of(&action).ok_or(DbError::Impossible("audit_events.action"))?,
        times: row.try_get("times")?,
        first_at: row.try_get("first_at")?,
        last_at: row.try_get("last_at")?,
    })
}

/// What somebody came to know of a secret at a time.
#[derive(Clone, Debug)]
pub enum Sighted {
    /// All that is concealed in a version.
    Version(i32),
    /// Some fields as they were in a version, as requests name them: not all of them conceal something.
    Fields(i32, Vec<String>),
    /// A file.
    File(AttachmentId),
}

/// What somebody came to know of some secrets, each thing once.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn sights(
    tx: &mut TenantTx,
    user: UserId,
    secrets: &[SecretId],
) -> Result<Vec<(SecretId, Sighted)>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(contacts!(
        "SELECT DISTINCT resource_id, detail -> 'version' AS version, detail -> 'field' AS field,
                detail -> 'fields' AS fields, detail -> 'attachment' AS attachment",
        "AND resource_id = ANY ($5)"
    ))
    .bind(org)
    .bind(user)
    .bind(How::all_actions(Some(true)))
    .bind(CONCEALED.as_slice())
    .bind(secrets)
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("resource_id")?, sighted_of(row)?)))
        .collect()
}

fn sighted_of(row: &PgRow) -> Result<Sighted, DbError> {
    fn part<T: DeserializeOwned>(row: &PgRow, name: &str) -> Result<Option<T>, DbError> {
        let value: Option<Value> = row.try_get(name)?;
        let value = value.map(serde_json::from_value).transpose();
        value.map_err(|_| DbError::Impossible("audit_events.detail"))
    }
    if let Some(file) = part(row, "attachment")? {
        return Ok(Sighted::File(AttachmentId::from_uuid(file)));
    }
    let version = part(row, "version")?.unwrap_or(1);
    if let Some(field) = part(row, "field")? {
        return Ok(Sighted::Fields(version, vec![field]));
    }
    let fields = part(row, "fields")?;
    Ok(fields.map_or(Sighted::Version(version), |fields| {
        Sighted::Fields(version, fields)
    }))
}

/// What the entry of a departure says of the one who goes, if the entry is about one: how many secrets
/// they have seen and how many they have only used, and the newest of each. It is no part of what
/// an admin approves: whoever is about to be removed could otherwise change it faster than that. And
/// it is null where there is too much to count: whoever did so much is removed like everybody else.
pub(super) async fn receipt(tx: &mut TenantTx, event: &Event) -> Result<Option<Value>, DbError> {
    let Some(user) = departing(tx, event).await? else {
        return Ok(None);
    };
    sqlx::raw_sql("SAVEPOINT receipt; SET LOCAL statement_timeout = '3s'")
        .execute(tx.connection())
        .await?;
    let counted = counted(tx, user).await;
    // Nothing was written since; how long a statement may run is as it was before.
    sqlx::raw_sql("ROLLBACK TO SAVEPOINT receipt; RELEASE SAVEPOINT receipt")
        .execute(tx.connection())
        .await?;
    match counted {
        Err(error) if error.took_too_long() => Ok(Some(Value::Null)),
        counted => counted.map(Some),
    }
}

async fn counted(tx: &mut TenantTx, user: UserId) -> Result<Value, DbError> {
    let (seen, seen_count) = touched(tx, user, true).await?;
    let (used, used_count) = touched(tx, user, false).await?;
    Ok(json!({
        "seen": seen, "seenCount": seen_count, "used": used, "usedCount": used_count,
    }))
}

/// Whoever is no member any more, by what an entry is about.
async fn departing(tx: &mut TenantTx, event: &Event) -> Result<Option<UserId>, DbError> {
    let ends = matches!(
        event.action,
        Action::MemberRemoved
            | Action::MemberLeft
            | Action::MemberDeactivated
            | Action::UserReprovisioned
            | Action::UserDeprovisioned
    );
    let Some(resource) = event.resource.filter(|_| ends) else {
        return Ok(None);
    };
    let org = tx.org();
    Ok(sqlx::query_scalar(
        "SELECT user_id FROM memberships
         WHERE org_id = $1 AND user_id = $2 AND state = 'revoked'",
    )
    .bind(org)
    .bind(resource.id)
    .fetch_optional(tx.connection())
    .await?)
}

/// Secrets that somebody has seen, or those that they have only used: the newest, and how many there are.
async fn touched(
    tx: &mut TenantTx,
    user: UserId,
    seen: bool,
) -> Result<(Vec<SecretId>, i64), DbError> {
    let org = tx.org();
    let rows = sqlx::query(concat!(
        "WITH touched AS (",
        contacts!("SELECT resource_id, action = ANY ($5) AS seen", ""),
        ")
         SELECT resource_id, count(*) OVER () AS total FROM touched
         GROUP BY resource_id HAVING bool_or(seen) = $6
         ORDER BY resource_id DESC LIMIT $7"
    ))
    .bind(org)
    .bind(user)
    .bind(How::all_actions(None))
    .bind(CONCEALED.as_slice())
    .bind(How::all_actions(Some(true)))
    .bind(seen)
    .bind(NAMED)
    .fetch_all(tx.connection())
    .await?;
    let total = rows.first().map_or(Ok(0), |row| row.try_get("total"))?;
    let secrets = rows.iter().map(|row| row.try_get("resource_id"));
    Ok((secrets.collect::<Result<_, _>>()?, total))
}
