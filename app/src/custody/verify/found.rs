//! What is not as it was stored.

use serde::Serialize;
use uuid::Uuid;

use crate::kernel::{OrgId, UserId};
use crate::vault::Row;

/// One thing that is not as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Where; none for what belongs to an account.
    pub organization: Option<OrgId>,
    /// The account, where it is a second factor of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<UserId>,
    /// Which record; none when it is about the trail.
    pub record: Option<Uuid>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What is not as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(
    rename_all = "camelCase",
    tag = "finding",
    rename_all_fields = "camelCase"
)]
pub enum What {
    /// The trail is broken, so it says nothing of records.
    #[error("the audit trail is broken: {fault}")]
    Trail {
        /// How.
        fault: String,
    },
    /// An earlier record was put back as a whole.
    #[error("rolled back to version {found}; the trail knows version {newest}")]
    RolledBack {
        /// The version that is stored.
        found: i32,
        /// The newest in the trail.
        newest: i32,
    },
    /// The record is newer than anything that was recorded.
    #[error("at version {found}, which the trail does not know; its newest is {newest}")]
    Ahead {
        /// The version that is stored.
        found: i32,
        /// The newest in the trail.
        newest: i32,
    },
    /// A part of an earlier version was put back.
    #[error("{part} is of version {found}")]
    EarlierPart {
        /// The column.
        part: &'static str,
        /// The version that it is of.
        found: i32,
    },
    /// A part stands in another part's column.
    #[error("{part} holds what belongs into {field}")]
    OtherField {
        /// The column.
        part: &'static str,
        /// Where it belongs.
        field: &'static str,
    },
    /// A part is another record's.
    #[error("{part} is that of secret {record} of organisation {organization}")]
    Belongs {
        /// The column.
        part: &'static str,
        /// The tenant that it belongs to.
        #[serde(rename = "ownerOrganization")]
        organization: OrgId,
        /// The record that it belongs to.
        #[serde(rename = "ownerRecord")]
        record: Uuid,
    },
    /// A part does not open, and belongs to no record that is here.
    #[error("{part} does not open, and belongs to no record that is here")]
    Damaged {
        /// The column.
        part: &'static str,
    },
    /// A part does not open where it stands; of second factors and client secrets no more is looked into.
    #[error("{part} does not open where it stands")]
    Closed {
        /// The column.
        part: &'static str,
    },
    /// It is about the secret that the organisation's identity provider knows this server by.
    #[error("the client secret of its identity provider: {problem}")]
    ClientSecret {
        /// What is not as it was stored.
        problem: Box<Self>,
    },
    /// The trail knows nothing of it.
    #[error("it is in no entry of the trail, or was deleted")]
    Invented,
    /// It stands in another vault than the one that it was stored in.
    #[error("it stands in vault {found}, and was stored in {expected}")]
    Moved {
        /// The vault that it is in.
        found: Uuid,
        /// The vault that it was stored in.
        expected: Uuid,
    },
    /// It is in the trash, and nobody put it there.
    #[error("it is in the trash, and nobody put it there")]
    Trashed,
    /// It is not in the trash any more, and nobody took it out.
    #[error("it is not in the trash any more, and nobody took it out")]
    Untrashed,
    /// It opens, and is not what was sealed as this version.
    #[error("version {version} is another one than the trail knows")]
    Exchanged {
        /// The version.
        version: i32,
    },
    /// An earlier version is not there, and nobody deleted it.
    #[error("it is gone, and nobody deleted it")]
    VersionMissing,
    /// It is about an earlier version, which is kept beside the record.
    #[error("version {version}, as it is kept: {problem}")]
    Version {
        /// Which.
        version: i32,
        /// What is not as it was stored.
        problem: Box<Self>,
    },
    /// It is not there, and nobody deleted it.
    #[error("it is gone, and nobody deleted it; the trail knows version {newest}")]
    Missing {
        /// The newest in the trail.
        newest: i32,
    },
}

impl What {
    /// The same, said of the version that a row holds.
    pub(in crate::custody) fn of(self, row: &Row) -> Self {
        if row.standing.is_some() {
            return self;
        }
        let (version, problem) = (row.version(), Box::new(self));
        Self::Version { version, problem }
    }
}

/// What was looked at, and what was found.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Organisations.
    pub organizations: usize,
    /// Records that were opened or tried.
    pub records: usize,
    /// Earlier versions that were opened or tried.
    pub versions: usize,
    /// Second factors whose seeds were opened or tried.
    pub factors: usize,
    /// Client secrets of identity providers that were opened or tried.
    pub client_secrets: usize,
    /// Entries of trails.
    pub events: i64,
    /// What is not as it was stored.
    pub findings: Vec<Finding>,
    /// Records that do not open beyond those that were looked into.
    pub more: usize,
}
