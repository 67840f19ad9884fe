//! Events of the Open Cybersecurity Schema Framework, version 1.3.0 (category 3, identity and access
//! management, and class 6005). The guide *Audit trail* lists the classes and the fields.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::audit::view::EventView;

/// The version of the schema.
const VERSION: &str = "1.3.0";

/// The kind of an event, and what is done in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Class {
    uid: u32,
    name: &'static str,
    activity: u32,
    activity_name: &'static str,
}

const fn class(uid: u32, name: &'static str, (activity, activity_name): Activity) -> Class {
    Class {
        uid,
        name,
        activity,
        activity_name,
    }
}

type Activity = (u32, &'static str);
const OTHER: Activity = (99, "Other");

/// One entry in the words of the schema.
pub(super) fn event(event: &EventView) -> Value {
    let class = class_of(&event.action);
    let success = event.result == "success";
    let millis = i64::try_from(event.at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    let mut all = json!({
        "category_uid": class.uid / 1000,
        "class_uid": class.uid,
        "class_name": class.name,
        "activity_id": class.activity,
        "activity_name": class.activity_name,
        "type_uid": class.uid * 100 + class.activity,
        "time": millis,
        "severity_id": 1,
        "severity": "Informational",
        "status_id": if success { 1 } else { 2 },
        "status": if success { "Success" } else { "Failure" },
        "status_detail": event.reason,
        "actor": actor(event),
        "src_endpoint": event.address.as_ref().map(|address| json!({"ip": address})),
        "metadata": metadata(event),
        // What the schema has no place for, and all of who and what as the other formats have it.
        "unmapped": {
            "actor": event.actor, "resource": event.resource, "result": event.result,
            "request": event.request, "detail": event.detail, "monotonic": event.monotonic,
        },
    });
    subject(event, class, &mut all);
    without_nulls(&mut all);
    all
}

fn actor(event: &EventView) -> Value {
    let actor = &event.actor;
    let mfa = actor
        .factors
        .iter()
        .any(|factor| factor != "password" && factor != "link");
    let session = actor.session.or(actor.token);
    json!({
        "user": {
            "uid": actor.id, "name": actor.name,
            "type_id": if actor.id.is_some() { 1 } else { 3 },
            "type": if actor.id.is_some() { "User" } else { "System" },
        },
        "session": session.map(|uid| json!({"uid": uid, "is_mfa": mfa})),
        "authorizations": actor.step_up.as_ref().map(|method| json!([{"decision": format!("step-up by {method}")}])),
        "app_name": (actor.token.is_some()).then_some("API token"),
    })
}

fn metadata(event: &EventView) -> Value {
    json!({
        "version": VERSION,
        "uid": event.id,
        "event_code": event.action,
        "sequence": event.seq,
        "original_time": event.at.format(&Rfc3339).unwrap_or_default(),
        "log_name": "audit",
        "product": {
            "name": "VaultTerm", "vendor_name": "VaultTerm", "version": env!("CARGO_PKG_VERSION"),
        },
    })
}

/// What it was done to, in the place where the class has it.
fn subject(event: &EventView, class: Class, all: &mut Value) {
    let Some(resource) = &event.resource else {
        return;
    };
    let thing = json!({
        "uid": resource.id, "name": resource.name, "type": resource.r#type,
    });
    let (place, value) = match class.uid {
        3001 | 3002 | 3005 => ("user", json!({"uid": resource.id, "name": resource.name})),
        3004 => ("entity", thing),
        3006 => ("group", thing),
        _ => ("resources", json!([thing])),
    };
    all[place] = value;
    if class.uid == 6005 {
        all["type_id"] = json!(99);
        all["type"] = json!("vault");
    }
}

fn without_nulls(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, member| !member.is_null());
        members.values_mut().for_each(without_nulls);
    }
}

/// By the word of the action. Words that are added later have a class by their beginning.
fn class_of(action: &str) -> Class {
    let (kind, verb) = action.split_once('.').unwrap_or((action, ""));
    match kind {
        "session" | "step-up" => class(3002, "Authentication", authentication(verb)),
        "account" | "factor" | "recovery-codes" | "scim" => {
            class(3001, "Account Change", account(action))
        }
        "member" | "invitation" | "sso" => class(3005, "User Access Management", access(verb)),
        "team" => class(3006, "Group Management", group(verb)),
        "secret" | "link" | "attachment" if reads(verb) => {
            class(6005, "Datastore Activity", (1, "Read"))
        }
        _ => class(3004, "Entity Management", entity(verb)),
    }
}

fn authentication(verb: &str) -> Activity {
    match verb {
        "signed-in" | "second-factor-refused" => (1, "Logon"),
        "signed-out" | "revoked" => (2, "Logoff"),
        _ => OTHER,
    }
}

fn account(action: &str) -> Activity {
    match action {
        "account.signed-up" | "scim.user-created" => (1, "Create"),
        "account.password-changed" => (3, "Password Change"),
        "account.password-reset" | "account.reset-link-made" => (4, "Password Reset"),
        "scim.user-deleted" => (6, "Delete"),
        "factor.added" => (10, "MFA Factor Enable"),
        "factor.removed" | "factor.all-removed" | "factor.suspended" => (11, "MFA Factor Disable"),
        _ => OTHER,
    }
}

fn access(verb: &str) -> Activity {
    match verb {
        "accepted" | "confirmed" | "reactivated" | "role-changed" | "provisioned" | "linked" => {
            (1, "Assign Privileges")
        }
        "removed" | "left" | "deactivated" | "withdrawn" => (2, "Revoke Privileges"),
        _ => OTHER,
    }
}

fn group(verb: &str) -> Activity {
    match verb {
        "created" => (6, "Create"),
        "deleted" => (5, "Delete"),
        "member-added" => (3, "Add User"),
        "member-removed" => (4, "Remove User"),
        _ => OTHER,
    }
}

/// Whether something secret was shown, or left.
fn reads(verb: &str) -> bool {
    let words = [
        "revealed",
        "copied",
        "code-shown",
        "version-revealed",
        "exported",
        "opened",
        "read",
    ];
    words.contains(&verb)
}

fn entity(verb: &str) -> Activity {
    match verb {
        "created" | "made" | "imported" | "added" => (1, "Create"),
        "exported" | "verified" | "read" => (2, "Read"),
        "moved" => (5, "Move"),
        "deleted" | "removed" | "trashed" | "revoked" | "pruned" => (4, "Delete"),
        "updated" | "changed" | "policy-changed" | "restored" | "tagged" | "adopted" | "shared"
        | "unshared" | "version-restored" | "transferred" | "rotated" | "rewrapped" => {
            (3, "Update")
        }
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::class_of;

    #[test]
    fn acts_have_the_classes_that_the_guide_lists() {
        for (action, uid, activity) in [
            ("session.signed-in", 3002, 1),
            ("session.signed-out", 3002, 2),
            ("step-up.proved", 3002, 99),
            ("account.password-changed", 3001, 3),
            ("factor.added", 3001, 10),
            ("member.removed", 3005, 2),
            ("team.member-added", 3006, 3),
            ("secret.revealed", 6005, 1),
            ("secret.created", 3004, 1),
            ("vault.deleted", 3004, 4),
            ("something.new", 3004, 99),
        ] {
            let class = class_of(action);
            assert_eq!((class.uid, class.activity), (uid, activity), "{action}");
        }
    }
}
