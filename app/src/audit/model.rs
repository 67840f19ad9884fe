//! What happened, who did it, to what.

use time::OffsetDateTime;
use uuid::Uuid;

use super::approval::{Approval, Approved};
use super::checkpoint::PRUNED;
use super::circumstances;
use crate::edge::{Caller, Origin};
use crate::kernel::{AuditEventId, Factors, OrgId, Redacted, UserId};
use crate::keys::trail::KEY_REPLACED;

/// What was done. The words are stable: auditors search for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The organisation and its first owner were made.
    OrganizationCreated,
    /// Somebody signed in.
    SignedIn,
    /// Somebody signed out.
    SignedOut,
    /// Somebody went on in another organisation.
    OrganizationSwitched,
    /// A person signed devices of theirs out.
    SessionsRevoked,
    /// A person changed their password.
    PasswordChanged,
    /// A person set a new password with a one-time link.
    PasswordReset,
    /// An admin made a one-time link with which a member sets a new password.
    ResetLinkMade,
    /// A person changed their name.
    ProfileUpdated,
    /// A person asked for another address to sign in with.
    EmailChangeRequested,
    /// A person confirmed another address to sign in with.
    EmailChanged,
    /// Somebody began to add a second factor.
    FactorBegun,
    /// Somebody added a second factor.
    FactorAdded,
    /// Somebody gave a second factor another name.
    FactorRenamed,
    /// There are two of a passkey: it proves nothing any more.
    PasskeySuspended,
    /// Somebody removed a second factor.
    FactorRemoved,
    /// Somebody who lost their second factors was freed of them, by an admin or on the host.
    FactorsTakenAway,
    /// Somebody made new recovery codes; the earlier ones are void.
    RecoveryCodesMade,
    /// The password was right, and the second factor was not.
    SecondFactorRefused,
    /// Somebody proved afresh that it is them, for one act.
    StepUpProved,
    /// Somebody signed up with an address that the policy allows.
    SignedUp,
    /// A token for the API was made.
    ApiTokenCreated,
    /// A token for the API was taken away.
    ApiTokenRevoked,
    /// A team was made.
    TeamCreated,
    /// A team's name or description changed.
    TeamUpdated,
    /// A team was deleted; its members stay in the organisation.
    TeamDeleted,
    /// Somebody came into a team.
    TeamMemberAdded,
    /// Somebody's role in a team changed.
    TeamMemberChanged,
    /// Somebody left a team, or was taken out of it.
    TeamMemberRemoved,
    /// The organisation got another name.
    OrganizationUpdated,
    /// What the organisation demands of its people changed.
    PolicyChanged,
    /// Another member was made the owner, by the owner.
    OrganizationTransferred,
    /// Somebody was invited.
    InvitationCreated,
    /// An invitation was sent again; the link before it works no more.
    InvitationResent,
    /// An invitation was withdrawn.
    InvitationWithdrawn,
    /// Somebody took an invitation up.
    InvitationAccepted,
    /// Somebody got another role.
    MemberRoleChanged,
    /// Somebody who had accepted was made a member.
    MemberConfirmed,
    /// A member lost their rights, until they are let in again.
    MemberDeactivated,
    /// Somebody who was deactivated was let in again.
    MemberReactivated,
    /// Somebody was removed.
    MemberRemoved,
    /// Somebody left.
    MemberLeft,
    /// A directory made a user.
    UserProvisioned,
    /// A directory changed what it says of a user.
    UserReprovisioned,
    /// A directory removed a user.
    UserDeprovisioned,
    /// The organisation's identity provider was named or changed.
    SsoChanged,
    /// The organisation trusts no identity provider any more.
    SsoRemoved,
    /// A member came through the identity provider for the first time.
    SsoLinked,
    /// The identity provider brought somebody new.
    SsoProvisioned,
    /// The provider's groups gave somebody another role, or put them into teams or out of them.
    SsoGroupsApplied,
    /// A vault was made.
    VaultCreated,
    /// A vault's name or description changed.
    VaultUpdated,
    /// A vault and everything in it was deleted.
    VaultDeleted,
    /// What is in a vault was written into a file.
    VaultExported,
    /// The passwords of a vault were looked for in a list of breached ones.
    VaultBreachesChecked,
    /// An owner of the organisation took on a vault that no member owned.
    VaultAdopted,
    /// Somebody, or a team, got a role in a vault, or another one or another end of it.
    VaultShared,
    /// Somebody, or a team, lost their role in a vault.
    VaultUnshared,
    /// A secret was stored.
    SecretCreated,
    /// A secret was stored as it was imported.
    SecretImported,
    /// It left with a file.
    SecretExported,
    /// A secret was changed.
    SecretUpdated,
    /// What a concealed field of a secret holds was shown.
    SecretRevealed,
    /// What a concealed field of a secret holds was copied.
    SecretCopied,
    /// A one-time code of a secret was shown.
    SecretCodeShown,
    /// A secret went into the trash.
    SecretTrashed,
    /// A secret came out of the trash again.
    SecretRestored,
    /// A secret, its versions and its key were deleted.
    SecretDeleted,
    /// A secret was moved to another vault.
    SecretMoved,
    /// A secret was given a tag, or lost one.
    SecretTagged,
    /// What a concealed field held in an earlier version was shown.
    SecretVersionRevealed,
    /// A secret is again what it was in an earlier version.
    SecretVersionRestored,
    /// Somebody keeps a secret at hand.
    SecretFavourited,
    /// Somebody no longer keeps a secret at hand.
    SecretUnfavourited,
    /// Somebody, or a team, got a role in one secret alone, or another one or another end of it.
    SecretShared,
    /// Somebody, or a team, lost their role in one secret.
    SecretUnshared,
    /// Somebody made a link with which outsiders see a part of a secret.
    LinkMade,
    /// Somebody outside opened a link.
    LinkOpened,
    /// Somebody brought a link and a wrong passphrase.
    LinkRefused,
    /// A link was withdrawn.
    LinkWithdrawn,
    /// A file was attached to a secret.
    AttachmentAdded,
    /// A file that is attached to a secret was read.
    AttachmentRead,
    /// A file was taken off a secret.
    AttachmentRemoved,
    /// The trail was exported as a file.
    AuditExported,
    /// The trail was read again, from its first entry to its last.
    AuditVerified,
    /// Entries that the plan does not keep any longer left the trail.
    AuditPruned,
    /// Somebody had a checkpoint of the trail made.
    CheckpointMade,
    /// Data keys were wrapped anew, with another master key.
    DataKeysRewrapped,
    /// Nothing depends on the earlier master key any more.
    MasterKeyRotated,
}

