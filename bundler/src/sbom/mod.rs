//! What is inside, component by component: one CycloneDX document for the software of this
//! repository, and one for the packages of each image.

mod lockfiles;
mod packages;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use lockfiles::{Crates, cargo, kept_cargo, npm};
pub(crate) use packages::{Records, packages, records};

/// The folder of the documents below `files/`.
const FOLDER: &str = "sbom";
const ENDING: &str = ".cdx.json";

/// Where the document of `subject` lies below `files/`.
pub(crate) fn name(subject: &str) -> String {
    format!("{FOLDER}/{subject}{ENDING}")
}

/// Whose document a file is, by its path below `files/`.
pub(crate) fn subject(path: &str) -> Option<&str> {
    let name = path.strip_prefix(FOLDER)?.strip_prefix('/')?;
    name.strip_suffix(ENDING)
        .filter(|subject| !subject.is_empty() && !subject.contains('/'))
}

/// Whether a file below `files/` lists components.
pub(crate) fn is_document(path: &str) -> bool {
    subject(path).is_some()
}

/// One component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) version: String,
    /// A package URL (ECMA-427).
    pub(crate) purl: String,
    /// An SPDX expression, where the source states one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) license: Option<String>,
    /// The SHA-256 of the package, where the lock file states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
}

/// A CycloneDX 1.6 document. Nothing in it depends on when or where it is made.
pub(crate) fn document(subject: (&str, &str), components: &[Component]) -> Vec<u8> {
    let mut sorted = components.to_vec();
    sorted.sort();
    sorted.dedup();
    let listed: Vec<Value> = sorted.iter().map(entry).collect();
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": subject.0, "version": subject.1,
                          "bom-ref": format!("{}@{}", subject.0, subject.1)},
            "tools": {"components": [{"type": "application", "name": "vaultterm-bundle",
                                      "version": env!("CARGO_PKG_VERSION")}]},
        },
        "components": listed,
    });
    // On one line: the lists travel in every delta, where the blanks would be a tenth of it.
    let mut text = serde_json::to_vec(&document).unwrap_or_default();
    text.push(b'\n');
    text
}

fn entry(component: &Component) -> Value {
    let licenses = component.license.iter();
    let licenses: Vec<Value> = licenses.map(|text| json!({"expression": text})).collect();
    let hashes = component.sha256.iter();
    let hashes: Vec<Value> = hashes
        .map(|text| json!({"alg": "SHA-256", "content": text}))
        .collect();
    // What says nothing is left out; a reference of its own, too, since nothing refers to it.
    let mut entry = json!({
        "type": "library",
        "name": component.name,
        "version": component.version,
        "purl": component.purl,
    });
    for (name, values) in [("licenses", licenses), ("hashes", hashes)] {
        if let Some(fields) = entry.as_object_mut().filter(|_| !values.is_empty()) {
            fields.insert(name.to_owned(), values.into());
        }
    }
    entry
}

/// The components of a document that [`document`] made.
pub(crate) fn read(document: &[u8]) -> Option<Vec<Component>> {
    let document: Value = serde_json::from_slice(document).ok()?;
    let components = document.get("components")?.as_array()?;
    let text = |entry: &Value, key: &str| Some(entry.get(key)?.as_str()?.to_owned());
    let component = |entry: &Value| {
        let license = entry
            .pointer("/licenses/0/expression")
            .and_then(Value::as_str);
        let sha256 = entry.pointer("/hashes/0/content").and_then(Value::as_str);
        Some(Component {
            name: text(entry, "name")?,
            version: text(entry, "version")?,
            purl: text(entry, "purl")?,
            license: license.map(str::to_owned),
            sha256: sha256.map(str::to_owned),
        })
    };
    components.iter().map(component).collect()
}

/// Percent-encodes what a package URL does not allow in a version.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{Component, document, encoded, name, read, subject};

    #[test]
    fn documents_are_known_by_their_place() {
        assert_eq!(subject(&name("db")), Some("db"));
        for other in [
            "sbom/.cdx.json",
            "docs/db.cdx.json",
            "sbom/db.json",
            "sbom/a/b.cdx.json",
        ] {
            assert_eq!(subject(other), None, "{other}");
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let component = |name: &str| Component {
            name: name.to_owned(),
            version: "1:2+b~3".to_owned(),
            purl: format!("pkg:deb/debian/{name}@{}", encoded("1:2+b~3")),
            license: (name == "a").then(|| "MIT OR Apache-2.0".to_owned()),
            sha256: (name == "b").then(|| "00".repeat(32)),
        };
        let all = [component("b"), component("a"), component("a")];
        let text = document(("vaultterm", "1.0.0"), &all);
        assert_eq!(read(&text), Some(vec![component("a"), component("b")]));
        assert_eq!(encoded("1:2+b~3"), "1%3A2%2Bb~3");
        assert_eq!(read(b"{}"), None);
    }
}
