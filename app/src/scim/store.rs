//! SQL of what a directory says.

mod groups;
mod users;

pub(super) use groups::{
    Group, GroupPage, count as count_groups, groups, members, put_external_id, users_among,
};
pub(super) use users::{
    Person, UserPage, count as count_users, find, known, lock, memberships, put, users, was_removed,
};
