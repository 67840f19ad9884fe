//! Header and contents, each confirmed by the key before it is believed.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256, Sha512};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::super::Refusal;
use super::BROKEN;
use super::cursor::Cursor;
use super::derive::Keys;
use super::header::Header;

/// The sealed contents, once header and every block are confirmed.
pub(super) fn opened(
    header: &Header,
    keys: &Keys,
    file: &[u8],
    mut rest: Cursor<'_>,
) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let head = file.get(..header.length).ok_or(BROKEN)?;
    let digest = rest.array::<32>().ok_or(BROKEN)?;
    if <[u8; 32]>::from(Sha256::digest(head)) != digest {
        return Err(BROKEN);
    }
    // The digest of the header holds, so it is the key that is wrong.
    confirm(keys, u64::MAX, &[head], rest.take(32))
        .map_err(|_| Refusal::Password("must be the one that opens this file"))?;
    let mut sealed = Zeroizing::new(Vec::with_capacity(rest.0.len()));
    for number in 0_u64.. {
        let mac = rest.take(32);
        let length = rest.array::<4>().ok_or(BROKEN)?;
        let count = usize::try_from(u32::from_le_bytes(length)).map_err(|_| BROKEN)?;
        let block = rest.take(count).ok_or(BROKEN)?;
        confirm(keys, number, &[&number.to_le_bytes(), &length, block], mac)?;
        if block.is_empty() {
            break;
        }
        sealed.extend_from_slice(block);
    }
    Ok(sealed)
}

/// Compares the MAC of a block, whose key follows from its number.
fn confirm(keys: &Keys, number: u64, parts: &[&[u8]], mac: Option<&[u8]>) -> Result<(), Refusal> {
    let key = Sha512::new()
        .chain_update(number.to_le_bytes())
        .chain_update(*keys.mac);
    let key = Zeroizing::new(<[u8; 64]>::from(key.finalize()));
    let mut expected = Hmac::<Sha256>::new_from_slice(key.as_ref()).map_err(|_| BROKEN)?;
    parts.iter().for_each(|part| expected.update(part));
    let expected: [u8; 32] = expected.finalize().into_bytes().into();
    if bool::from(expected.ct_eq(mac.ok_or(BROKEN)?)) {
        Ok(())
    } else {
        Err(BROKEN)
    }
}
