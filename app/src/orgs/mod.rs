//! Organisations and the people in them.
//!
//! | file | answers |
//! |---|---|
//! | `service` | how does the first organisation come about? |
//! | `organization` | what is it called? |
//! | `membership` | what can somebody be here? |
//! | `rules` | who may change whom? |
//! | `members` | who is here, and what is done about them? |
//! | `departure` | who goes, and who takes over? |
//! | `join` | how does somebody become a member? Sign-up, single sign-on and directories ask the same |
//! | `provision` | what does a directory or an identity provider do about people? |
//! | `invitation`, `invitations` | who is asked to come? |
//! | `acceptance` | who has said yes? |
//! | `founding` | how does the platform make one, and ask its first owner? |
//!
//! Only a confirmed membership is worth anything. The last owner is kept by the database itself.

mod acceptance;
mod departure;
mod founding;
mod invitation;
mod invitations;
mod join;
mod members;
mod membership;
mod model;
mod organization;
mod problem;
mod provision;
mod routes;
mod rules;
mod service;
mod store;

pub use founding::{OwnerLink, ask_owner, found};
pub use invitation::{InvitationState, InvitationView};
pub use join::{Basis, Joined, Joining, join};
pub use members::MemberView;
pub use membership::MemberState;
pub use provision::{give_role, set_active, take_out};
pub use routes::routes;
pub use service::{SetupLink, SetupLinkError, setup_link};
pub(crate) use store::{ids, some_ids};

#[cfg(test)]
mod tests;
