//! The attributes of users and groups, as one table each: what is read, checked, filtered and published.

use serde_json::{Value, json};

use super::error::with;

/// The schema of users.
pub(super) const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of groups.
pub(super) const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Boolean,
    DateTime,
    Reference,
    Complex,
}

/// One attribute, or one part of one (RFC 7643, 7).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) multi: bool,
    pub(super) required: bool,
    pub(super) writable: bool,
    pub(super) case_exact: bool,
    unique: bool,
    /// Values that are offered, or what a reference leads to.
    offers: &'static [&'static str],
    pub(super) parts: &'static [Attribute],
    description: &'static str,
}

const fn attribute(name: &'static str, kind: Kind, description: &'static str) -> Attribute {
    Attribute {
        name,
        kind,
        multi: false,
        required: false,
        writable: true,
        case_exact: false,
        unique: false,
        offers: &[],
        parts: &[],
        description,
    }
}

const fn text(name: &'static str, description: &'static str) -> Attribute {
    attribute(name, Kind::Text, description)
}

const fn complex(
    name: &'static str,
    parts: &'static [Attribute],
    description: &'static str,
) -> Attribute {
    Attribute {
        parts,
        ..attribute(name, Kind::Complex, description)
    }
}

impl Attribute {
    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    const fn several(mut self) -> Self {
        self.multi = true;
        self
    }

    const fn exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    const fn read_only(mut self) -> Self {
        self.writable = false;
        self
    }

    const fn offering(mut self, offers: &'static [&'static str]) -> Self {
        self.offers = offers;
        self
    }
}

const NAME: &[Attribute] = &[
    text("formatted", "The whole name."),
    text("familyName", "The family name."),
    text("givenName", "The given name."),
];

const EMAIL: &[Attribute] = &[
    text("value", "The address.").required(),
    text("type", "What it is for.").offering(&["work", "home", "other"]),
    attribute("primary", Kind::Boolean, "Whether it is the one to use."),
];

const MEMBERSHIP: &[Attribute] = &[
    text("value", "The group.").exact().read_only(),
    attribute("$ref", Kind::Reference, "Where the group is.")
        .exact()
        .read_only()
        .offering(&["Group"]),
    text("display", "What the group is called.").read_only(),
];

const MEMBER: &[Attribute] = &[
    text("value", "The user.").exact(),
    attribute("$ref", Kind::Reference, "Where the user is.")
        .exact()
        .offering(&["User"]),
    text("type", "What it is: always User.").offering(&["User"]),
];

const META: &[Attribute] = &[
    text("resourceType", "What it is.").exact().read_only(),
    attribute("created", Kind::DateTime, "Since when it is there.").read_only(),
    attribute("lastModified", Kind::DateTime, "When it changed last.").read_only(),
    attribute("location", Kind::Reference, "Where it is.")
        .exact()
        .read_only(),
];

const ID: Attribute = text("id", "Which it is here.").exact().read_only();
const EXTERNAL_ID: Attribute = text("externalId", "Which it is there.").exact();
const META_ATTRIBUTE: Attribute = complex("meta", META, "What is known of it.").read_only();

/// The attributes of a user.
pub(super) const USER: &[Attribute] = &[
    ID,
    EXTERNAL_ID,
    META_ATTRIBUTE,
    text(
        "userName",
        "The name that the identity provider knows the person by.",
    )
    .required()
    .unique(),
    complex("name", NAME, "The person's name."),
    text("displayName", "The name as it is shown."),
    attribute(
        "active",
        Kind::Boolean,
        "Whether the person may sign in here.",
    )
    .required(),
    complex(
        "emails",
        EMAIL,
        "Addresses. The first account is made with the primary one.",
    )
    .several()
    .required(),
    complex("groups", MEMBERSHIP, "The groups that the person is in.")
        .several()
        .read_only(),
];

/// The attributes of a group.
pub(super) const GROUP: &[Attribute] = &[
    ID,
    EXTERNAL_ID,
    META_ATTRIBUTE,
    text("displayName", "What the group is called.")
        .required()
        .unique(),
    complex("members", MEMBER, "Who is in it.").several(),
];

/// Those that every resource has, and that no schema names (RFC 7643, 3.1).
const COMMON: [&str; 3] = ["id", "externalId", "meta"];

fn described(attribute: &Attribute) -> Value {
    let kind = match attribute.kind {
        Kind::Text => "string",
        Kind::Boolean => "boolean",
        Kind::DateTime => "dateTime",
        Kind::Reference => "reference",
        Kind::Complex => "complex",
    };
    let mut description = json!({
        "name": attribute.name,
        "type": kind,
        "multiValued": attribute.multi,
        "description": attribute.description,
        "required": attribute.required,
        "mutability": if attribute.writable { "readWrite" } else { "readOnly" },
        "returned": "default",
    });
    if matches!(attribute.kind, Kind::Text | Kind::Reference) {
        let unique = if attribute.unique { "server" } else { "none" };
        let more = [
            ("caseExact", json!(attribute.case_exact)),
            ("uniqueness", json!(unique)),
        ];
        description = with(description, more);
    }
    if attribute.kind == Kind::Reference {
        description = with(description, [("referenceTypes", json!(attribute.offers))]);
    } else if !attribute.offers.is_empty() {
        description = with(description, [("canonicalValues", json!(attribute.offers))]);
    }
    if attribute.parts.is_empty() {
        return description;
    }
    let parts: Vec<Value> = attribute.parts.iter().map(described).collect();
    with(description, [("subAttributes", json!(parts))])
}

fn schema(base: &str, (urn, name): (&str, &str), attributes: &[Attribute]) -> Value {
    let attributes: Vec<Value> = attributes
        .iter()
        .filter(|attribute| !COMMON.contains(&attribute.name))
        .map(described)
        .collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": urn,
        "name": name,
        "description": name,
        "attributes": attributes,
        "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{urn}")},
    })
}

/// `/Schemas`.
pub(super) fn schemas(base: &str) -> Vec<Value> {
    vec![
        schema(base, (USER_URN, "User"), USER),
        schema(base, (GROUP_URN, "Group"), GROUP),
    ]
}

/// `/ResourceTypes`.
pub(super) fn resource_types(base: &str) -> Vec<Value> {
    let one = |name: &str, endpoint: &str, urn: &str| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": name,
            "name": name,
            "endpoint": endpoint,
            "description": name,
            "schema": urn,
            "meta": {
                "resourceType": "ResourceType",
                "location": format!("{base}/ResourceTypes/{name}"),
            },
        })
    };
    vec![
        one("User", "/Users", USER_URN),
        one("Group", "/Groups", GROUP_URN),
    ]
}

/// `/ServiceProviderConfig`: what of the protocol is there (RFC 7643, 5).
pub(super) fn service_provider(base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": super::list::MOST},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": false},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token for the API with the scope scim.",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    })
}
