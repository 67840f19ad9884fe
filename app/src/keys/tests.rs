//! A ciphertext opens in its own place and nowhere else.

use proptest::prelude::*;
use uuid::Uuid;

use super::master::MasterKey;
use super::{DataKeyId, Keyring, Place, SealError, UnsealError, data_key_of, master_key_of};
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
    let sealed = key.seal(&here, b"hunter2").unwrap();
    let again = ring.unwrap_data_key(&here, &wrapped).unwrap();
    assert_eq!(again.open(&here, &sealed).unwrap().expose(), b"hunter2");
}

#[test]
fn moved_between_tenants_tables_rows_fields_or_versions_it_does_not() {
    let ring = ring(7);
    let here = place(1, "secrets", 2, "value", 1);
    let (key, wrapped) = ring.new_data_key(&here).unwrap();
    let sealed = key.seal(&here, b"hunter2").unwrap();
    for elsewhere in [
        place(9, "secrets", 2, "value", 1),
        place(1, "secret", 2, "value", 1),
        place(1, "secrets", 9, "value", 1),
        place(1, "secrets", 2, "meta", 1),
        place(1, "secrets", 2, "value", 2),
        // The same bytes, cut differently.
        place(1, "secretsv", 2, "alue", 1),
    ] {
        let opened = key.open(&elsewhere, &sealed);
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
    let master = MasterKey::derive(&Redacted::new([7; 32]));
    let all = [
        *master.audit.expose(),
        *master.license_state.expose(),
        [7; 32],
    ];
    let different: std::collections::HashSet<_> = all.iter().collect();
    assert_eq!(different.len(), 3);
    assert!(!all.iter().any(|key| key.starts_with(master.id.as_bytes())));
    let ring = ring(7);
    assert_ne!(ring.audit_code(b"a"), ring.audit_code(b"b"));
}

/// A value and a wrapped key that an earlier build of this format has made: what is stored must
/// open for ever, or the format's number must change.
#[test]
fn format_two_is_frozen() {
    let ring = ring(7);
    let here = place(1, "secrets", 2, "value", 5);
    let key_place = place(1, "secrets", 2, "wrapped_key", 0);
    let wrapped = hex::decode(include_str!("vectors/wrapped.hex").trim()).unwrap();
    let sealed = hex::decode(include_str!("vectors/value.hex").trim()).unwrap();
    let key = ring.unwrap_data_key(&key_place, &wrapped).unwrap();
    assert_eq!(key.open(&here, &sealed).unwrap().expose(), b"hunter2");
    assert_eq!(master_key_of(&wrapped), Some(ring.id()));
    assert_eq!(data_key_of(&sealed), Some(key.id()));
    assert_eq!(sealed[0], 2);
    assert_eq!(wrapped[0], 3);
    assert_eq!(sealed[33..37], 5_i32.to_be_bytes());
    assert_eq!(sealed.len(), 1 + 32 + 4 + 12 + 7 + 16);
    assert_eq!(wrapped.len(), 1 + 8 + 4 + 12 + 32 + 16);
}

#[test]
#[ignore = "writes the vectors; for a new format only"]
fn write_vectors() -> Result<(), SealError> {
    let ring = ring(7);
    let (key, wrapped) = ring.new_data_key(&place(1, "secrets", 2, "wrapped_key", 0))?;
    let sealed = key.seal(&place(1, "secrets", 2, "value", 5), b"hunter2")?;
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/src/keys/vectors");
    std::fs::create_dir_all(dir).unwrap();
    for (name, bytes) in [("wrapped", wrapped), ("value", sealed)] {
        let text = hex::encode(bytes) + "\n";
        std::fs::write(format!("{dir}/{name}.hex"), text).unwrap();
    }
    Ok(())
}

#[test]
fn the_id_of_a_data_key_commits_to_it_and_is_compared_before_anything_opens() {
    let ring = ring(7);
    let here = place(1, "secrets", 2, "value", 1);
    let (key, _) = ring.new_data_key(&here).unwrap();
    let (other, _) = ring.new_data_key(&here).unwrap();
    let sealed = key.seal(&here, b"hunter2").unwrap();
    assert!(!key.id().is(&other.id()));
    assert_eq!(
        other.open(&here, &sealed).err(),
        Some(UnsealError::OtherDataKey)
    );
    // Whoever relabels a value for another key gains nothing: the id is authenticated, too.
    let mut relabelled = sealed;
    relabelled[1..33].copy_from_slice(other.id().as_bytes());
    assert_eq!(
        other.open(&here, &relabelled).err(),
        Some(UnsealError::Damaged)
    );
    assert_eq!(
        key.open(&here, &relabelled).err(),
        Some(UnsealError::OtherDataKey)
    );
    let zero = DataKeyId::from_bytes([0; 32]);
    assert!(!zero.is(&key.id()));
}

#[test]
fn a_key_wrapped_anew_is_the_same_key_and_no_value_changes() {
    let master = |byte| Redacted::new([byte; 32]);
    let both = Keyring::from_masters(&master(7), Some(&master(8)));
    let here = place(1, "secrets", 2, "value", 1);
    let key_place = place(1, "secrets", 2, "wrapped_key", 0);
    let (key, wrapped) = both.new_data_key(&key_place).unwrap();
    let sealed = key.seal(&here, b"hunter2").unwrap();
    assert!(both.turn_to(ring(8).id(), Vec::new()));
    let anew = both.rewrap(&key_place, &wrapped).unwrap();
    assert_eq!(master_key_of(&anew), Some(ring(8).id()));
    // Only the new key is needed for what was sealed before.
    let again = ring(8).unwrap_data_key(&key_place, &anew).unwrap();
    assert_eq!(again.open(&here, &sealed).unwrap().expose(), b"hunter2");
    assert!(ring(7).unwrap_data_key(&key_place, &anew).is_err());
    // In another place it is not wrapped anew either: nothing that was moved is made right.
    let elsewhere = place(1, "secrets", 3, "wrapped_key", 0);
    assert!(both.rewrap(&elsewhere, &wrapped).is_err());
    assert!(!both.turn_to(ring(9).id(), Vec::new()), "it is not held");
    assert_eq!(both.id(), ring(8).id());
}

#[test]
fn what_earlier_keys_authenticated_stays_verifiable() {
    let master = |byte| Redacted::new([byte; 32]);
    let old = ring(7);
    let code = old.audit_code(b"entry");
    let state = old.license_state_key();
    let both = Keyring::from_masters(&master(7), Some(&master(8)));
    let sealed = both.keep(ring(7).id(), ring(8).id()).unwrap();
    // After the rotation only the new key is loaded.
    let new = ring(8);
    assert_eq!(new.is_audit_code(code.key, b"entry", &code.mac), None);
    let kept = sealed
        .iter()
        .map(|(id, purpose, sealed)| new.open_kept(*id, *purpose, sealed).unwrap())
        .collect();
    assert!(new.turn_to(new.id(), kept));
    assert_eq!(new.is_audit_code(code.key, b"entry", &code.mac), Some(true));
    assert_eq!(
        new.is_audit_code(code.key, b"other", &code.mac),
        Some(false)
    );
    assert_eq!(
        new.is_audit_code(new.id(), b"entry", &code.mac),
        Some(false)
    );
    let states: Vec<_> = new.license_state_keys();
    assert_eq!(states[0].expose(), new.license_state_key().expose());
    assert!(states[1..].iter().any(|key| key.expose() == state.expose()));
    // One purpose's key does not stand for another's.
    let (id, purpose, _) = &sealed[0];
    assert!(new.open_kept(*id, *purpose, &sealed[1].2).is_err());
}

#[test]
fn equal_values_keep_equal_fingerprints_whatever_master_keys_come() {
    let master = |byte| Redacted::new([byte; 32]);
    let org = |byte: u128| OrgId::from_uuid(Uuid::from_u128(byte));
    let first = ring(7).fingerprint(org(1), "main secret", b"hunter2");
    let mut kept = Vec::new();
    for (from, to) in [(7, 8), (8, 9)] {
        let both = Keyring::from_masters(&master(from), Some(&master(to)));
        assert!(both.turn_to(both.id(), kept));
        let sealed = both.keep(ring(from).id(), ring(to).id()).unwrap();
        let new = ring(to);
        let open =
            |(id, purpose, sealed): &(_, _, Vec<u8>)| new.open_kept(*id, *purpose, sealed).unwrap();
        kept = sealed.iter().map(open).collect();
        let opened = sealed.iter().map(open).collect();
        assert!(new.turn_to(new.id(), opened));
        assert_eq!(new.fingerprint(org(1), "main secret", b"hunter2"), first);
        for other in [
            new.fingerprint(org(2), "main secret", b"hunter2"),
            new.fingerprint(org(1), "main secre", b"thunter2"),
            new.fingerprint(org(1), "main secret", b"hunter3"),
        ] {
            assert_ne!(other, first);
        }
    }
    assert_ne!(
        ring(8).fingerprint(org(1), "main secret", b"hunter2"),
        first
    );
}

proptest! {
    #[test]
    fn any_damage_is_noticed(plain: Vec<u8>, position: prop::sample::Index, flip in 1u8..) {
        let ring = ring(3);
        let here = place(1, "secrets", 2, "value", 1);
        let (key, _) = ring.new_data_key(&here).unwrap();
        let mut sealed = key.seal(&here, &plain).unwrap();
        let position = position.index(sealed.len());
        sealed[position] ^= flip;
        prop_assert!(key.open(&here, &sealed).is_err());
    }

    #[test]
    fn rubbish_never_opens(bytes: Vec<u8>) {
        let ring = ring(3);
        let here = place(1, "secrets", 2, "value", 1);
        prop_assert!(ring.unwrap_data_key(&here, &bytes).is_err());
    }
}
