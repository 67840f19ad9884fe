//! SQL of memberships. What makes a confirmed one takes the seat.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use crate::entitlements::Seat;
use crate::identity::UserView;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{Cursor, Limit, OrgRole, TeamId, UserId};
use crate::orgs::members::MemberView;
use crate::orgs::membership::{Applicant, Former, MemberState, Membership, Person};

/// Lets changes of an organisation's people take turns until the transaction ends.
pub(in crate::orgs) async fn lock_people(tx: &mut TenantTx) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query("SELECT FROM organizations WHERE org_id = $1 FOR NO KEY UPDATE")
        .bind(org)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Whether the platform has left the transaction's organisation open.
pub(in crate::orgs) async fn is_open(tx: &mut TenantTx) -> Result<bool, DbError> {
    let org = tx.org();
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM organization_directory WHERE id = $1 AND open)",
    )
    .bind(org)
    .fetch_one(tx.connection())
    .await?)
}

/// Whatever the organisation knows of an account.
pub(in crate::orgs) async fn person(
    tx: &mut TenantTx,
    user: UserId,
) -> Result<Option<Person>, DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "SELECT user_id, role, state, removed_at
         FROM memberships WHERE org_id = $1 AND user_id = $2",
    )
    .bind(org)
    .bind(user)
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(Person::of).transpose()
}

/// What a person is called.
pub(in crate::orgs) async fn name(tx: &mut TenantTx, user: UserId) -> Result<String, DbError> {
    let found = sqlx::query_scalar("SELECT name FROM users WHERE id = $1")
        .bind(user)
        .fetch_optional(tx.connection())
        .await?;
    found.ok_or(DbError::Impossible("memberships.user_id"))
}

/// The membership of an account: a confirmed one, or none.
pub(in crate::orgs) async fn membership(
    tx: &mut TenantTx,
    user: UserId,
) -> Result<Option<Membership>, DbError> {
    Ok(match person(tx, user).await? {
        Some(Person::Member(membership)) => Some(membership),
        Some(Person::Applicant(_) | Person::Former(_)) | None => None,
    })
}

/// Whom the organisation knows by an address, the removed ones left out.
pub(in crate::orgs) async fn known_by_address(
    tx: &mut TenantTx,
    email: &str,
) -> Result<Option<Person>, DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "SELECT m.user_id, m.role, m.state, m.removed_at
         FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND u.email = $2 AND m.removed_at IS NULL",
    )
    .bind(org)
    .bind(email)
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(Person::of).transpose()
}

/// Everybody but those who were removed, or the confirmed alone.
pub(in crate::orgs) async fn list(
    tx: &mut TenantTx,
    everybody: bool,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<MemberView>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "SELECT u.id, u.name, u.email, m.role, m.state, m.created_at,
             CASE WHEN $2 THEN u.totps + u.passkeys > 0 END AS second_factor
         FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND m.removed_at IS NULL AND ($2 OR m.state = 'confirmed')
           AND ($3::uuid IS NULL OR m.user_id < $3)
         ORDER BY m.user_id DESC LIMIT $4",
    )
    .bind(org)
    .bind(everybody)
    .bind(cursor.map(|cursor| cursor.0))
    .bind(limit.fetch())
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(view).collect()
}

fn view(row: &PgRow) -> Result<MemberView, DbError> {
    let role: String = row.try_get("role")?;
    let state: String = row.try_get("state")?;
    let state = MemberState::of(&state)?;
    let since: OffsetDateTime = row.try_get("created_at")?;
    Ok(MemberView {
        user: UserView {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            email: row.try_get("email")?,
        },
        role: role
            .parse()
            .map_err(|_| DbError::Impossible("memberships.role"))?,
        state,
        second_factor: row.try_get("second_factor")?,
        joined_at: matches!(state, MemberState::Confirmed | MemberState::Deactivated)
            .then_some(since),
    })
}

/// Keeps that somebody has said yes. A row of somebody who was removed begins anew.
pub(in crate::orgs) async fn apply(
    tx: &mut TenantTx,
    user: UserId,
    role: OrgRole,
    teams: &[TeamId],
    now: OffsetDateTime,
) -> Result<Applicant, DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "INSERT INTO memberships (org_id, user_id, role, state, created_at, teams_to_join)
         VALUES ($1, $2, $3, 'accepted', $4, $5)
         ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role, state = 'accepted',
             created_at = excluded.created_at, teams_to_join = excluded.teams_to_join,
             removed_at = NULL
         WHERE memberships.state <> 'confirmed'
         RETURNING user_id, role, state, removed_at",
    )
    .bind(org)
    .bind(user)
    .bind(role.as_str())
    .bind(now)
    .bind(teams)
    .fetch_one(tx.connection())
    .await?;
    match Person::of(&row)? {
        Person::Applicant(applicant) => Ok(applicant),
        Person::Member(_) | Person::Former(_) => Err(DbError::Impossible("memberships.state")),
    }
}

/// Makes an applicant a member, and puts them into the teams that they were invited to, as somebody who
/// reads. Teams that are gone are left out.
pub(in crate::orgs) async fn confirm(
    tx: &mut TenantTx,
    applicant: &Applicant,
    seat: Seat,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "INSERT INTO team_members (org_id, team_id, user_id, role, created_at)
         SELECT t.org_id, t.id, m.user_id, 'VIEWER', $3 FROM memberships m
         JOIN teams t ON t.org_id = m.org_id AND t.id = ANY (m.teams_to_join)
         WHERE m.org_id = $1 AND m.user_id = $2
         ON CONFLICT DO NOTHING",
    )
    .bind(org)
    .bind(applicant.user())
    .bind(now)
    .execute(tx.connection())
    .await?;
    seated(tx, applicant.user(), seat, Some(now)).await
}

/// Lets somebody in again who was deactivated.
pub(in crate::orgs) async fn reactivate(
    tx: &mut TenantTx,
    former: &Former,
    seat: Seat,
) -> Result<(), DbError> {
    seated(tx, former.user(), seat, None).await
}

async fn seated(
    tx: &mut TenantTx,
    user: UserId,
    _seat: Seat,
    since: Option<OffsetDateTime>,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "UPDATE memberships SET state = 'confirmed', teams_to_join = '{}',
             created_at = coalesce($3, created_at)
         WHERE org_id = $1 AND user_id = $2 AND removed_at IS NULL",
    )
    .bind(org)
    .bind(user)
    .bind(since)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Gives somebody another role.
pub(in crate::orgs) async fn set_role(
    tx: &mut TenantTx,
    person: &Person,
    role: OrgRole,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query("UPDATE memberships SET role = $3 WHERE org_id = $1 AND user_id = $2")
        .bind(org)
        .bind(person.user())
        .bind(role.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Takes a member's rights, and leaves what they have for the day they are let in again.
pub(in crate::orgs) async fn deactivate(
    tx: &mut TenantTx,
    member: &Membership,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query("UPDATE memberships SET state = 'revoked' WHERE org_id = $1 AND user_id = $2")
        .bind(org)
        .bind(member.user())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Takes everything that somebody has here: the database does, with the row's change. The row stays for the trail and for what they made.
pub(in crate::orgs) async fn remove(
    tx: &mut TenantTx,
    person: &Person,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let (org, user) = (tx.org(), person.user());
    sqlx::query(
        "UPDATE memberships SET state = 'revoked', removed_at = $3, teams_to_join = '{}'
         WHERE org_id = $1 AND user_id = $2",
    )
    .bind(org)
    .bind(user)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}