impl Action {
    /// The word in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrganizationCreated => "organization.created",
            Self::SignedIn => "session.signed-in",
            Self::SignedOut => "session.signed-out",
            Self::OrganizationSwitched => "session.switched",
            Self::SessionsRevoked => "session.revoked",
            Self::PasswordChanged => "account.password-changed",
            Self::PasswordReset => "account.password-reset",
            Self::ResetLinkMade => "account.reset-link-made",
            Self::ProfileUpdated => "account.updated",
            Self::EmailChangeRequested => "account.email-requested",
            Self::EmailChanged => "account.email-changed",
            Self::FactorBegun => "factor.begun",
            Self::FactorAdded => "factor.added",
            Self::FactorRenamed => "factor.renamed",
            Self::PasskeySuspended => "factor.suspended",
            Self::FactorRemoved => "factor.removed",
            Self::FactorsTakenAway => "factor.all-removed",
            Self::RecoveryCodesMade => "recovery-codes.made",
            Self::SecondFactorRefused => "session.second-factor-refused",
            Self::StepUpProved => "step-up.proved",
            Self::SignedUp => "account.signed-up",
            Self::ApiTokenCreated => "token.created",
            Self::ApiTokenRevoked => "token.revoked",
            Self::TeamCreated => "team.created",
            Self::TeamUpdated => "team.updated",
            Self::TeamDeleted => "team.deleted",
            Self::TeamMemberAdded => "team.member-added",
            Self::TeamMemberChanged => "team.member-changed",
            Self::TeamMemberRemoved => "team.member-removed",
            Self::OrganizationUpdated => "organization.updated",
            Self::PolicyChanged => "organization.policy-changed",
            Self::OrganizationTransferred => "organization.transferred",
            Self::InvitationCreated => "invitation.created",
            Self::InvitationResent => "invitation.resent",
            Self::InvitationWithdrawn => "invitation.withdrawn",
            Self::InvitationAccepted => "invitation.accepted",
            Self::MemberRoleChanged => "member.role-changed",
            Self::MemberConfirmed => "member.confirmed",
            Self::MemberDeactivated => "member.deactivated",
            Self::MemberReactivated => "member.reactivated",
            Self::MemberRemoved => "member.removed",
            Self::MemberLeft => "member.left",
            Self::UserProvisioned => "scim.user-created",
            Self::UserReprovisioned => "scim.user-updated",
            Self::UserDeprovisioned => "scim.user-deleted",
            Self::SsoChanged => "sso.changed",
            Self::SsoRemoved => "sso.removed",
            Self::SsoLinked => "sso.linked",
            Self::SsoProvisioned => "sso.provisioned",
            Self::SsoGroupsApplied => "sso.groups-applied",
            Self::VaultCreated => "vault.created",
            Self::VaultUpdated => "vault.updated",
            Self::VaultDeleted => "vault.deleted",
            Self::VaultExported => "vault.exported",
            Self::VaultBreachesChecked => "vault.breaches-checked",
            Self::VaultAdopted => "vault.adopted",
            Self::VaultShared => "vault.shared",
            Self::VaultUnshared => "vault.unshared",
            Self::SecretCreated => "secret.created",
            Self::SecretImported => "secret.imported",
            Self::SecretExported => "secret.exported",
            Self::SecretUpdated => "secret.updated",
            Self::SecretRevealed => "secret.revealed",
            Self::SecretCopied => "secret.copied",
            Self::SecretCodeShown => "secret.code-shown",
            Self::SecretTrashed => "secret.trashed",
            Self::SecretRestored => "secret.restored",
            Self::SecretDeleted => "secret.deleted",
            Self::SecretMoved => "secret.moved",
            Self::SecretTagged => "secret.tagged",
            Self::SecretVersionRevealed => "secret.version-revealed",
            Self::SecretVersionRestored => "secret.version-restored",
            Self::SecretFavourited => "secret.favourited",
            Self::SecretUnfavourited => "secret.unfavourited",
            Self::SecretShared => "secret.shared",
            Self::SecretUnshared => "secret.unshared",
            Self::LinkMade => "link.made",
            Self::LinkOpened => "link.opened",
            Self::LinkRefused => "link.refused",
            Self::LinkWithdrawn => "link.withdrawn",
            Self::AttachmentAdded => "attachment.added",
            Self::AttachmentRead => "attachment.read",
            Self::AttachmentRemoved => "attachment.removed",
            Self::AuditExported => "audit.exported",
            Self::AuditVerified => "audit.verified",
            Self::AuditPruned => PRUNED,
            Self::CheckpointMade => "checkpoint.made",
            Self::DataKeysRewrapped => "data-keys.rewrapped",
            Self::MasterKeyRotated => KEY_REPLACED,
        }
    }
}

