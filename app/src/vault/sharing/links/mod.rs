//! Links with which somebody outside sees a few fields of a secret, so many times and until an instant.
//!
//! What a link shows is sealed when it is made, under a key that follows from its token. The token
//! is handed over once and not kept, so from then on nobody opens that copy without it: not with the
//! database, not with the master key, and not this server by itself. A later change of the record does not
//! show through: whoever makes a link has decided about what they saw, and whoever changes a password
//! later does not hand it to somebody outside without knowing.
//!
//! | somebody tries to | and |
//! |---|---|
//! | open it more often than it may be | opening counts down in one statement; the last use takes the value with it |
//! | open it a hundred times at once | the same: the row is locked and looked at again |
//! | guess a token | 256 random bits, and attempts are counted by network |
//! | guess a passphrase with a token that they found | ten in a quarter of an hour, counted before they are judged, each in the trail |
//! | see what may only be used | none is made for such a record; those made before end when it becomes one, and show no version up to then even if it is opened again |
//! | keep a way in when they go | a link ends with the record, its vault, and the membership of whoever made it; it lasts no longer than the role that it was made by, and opens only while its maker could make it |

mod make;
mod model;
mod open;
mod token;

pub(super) use make::{list, make, withdraw};
pub(super) use model::{LinkAddress, LinkHead, LinkShows, NewLink, OpenLink, SecretLink};
pub(super) use open::open;
