//! Sharing: who may see what, why, and until when. It gives access and never copies a value.
//!
//! | file | answers |
//! |---|---|
//! | `grants` | what is given to people and teams, in a vault or in one record? |
//! | `rules` | what may somebody give and take? |
//! | `readers` | who can see a record, and why? |
//! | `mine` | which records does somebody have on their own? |
//! | `links` | what does somebody outside see, by a link? |
//!
//! Whoever may manage a vault's members decides about it and about its records. Nobody gives more than
//! they have, or for longer. A vault keeps a person who owns it: the database does that.

mod grants;
mod links;
mod mine;
mod model;
mod readers;
mod routes;
mod rules;
mod store;

pub(super) use routes::routes;
pub(super) use store::links::forget_ended;

#[cfg(test)]
mod tests;