/// What it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The kind: `vault`, `secret`, `organization`, `team`, `api-token`.
    pub kind: &'static str,
    /// Which one.
    pub id: Uuid,
}

/// How it ended. The words are ours: none of them comes from a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused, and why.
    Denied(&'static str),
    /// It was allowed and came to nothing, and why.
    Failed(&'static str),
}

impl Outcome {
    /// The word in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied(_) => "denied",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it did not end well.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Success => None,
            Self::Denied(reason) | Self::Failed(reason) => Some(reason),
        }
    }
}

/// One entry, before it is written. `detail` never holds a value that is sealed elsewhere.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: OffsetDateTime,
    /// Who; `None` for the system itself.
    pub actor: Option<UserId>,
    /// What.
    pub action: Action,
    /// To what.
    pub resource: Option<Resource>,
    /// What that is called, where it has a name. It is sealed where it is written down.
    pub name: Option<Redacted<String>>,
    /// How it ended.
    pub outcome: Outcome,
    /// More words, as a JSON object.
    pub detail: serde_json::Value,
    /// How they came in and from where; see [`super::circumstances`].
    pub circumstances: serde_json::Value,
}

impl Event {
    /// An entry about what somebody who is signed in did.
    #[must_use]
    pub fn by(at: OffsetDateTime, caller: &Caller, action: Action, resource: Resource) -> Self {
        Self {
            circumstances: circumstances::of(caller),
            ..Self::new(at, caller.user, action, resource)
        }
    }

