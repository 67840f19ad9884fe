//! `audit verify-approval`: one entry of a trail, checked without a server, a database or a master key.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::output::{complain, print};
use crate::audit::approval::{Approved, Checked, PublicKey};
use crate::kernel::{OrgId, ProofMethod, UserId};

/// More than any entry has.
const LONGEST: u64 = 256 * 1024;

#[derive(Debug, Args)]
pub(super) struct Request {
    /// The entry as JSON, as `GET /audit-events` lists it.
    #[arg(long, value_name = "FILE")]
    event: PathBuf,
    /// The passkey's public key as a JSON Web Key, from where you keep it or from the entry
    /// `factor.added`. Without it the key in the entry itself is taken, and its fingerprint shown.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// The domain that the passkey has to be bound to. Without it the domain is shown.
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// An entry, as the API lists it.
#[derive(Deserialize)]
struct Entry {
    at: String,
    actor: Option<Actor>,
    action: String,
    resource: Option<Resource>,
    #[serde(default)]
    detail: Value,
    circumstances: Value,
}

#[derive(Deserialize)]
struct Actor {
    id: Uuid,
}

#[derive(Deserialize)]
struct Resource {
    r#type: String,
    id: Uuid,
}

/// What was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    method: ProofMethod,
    organization: OrgId,
    person: Option<UserId>,
    action: String,
    at: String,
    /// Of the public key.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    /// Whether the key was given, and not taken from the entry.
    key_was_given: bool,
}

pub(super) fn run(request: &Request) -> ExitCode {
    let found = read(&request.event).and_then(|event| {
        let key = request.public_key.as_deref().map(read).transpose()?;
        examine(&event, key.as_deref(), request.domain.as_deref())
    });
    match found {
        Ok(finding) => show(&finding, request.json),
        Err(complaint) => complain(&complaint),
    }
}

fn read(path: &Path) -> Result<String, String> {
    use std::io::Read as _;
    let cannot = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(cannot)?;
    file.take(LONGEST)
        .read_to_string(&mut text)
        .map_err(cannot)?;
    Ok(text)
}

/// Checks one entry; everything that speaks against it is an error.
pub(crate) fn examine(
    event: &str,
    key: Option<&str>,
    domain: Option<&str>,
) -> Result<Finding, String> {
    let entry: Entry =
        serde_json::from_str(event).map_err(|error| format!("this is no entry: {error}"))?;
    let said = entry.circumstances.pointer("/approval/organization");
    let org = said.and_then(Value::as_str).and_then(|id| id.parse().ok());
    let org = org.map(OrgId::from_uuid).unwrap_or_default();
    let person = entry.actor.map(|actor| UserId::from_uuid(actor.id));
    let approved = Approved {
        org,
        actor: person,
        action: &entry.action,
        resource: entry
            .resource
            .as_ref()
            .map(|resource| (resource.r#type.as_str(), resource.id)),
        detail: &entry.detail,
        circumstances: &entry.circumstances,
    };
    let checked = approved.check().map_err(|why| why.to_string())?;
    let Checked { method, assertion } =
        checked.ok_or("the entry holds no approval: nobody was asked for a proof")?;
    let mut finding = Finding {
        method,
        organization: org,
        person,
        action: entry.action,
        at: entry.at,
        fingerprint: None,
        domain: None,
        key_was_given: key.is_some(),
    };
    let Some(assertion) = assertion else {
        let word = method.as_str();
        return Err(format!(
            "the entry was approved by {word}, which leaves nothing that could be checked without the server"
        ));
    };
    if let Some(key) = key {
        let key = serde_json::from_str(key).ok();
        let key = key.and_then(|key: Value| PublicKey::from_jwk(&key));
        let key = key.ok_or("the public key cannot be read: give a JSON Web Key")?;
        if key != assertion.key {
            return Err("the entry was approved by another key than the one given".to_owned());
        }
    }
    if domain.is_some_and(|domain| domain != assertion.domain) {
        let (own, wanted) = (&assertion.domain, domain.unwrap_or_default());
        return Err(format!("the passkey is bound to {own}, not to {wanted}"));
    }
    finding.fingerprint = Some(assertion.key.fingerprint());
    finding.domain = Some(assertion.domain);
    Ok(finding)
}

fn show(finding: &Finding, json: bool) -> ExitCode {
    if json {
        return match serde_json::to_string(finding) {
            Ok(text) => print(&text),
            Err(error) => complain(&error.to_string()),
        };
    }
    let person = finding.person.map(|id| id.to_string()).unwrap_or_default();
    let fingerprint = finding.fingerprint.as_deref().unwrap_or_default();
    let domain = finding.domain.as_deref().unwrap_or_default();
    let whose = if finding.key_was_given {
        "the key that was given"
    } else {
        "the key in the entry: compare its fingerprint with that of the registration"
    };
    print(&format!(
        "approved: {} by {person} in {} at {}\nsigned for {domain} by {whose}\nfingerprint {fingerprint}",
        finding.action, finding.organization, finding.at
    ))
}
