//! What the customer has bought: the licence in force, the plan matrix, seats.
//!
//! | file | answers |
//! |---|---|
//! | `matrix` | what does each tier grant? The one table |
//! | `establish` | is the licence one that the server may start with? |
//! | `mark` | was what is remembered of it deleted, exchanged or copied? |
//! | `licensing` | what applies right now? |
//! | `offer` | is this a better licence? |
//! | `keep` | is there another one, on this replica or on any? |
//! | `seats` | may one more person be a member? |
//!
//! Missing, malformed, forged or superseded is fatal at boot in production. After that nothing of the
//! licence ends the process: a better one is taken within seconds, a bad one is refused and changes
//! nothing, and one that has lapsed leaves the free tier's limits.

mod establish;
mod file;
mod ground;
mod in_force;
mod keep;
mod licensing;
mod mark;
mod matrix;
mod offer;
mod refusal;
mod remembered;
mod seats;
mod store;
mod view;

pub use establish::{Presented, establish, present};
pub use ground::{Ground, Opens, Place};
pub use keep::keep;
pub use licensing::Licensing;
pub use mark::{MarkRefused, Notice};
pub use matrix::{Entitlements, Feature, table};
pub use offer::UploadError;
pub use refusal::{LicenseError, Refusal, Source};
pub use remembered::remembered_counter;
pub use seats::{Seat, SeatRefused, take as take_seat, used as seats_used};
pub use view::{LicenseDetail, LicenseView};

#[cfg(test)]
mod tests;
