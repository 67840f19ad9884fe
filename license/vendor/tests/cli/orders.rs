//! Orders as files, and the next licence of a customer.

use super::{issued, json, run};

const ORDER: &str = "\
customer: Günther & Söhne \"Golden\" GmbH
tier: enterprise
seats: 250
expires: 2999-12-31
maintenance-ends: 2998-06-30
grace-days: 14
features: [sftp, fleet]
hosts:
  - ab12
";

#[test]
fn an_order_says_what_flags_say() {
    let dir = issued("2999-12-31");
    std::fs::write(dir.path().join("order.yaml"), ORDER).unwrap();
    let issue = "issue --key keys/vendor.key --from order.yaml --out b.vtlic";
    let license = &json(dir.path(), issue, 0)["license"];
    assert_eq!(license["customer"], "Günther & Söhne \"Golden\" GmbH");
    assert_eq!(license["tier"], "enterprise");
    assert_eq!(license["seats"], 250);
    assert_eq!(license["expires"], "3000-01-01T00:00:00Z");
    assert_eq!(license["maintenanceEnds"], "2998-07-01T00:00:00Z");
    assert_eq!(license["graceDays"], 14);
    assert_eq!(license["features"], serde_json::json!(["sftp", "fleet"]));
    assert_eq!(license["hosts"], serde_json::json!(["ab12"]));
    // A flag wins.
    let flags = format!("{issue} --seats 3 --host cd34 --expires 2997-12-31T12:00:00+02:00");
    let license = &json(dir.path(), &flags, 0)["license"];
    assert_eq!(license["seats"], 3);
    assert_eq!(license["hosts"], serde_json::json!(["cd34"]));
    assert_eq!(license["expires"], "2997-12-31T10:00:00Z");
}

#[test]
fn an_order_that_says_too_little_or_too_much_is_a_usage_error() {
    let dir = issued("2999-12-31");
    let cases = [
        ORDER.replace("seats: 250\n", ""),
        ORDER.replace("customer", "costumer"),
        ORDER.replace("250", "0"),
        ORDER.replace("250", "many"),
        ORDER.replace("2999-12-31", "31.12.2999"),
        ORDER.replace("enterprise", "platinum"),
        format!("{ORDER}seats: 3\n"),
        "hello".to_owned(),
    ];
    for order in cases {
        std::fs::write(dir.path().join("order.yaml"), &order).unwrap();
        let issue = "issue --key keys/vendor.key --from order.yaml --out b.vtlic";
        run(dir.path(), issue, 2);
        assert!(!dir.path().join("b.vtlic").exists(), "{order}");
    }
    run(dir.path(), "issue --key keys/vendor.key --out b.vtlic", 2);
    let verified = json(dir.path(), "log verify keys/issued.jsonl", 0);
    assert_eq!(verified["lines"], 1, "a refused order is no licence");
}

#[test]
fn a_renewal_is_the_same_but_for_its_term() {
    let dir = issued("2999-12-31");
    let old = json(dir.path(), "show a.vtlic", 0)["license"].clone();
    let renew = "renew a.vtlic --key keys/vendor.key --expires 3000-12-31 --out b.vtlic";
    let new = json(dir.path(), renew, 0)["license"].clone();
    for same in [
        "customer",
        "tier",
        "seats",
        "graceDays",
        "features",
        "hosts",
        "keyId",
    ] {
        assert_eq!(new[same], old[same], "{same}");
    }
    assert_eq!(new["renews"], old["id"]);
    assert_ne!(new["id"], old["id"]);
    assert_eq!(new["expires"], "3001-01-01T00:00:00Z");
    assert!(new["counter"].as_u64() > old["counter"].as_u64());
    run(dir.path(), "verify b.vtlic --trust keys/vendor.pub", 0);
    // A counter that does not rise is refused, and so is a stranger's licence.
    let counter = format!("{renew} --counter {}", old["counter"]);
    run(dir.path(), &counter, 2);
    run(dir.path(), "keygen --out other --no-password", 0);
    let theirs = "renew a.vtlic --key other/vendor.key --expires 3000-12-31 --out c.vtlic";
    run(dir.path(), theirs, 5);
    assert!(!dir.path().join("c.vtlic").exists());
    run(dir.path(), &format!("{theirs} --trust keys/vendor.pub"), 0);
}
