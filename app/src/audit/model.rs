//! What may happen, in words; an entry about it is in `event`.

use super::checkpoint::PRUNED;
pub(super) use super::event::Written;
pub use super::event::{Event, Outcome, Resource};
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
