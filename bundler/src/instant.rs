//! When a bundle counts as built.

use crate::error::Error;

/// The instant in seconds since 1970: that of `SOURCE_DATE_EPOCH`
/// (<https://reproducible-builds.org/specs/source-date-epoch/>) where it is set, so that the same
/// inputs give the same bytes, and the present one otherwise.
pub(crate) fn of_build() -> Result<u64, Error> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the rim where the build's conventions are read"
    )]
    let (given, now) = (
        std::env::var("SOURCE_DATE_EPOCH").ok(),
        std::time::SystemTime::now(),
    );
    match given.filter(|text| !text.is_empty()) {
        Some(text) => text.parse().map_err(|_| Error::SourceDate),
        None => now
            .duration_since(std::time::UNIX_EPOCH)
            .map(|since| since.as_secs())
            .map_err(|_| Error::SourceDate),
    }
}

/// The present, for telling an age.
pub(crate) fn now() -> time::OffsetDateTime {
    #[expect(clippy::disallowed_methods, reason = "the rim where the clock is read")]
    time::OffsetDateTime::now_utc()
}
