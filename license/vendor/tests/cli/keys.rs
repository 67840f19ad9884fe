//! Keys of two halves, and keys that take over.

use super::{json, run};

const ISSUE: &str = "--customer A --tier team --seats 5 --expires 2999-12-31";

#[test]
fn a_composite_key_signs_with_both_halves() {
    let dir = tempfile::tempdir().unwrap();
    let made = json(dir.path(), "keygen --out keys --composite --no-password", 0);
    assert_eq!(made["algorithm"], "ed25519+ml-dsa-65");
    let issued = json(
        dir.path(),
        &format!("issue --key keys/vendor.key --out a.vtlic {ISSUE}"),
        0,
    );
    assert_eq!(issued["license"]["algorithm"], "ed25519+ml-dsa-65");
    assert_eq!(issued["license"]["keyId"], made["key_id"]);
    assert_eq!(issued["license"]["mldsaKeyId"], made["mldsa_key_id"]);
    let verified = json(dir.path(), "verify a.vtlic --trust keys/vendor.pub", 0);
    assert_eq!(verified["standing"], "valid");

    // Without its second signature it is a forgery.
    let text = std::fs::read_to_string(dir.path().join("a.vtlic")).unwrap();
    let mut envelope: serde_json::Value = serde_json::from_str(&text).unwrap();
    envelope["signatures"].as_array_mut().unwrap().pop();
    std::fs::write(dir.path().join("b.vtlic"), envelope.to_string()).unwrap();
    run(dir.path(), "verify b.vtlic --trust keys/vendor.pub", 5);
}

#[test]
fn a_composite_key_is_protected_by_a_passphrase() {
    let dir = tempfile::tempdir().unwrap();
    for (name, word) in [("right", "correct horse"), ("wrong", "battery")] {
        std::fs::write(dir.path().join(name), word).unwrap();
    }
    run(
        dir.path(),
        "keygen --out keys --composite --password-file right",
        0,
    );
    let issue = format!("issue --key keys/vendor.key --out a.vtlic {ISSUE}");
    run(dir.path(), &format!("{issue} --password-file wrong"), 1);
    assert!(!dir.path().join("a.vtlic").exists());
    assert!(!dir.path().join("keys/issued.jsonl").exists());
    run(dir.path(), &format!("{issue} --password-file right"), 0);
}

#[test]
fn trust_in_the_old_key_grows_by_a_statement() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), "keygen --out old --no-password", 0);
    run(dir.path(), "keygen --out new --composite --no-password", 0);
    run(
        dir.path(),
        &format!("issue --key old/vendor.key --out old.vtlic {ISSUE}"),
        0,
    );
    run(
        dir.path(),
        &format!("issue --key new/vendor.key --out new.vtlic {ISSUE}"),
        0,
    );
    run(dir.path(), "verify new.vtlic --trust old/vendor.pub", 5);
    let made = json(
        dir.path(),
        "rotate --key old/vendor.key --new new/vendor.key --out vendor.rotation",
        0,
    );
    assert_eq!(made["number"], 2, "behind the licence in the old key's log");
    let statement = std::fs::read_to_string(dir.path().join("vendor.rotation")).unwrap();
    let key = std::fs::read_to_string(dir.path().join("old/vendor.pub")).unwrap();
    std::fs::write(dir.path().join("grown.pub"), key + &statement).unwrap();
    for licence in ["old", "new"] {
        let verify = format!("verify {licence}.vtlic --trust grown.pub");
        run(dir.path(), &verify, 0);
    }
    // The way back, to a weaker key, is none.
    run(
        dir.path(),
        "rotate --key new/vendor.key --new old/vendor.key --out back.rotation",
        3,
    );
    assert!(!dir.path().join("back.rotation").exists());
}

#[test]
fn licences_of_both_kinds_verify_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), "keygen --out old --no-password", 0);
    run(dir.path(), "keygen --out new --composite --no-password", 0);
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    let both = read("old/vendor.pub") + &read("new/vendor.pub");
    std::fs::write(dir.path().join("both.pub"), both).unwrap();
    for key in ["old", "new"] {
        run(
            dir.path(),
            &format!("issue --key {key}/vendor.key --out {key}.vtlic {ISSUE}"),
            0,
        );
        run(
            dir.path(),
            &format!("verify {key}.vtlic --trust both.pub"),
            0,
        );
    }
}