    /// An entry without further words, where nobody is signed in yet.
    #[must_use]
    pub fn new(at: OffsetDateTime, actor: UserId, action: Action, resource: Resource) -> Self {
        let detail = serde_json::Value::Object(serde_json::Map::new());
        Self {
            at,
            actor: Some(actor),
            action,
            resource: Some(resource),
            name: None,
            outcome: Outcome::Success,
            detail,
            circumstances: circumstances::none(),
        }
    }

    /// An entry about what somebody did whom nobody knows: they came with a link.
    #[must_use]
    pub fn by_nobody(
        at: OffsetDateTime,
        origin: Origin,
        action: Action,
        resource: Resource,
        detail: serde_json::Value,
    ) -> Self {
        Self {
            at,
            actor: None,
            action,
            resource: Some(resource),
            name: None,
            outcome: Outcome::Success,
            detail,
            circumstances: circumstances::arriving(origin, Factors::LINK),
        }
    }

    /// An entry of the system itself, about the whole organisation.
    #[must_use]
    pub fn of_system(at: OffsetDateTime, action: Action, detail: serde_json::Value) -> Self {
        Self {
            at,
            actor: None,
            action,
            resource: None,
            name: None,
            outcome: Outcome::Success,
            detail,
            circumstances: circumstances::none(),
        }
    }

    /// The same with further words.
    #[must_use]
    pub fn with(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }

    /// The same with what the resource is called at this moment.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = (!name.is_empty()).then(|| Redacted::new(name.to_owned()));
        self
    }

    /// The same for something that was refused.
    #[must_use]
    pub const fn denied(mut self, reason: &'static str) -> Self {
        self.outcome = Outcome::Denied(reason);
        self
    }

    /// The same for something that was allowed and came to nothing.
    #[must_use]
    pub const fn failed(mut self, reason: &'static str) -> Self {
        self.outcome = Outcome::Failed(reason);
        self
    }

    /// The same with the approval that was demanded for it. The two have to be about the same act:
    /// nothing else is committed.
    #[must_use]
    pub fn approved(mut self, approval: Approval) -> Self {
        if let serde_json::Value::Object(members) = &mut self.circumstances {
            members.insert("approval".to_owned(), approval.into_json());
        }
        self
    }

    /// The same with the id of what came of it, where that could not be known when it was approved.
    #[must_use]
    pub fn made(mut self, id: Uuid) -> Self {
        if let serde_json::Value::Object(members) = &mut self.circumstances {
            members.insert("made".to_owned(), serde_json::json!(id));
        }
        self
    }

    /// The same with the digest of what was sealed, where that could not be known when it was approved.
    #[must_use]
    pub fn sealed_as(mut self, digest: &str) -> Self {
        if let serde_json::Value::Object(members) = &mut self.circumstances {
            members.insert("digest".to_owned(), serde_json::json!(digest));
        }
        self
    }

    /// The same with what the one who goes has seen; see [`super::exposure`].
    pub(super) fn with_receipt(mut self, receipt: serde_json::Value) -> Self {
        if let serde_json::Value::Object(members) = &mut self.circumstances {
            members.insert("exposure".to_owned(), receipt);
        }
        self
    }

    /// What an approval in it has to be about.
    pub(super) fn as_approved(&self, org: OrgId) -> Approved<'_> {
        Approved {
            org,
            actor: self.actor,
            action: self.action.as_str(),
            resource: self.resource.map(|resource| (resource.kind, resource.id)),
            detail: &self.detail,
            circumstances: &self.circumstances,
        }
    }

    /// The same, where a request came from before anybody was signed in.
    #[must_use]
    pub fn from(mut self, origin: Origin, factors: Factors) -> Self {
        self.circumstances = circumstances::arriving(origin, factors);
        self
    }
}

/// An entry as it is written.
#[derive(Clone, Debug)]
pub(super) struct Written<'a> {
    pub(super) org: OrgId,
    pub(super) id: AuditEventId,
    /// What the resource is called, sealed.
    pub(super) name: Option<&'a [u8]>,
    pub(super) server: Uuid,
    /// Microseconds since the server began.
    pub(super) monotonic: i64,
    pub(super) event: &'a Event,
}
