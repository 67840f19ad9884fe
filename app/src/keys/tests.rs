//! A ciphertext opens in its own place and nowhere else.

use proptest::prelude::*;
use uuid::Uuid;

use super::{Keyring, Place, UnsealError};
use crate::kernel::{OrgId, Redacted};

fn ring(byte: u8) -> Keyring {
    Keyring::from_master(&Redacted::new([byte; 32]))
}

fn place(
    org: u128,
    table: &'static str,
    record: u128,
    field: &'static str,
    version: i32,
) -> Place<'static> {
    Place {
        org: OrgId::from_uuid(Uuid::from_u128(org)),
        table,
        record: Uuid::from_u128(record),
        field,
        version,
    }
}

#[test]
fn a_value_opens_in_its_place() {
    let ring = ring(7);
    let here = place(1, "secrets", 2, "value", 1);
    let (key, wrapped) = ring.new_data_key(&here).unwrap();
    let sealed = ring.seal(&key, &here, b"hunter2").unwrap();
    let again = ring.unwrap_data_key(&here, &wrapped).unwrap();
    assert_eq!(
        ring.open(&again, &here, &sealed).unwrap().expose(),
        b"hunter2"
    );
}

#[test]
fn moved_between_tenants_tables_rows_fields_or_versions_it_does_not() {
    let ring = ring(7);
    let here = place(1, "secrets", 2, "value", 1);
    let (key, wrapped) = ring.new_data_key(&here).unwrap();
    let sealed = ring.seal(&key, &here, b"hunter2").unwrap();
    for elsewhere in [
        place(9, "secrets", 2, "value", 1),
        place(1, "secret", 2, "value", 1),
        place(1, "secrets", 9, "value", 1),
        place(1, "secrets", 2, "meta", 1),
        place(1, "secrets", 2, "value", 2),
        // The same bytes, cut differently.
        place(1, "secretsv", 2, "alue", 1),
    ] {
        let opened = ring.open(&key, &elsewhere, &sealed);
        assert_eq!(opened.err(), Some(UnsealError::Damaged), "{elsewhere:?}");
        assert!(
            ring.unwrap_data_key(&elsewhere, &wrapped).is_err(),
            "{elsewhere:?}"
        );
    }
}

#[test]
fn another_master_key_is_reported_as_such() {
    let here = place(1, "secrets", 2, "value", 1);
    let (_, wrapped) = ring(7).new_data_key(&here).unwrap();
    let refused = ring(8).unwrap_data_key(&here, &wrapped).unwrap_err();
    assert!(matches!(refused, UnsealError::OtherKey { .. }), "{refused}");
}

#[test]
fn derived_keys_differ_by_use() {
    let ring = ring(7);
    assert_ne!(ring.wrapping.expose(), ring.audit.expose());
    let license_state = ring.license_state_key();
    assert_ne!(license_state.expose(), ring.audit.expose());
    assert_ne!(license_state.expose(), ring.wrapping.expose());
    assert_ne!(ring.audit_mac(b"a"), ring.audit_mac(b"b"));
}

proptest! {
    #[test]
    fn any_damage_is_noticed(plain: Vec<u8>, position: prop::sample::Index, flip in 1u8..) {
        let ring = ring(3);
        let here = place(1, "secrets", 2, "value", 1);
        let (key, _) = ring.new_data_key(&here).unwrap();
        let mut sealed = ring.seal(&key, &here, &plain).unwrap();
        let position = position.index(sealed.len());
        sealed[position] ^= flip;
        prop_assert!(ring.open(&key, &here, &sealed).is_err());
    }

    #[test]
    fn rubbish_never_opens(bytes: Vec<u8>) {
        let ring = ring(3);
        let here = place(1, "secrets", 2, "value", 1);
        prop_assert!(ring.unwrap_data_key(&here, &bytes).is_err());
    }
}
