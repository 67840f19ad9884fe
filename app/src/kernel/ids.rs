//! Identifiers. Each kind is a type of its own, so that one cannot stand for another.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(Uuid);

        impl $name {
            /// A new one: a UUID of version 7 (RFC 9562), so that ids sort by age.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// Wraps a UUID that came from outside.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The plain UUID.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

id! {
    /// An organisation: the tenant.
    OrgId
}
id! {
    /// A person's account.
    UserId
}
id! {
    /// A vault.
    VaultId
}
id! {
    /// A secret in a vault.
    SecretId
}
id! {
    /// One entry of the audit trail.
    AuditEventId
}
id! {
    /// A session; the token that opens it is another thing.
    SessionId
}
id! {
    /// An invitation to an organisation.
    InvitationId
}
id! {
    /// A team.
    TeamId
}
id! {
    /// A token for the API.
    ApiTokenId
}
id! {
    /// A second factor of a person.
    FactorId
}
id! {
    /// Somebody who operates the platform.
    PlatformAdminId
}
id! {
    /// A file that is attached to a secret.
    AttachmentId
}
id! {
    /// A link with which an outsider sees a part of a secret.
    SecretLinkId
}
id! {
    /// A request for a step-up proof.
    StepUpId
}
