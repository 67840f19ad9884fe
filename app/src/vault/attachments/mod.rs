//! Files that are attached to a secret.
//!
//! A file is sealed in pieces of 64 KiB as it comes, and opened in pieces as it goes: memory stays flat
//! however long it is. Each piece is bound to its file, its number, and whether it is the last one, by
//! its associated data, under the record's own data key: pieces cannot be put into another order, cut off
//! or taken from elsewhere. What does not open ends the answer before the promised length, which a
//! browser takes for the failure that it is.
//!
//! | file | answers |
//! |---|---|
//! | `upload` | how does a file come in? |
//! | `download` | how does it go out? |
//! | `service` | what is there, and what is taken off again? |
//! | `chunk` | how is a piece sealed? |
//! | `name` | what may a file be called, here and on its way to a browser? |
//!
//! Every file goes out as a download of no particular kind, in a sandbox: what is in an SVG or an HTML page
//! never runs here. Of a record that may only be used no file goes out.

mod chunk;
mod download;
mod model;
mod name;
mod routes;
mod service;
mod store;
mod upload;

pub(super) use chunk::File;
pub(super) use routes::routes;
pub(super) use service::named;
pub(super) use upload::sweep;

#[cfg(test)]
mod count_tests;
#[cfg(test)]
mod lasting_tests;
#[cfg(test)]
mod tests;
