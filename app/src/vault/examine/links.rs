//! One-time links. What one shows opens with its token alone, which nobody has here: so the trail knows
//! each by a digest over all of it that never changes, and by what is left of its uses.

use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::infra::db::{DbError, TenantTx};

/// What never changes of a link.
#[derive(Clone, Debug)]
pub(in crate::vault) struct Facts<'a> {
    pub(in crate::vault) record: Uuid,
    pub(in crate::vault) token: &'a [u8],
    pub(in crate::vault) fields: &'a [String],
    /// What it shows, sealed.
    pub(in crate::vault) value: &'a [u8],
    pub(in crate::vault) passphrase_hash: Option<&'a str>,
    pub(in crate::vault) uses: i32,
    pub(in crate::vault) maker: Uuid,
    pub(in crate::vault) expires_at: OffsetDateTime,
}

impl Facts<'_> {
    /// What the trail knows this link by.
    pub(in crate::vault) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        let mut part = |bytes: &[u8]| {
            digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(bytes);
        };
        part(self.record.as_bytes());
        part(self.maker.as_bytes());
        part(self.token);
        part(self.value);
        part(self.passphrase_hash.unwrap_or_default().as_bytes());
        part(&self.uses.to_be_bytes());
        // To the microsecond, as the database has it.
        let micros = self.expires_at.unix_timestamp_nanos() / 1000;
        part(&micros.to_be_bytes());
        self.fields.iter().for_each(|field| part(field.as_bytes()));
        digest.finalize().into()
    }
}

/// A link as it is stored.
#[derive(Debug)]
pub(crate) struct LinkRow {
    pub(crate) id: Uuid,
    pub(crate) record: Uuid,
    /// How often it can still be opened.
    pub(crate) remaining: i32,
    /// What the trail knows it by. One that was used up has lost what it showed, opens no more, and is
    /// compared by its uses alone.
    pub(crate) digest: Option<[u8; 32]>,
}

impl LinkRow {
    /// The links that follow one, in the order of their ids.
    pub(crate) async fn following(
        tx: &mut TenantTx,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<Self>, DbError> {
        let statement = concat!(
            "SELECT id, secret_id, digest, fields, sealed_value, passphrase_hash, uses, remaining,
                    created_by, expires_at
             FROM secret_links l WHERE org_id = $1 AND id > $2 AND NOT ",
            goes_with_its_vault!("l.org_id", "l.secret_id"),
            " ORDER BY id LIMIT $3",
        );
        super::page(tx, statement, (after, limit), Self::of).await
    }

    fn of(row: &PgRow) -> Result<Self, DbError> {
        let (token, fields): (Vec<u8>, Vec<String>) =
            (row.try_get("digest")?, row.try_get("fields")?);
        let value: Option<Vec<u8>> = row.try_get("sealed_value")?;
        let passphrase_hash: Option<String> = row.try_get("passphrase_hash")?;
        let record = row.try_get("secret_id")?;
        let (uses, maker) = (row.try_get("uses")?, row.try_get("created_by")?);
        let expires_at = row.try_get("expires_at")?;
        let facts = value.as_deref().map(|value| Facts {
            record,
            token: &token,
            fields: &fields,
            value,
            passphrase_hash: passphrase_hash.as_deref(),
            uses,
            maker,
            expires_at,
        });
        Ok(Self {
            id: row.try_get("id")?,
            record,
            remaining: row.try_get("remaining")?,
            digest: facts.map(|facts| facts.digest()),
        })
    }
}
