//! What a request does to a resource that is there: PUT replaces it, PATCH changes parts of it.

use serde_json::{Map, Value};

use super::document::{checked, says};
use super::error::Error;
use super::patch;
use super::schema::Attribute;

/// What is sent, and how it is meant.
#[derive(Debug)]
pub(super) enum Change {
    /// The resource as it is to be.
    Replace(Map<String, Value>),
    /// A message of operations.
    Patch(Map<String, Value>),
}

impl Change {
    /// The document that comes of one.
    pub(super) fn apply(
        self,
        mut document: Map<String, Value>,
        schema: &str,
        attributes: &'static [Attribute],
    ) -> Result<Map<String, Value>, Error> {
        match self {
            Self::Replace(sent) => {
                says(&sent, schema)?;
                checked(&sent, attributes)
            }
            Self::Patch(message) => {
                patch::apply(&mut document, &message, schema, attributes)?;
                checked(&document, attributes)
            }
        }
    }
}
