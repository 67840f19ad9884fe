//! What is not as it was stored.

use serde::Serialize;
use uuid::Uuid;

use crate::kernel::{OrgId, UserId};
use crate::vault::{Row, Spot};

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
    /// It is not there, and nobody took it away.
    #[error("it is gone, and nobody took it away")]
    Gone,
    /// It stands with another record than the one that it belongs to.
    #[error("it stands with secret {found}, and belongs to secret {expected}")]
    OtherRecord {
        /// The record that it stands with.
        found: Uuid,
        /// The record that it belongs to.
        expected: Uuid,
    },
    /// A part is another file's of the same record.
    #[error("{part} is that of attachment {attachment}")]
    OtherAttachment {
        /// The column.
        part: &'static str,
        /// The file that it belongs to.
        #[serde(rename = "ownerAttachment")]
        attachment: Uuid,
    },
    /// A piece of a file stands in the place of another.
    #[error("it is piece {found}")]
    OtherPiece {
        /// The number that it has.
        found: i32,
    },
    /// The end of a file was cut off.
    #[error("it is not the last one: what followed was cut off")]
    CutOff,
    /// Something was put behind the end of a file.
    #[error("it is the last one, and more is said to follow")]
    Extended,
    /// A link can be opened more or less often than it could be when the trail last spoke of it.
    #[error("it can be opened {found} times; by the trail it is {remaining}")]
    Uses {
        /// How often by what is stored.
        found: i32,
        /// How often by the trail.
        remaining: i32,
    },
    /// A link shows something else, to somebody else, or for longer.
    #[error("it is another one than the trail knows")]
    Changed,
    /// It is about a file of the record.
    #[error("attachment {attachment}: {problem}")]
    Attachment {
        /// Which.
        attachment: Uuid,
        /// What is not as it was stored.
        problem: Box<Self>,
    },
    /// It is about a piece of a file.
    #[error("piece {number}: {problem}")]
    Piece {
        /// Which, from 0.
        number: i32,
        /// What is not as it was stored.
        problem: Box<Self>,
    },
    /// It is about a one-time link to the record.
    #[error("link {link}: {problem}")]
    Link {
        /// Which.
        link: Uuid,
        /// What is not as it was stored.
        problem: Box<Self>,
    },
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

    /// The same, said of a spot of a file.
    pub(in crate::custody) fn at(spot: Spot, what: Self) -> Self {
        match spot {
            Spot::Head => what,
            Spot::Piece(number) => Self::Piece {
                number,
                problem: Box::new(what),
            },
        }
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
    /// Attachments that were opened or tried.
    pub attachments: usize,
    /// One-time links that were compared.
    pub links: usize,
    /// What no entry of a pruned trail says enough of.
    pub older_than_trail: Older,
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

/// What is older than a trail reaches whose beginning was pruned. Of these it is known that what is
/// sealed opens where it stands, and no more: not whether an earlier state of one was put back, whether
/// it was moved, put into the trash or taken out of it, or was deleted and came again, nor whether
/// others like it are gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Older {
    /// Records that no entry says the state of.
    pub records: usize,
    /// Earlier versions, also of records that are known since.
    pub versions: usize,
    /// Attachments.
    pub attachments: usize,
    /// Links, of which nothing opens without their tokens: nothing is known of these at all.
    pub links: usize,
}

impl Older {
    /// Whether there is anything.
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self != Self::default()
    }
}
