//! Backups by the clock: a service and a timer of systemd.

mod systemd;
mod units;

pub(crate) use systemd::{Systemd, is_time};
pub(crate) use units::{Job, NAMES, Unit};
