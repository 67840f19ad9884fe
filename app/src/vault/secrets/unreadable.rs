//! A record that does not open, because somebody changed what is stored of it or because it was damaged.
//! It is shown as what it is, wherever it would have been, and hides no other. Whoever runs the server
//! reads of it in the log and counts it in the metrics; `vault verify` says what is wrong with it.

use super::{meta, shown};
use crate::context::App;
use crate::edge::error_chain;
use crate::infra::db::TenantTx;
use crate::kernel::SecretId;
use crate::keys::{UnsealError, registry};
use crate::vault::problem::Error;
use crate::vault::record::Secret;
use crate::vault::store::secrets::Listed;
use crate::vault::types::Values;

/// A record as lists show it: what does not open as that.
pub(in crate::vault) async fn listed(
    app: &App,
    tx: &mut TenantTx,
    row: Listed,
) -> Result<Secret, Error> {
    match meta(app, tx.org(), &row) {
        Ok(meta) => Ok(shown(row, meta)),
        Err(error) => {
            noted(tx, row.id, error).await?;
            Ok(nameless(row))
        }
    }
}

/// Notes that a record does not open.
///
/// # Errors
/// Where it is this server that cannot open it now: it lacks a key that is in use, and every record would
/// look the same. And whatever else is no fault of what is stored.
pub(in crate::vault) async fn noted(
    tx: &mut TenantTx,
    secret: SecretId,
    error: Error,
) -> Result<(), Error> {
    let here = match &error {
        Error::Unseal(UnsealError::OtherKey { found }) => {
            registry::is_in_use(tx.connection(), *found).await?
        }
        Error::Unseal(_) | Error::Content(_) | Error::OtherType => false,
        _ => true,
    };
    if here {
        return Err(error);
    }
    tracing::error!(
        organization = %tx.org(),
        %secret,
        error = error_chain(&error),
        "a record does not open"
    );
    metrics::counter!("vault_unreadable_total").increment(1);
    Ok(())
}

/// What the database says of a record, without anything that is sealed.
fn nameless(row: Listed) -> Secret {
    Secret {
        id: row.id,
        vault_id: row.vault,
        r#type: row.kind,
        readable: false,
        name: String::new(),
        fields: Values::new(),
        concealed: Vec::new(),
        custom_fields: Vec::new(),
        tags: Vec::new(),
        favourite: row.favourite,
        high_sensitivity: false,
        inject_only: false,
        version: row.head.version,
        strength: None,
        created_at: row.created_at,
        updated_at: row.updated_at,
        updated_by: row.updated_by,
        trashed_at: row.trashed_at,
    }
}
