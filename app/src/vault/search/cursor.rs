//! A cursor holds the name at which a page ended, and travels in addresses, which are written into
//! logs: so it is sealed, for its organisation alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::order::{Direction, Order, Place as Spot, Sort};
use crate::kernel::{FieldProblem, OrgId};
use crate::keys::{Keyring, Place};

#[derive(Serialize, Deserialize)]
struct Content {
    sort: Sort,
    direction: Direction,
    spot: Spot,
}

const fn place(org: OrgId) -> Place<'static> {
    Place {
        table: "search",
        field: "cursor",
        version: 1,
        ..Place::of_data_key(org, Uuid::nil())
    }
}

/// Seals a place in an order; none when the system gives no randomness.
pub(super) fn seal(keys: &Keyring, org: OrgId, order: Order, spot: Spot) -> Option<String> {
    let content = Content {
        sort: order.sort,
        direction: order.direction,
        spot,
    };
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(&content).ok()?);
    let sealed = keys
        .derived_key(org, "search cursor")
        .seal(&place(org), &plain);
    Some(URL_SAFE_NO_PAD.encode(sealed.ok()?))
}

/// Opens a cursor of the same order.
///
/// # Errors
/// When it is of another order, of another organisation, or no cursor.
pub(super) fn open(
    keys: &Keyring,
    org: OrgId,
    order: Order,
    text: &str,
) -> Result<Spot, FieldProblem> {
    let refused = || FieldProblem::new("cursor", "must be the nextCursor of a page of this search");
    let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())?;
    let key = keys.derived_key(org, "search cursor");
    let plain = key.open(&place(org), &sealed).map_err(|_| refused())?;
    let content: Content = serde_json::from_slice(plain.expose()).map_err(|_| refused())?;
    if (content.sort, content.direction) == (order.sort, order.direction) {
        Ok(content.spot)
    } else {
        Err(refused())
    }
}
