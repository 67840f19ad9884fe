//! Dates as they are typed and shown. All of them are UTC.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// An instant that bounds a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Term(pub(crate) OffsetDateTime);

/// The end of a term: a day counts in full, so the term ends when the next day begins.
pub(crate) fn end(text: &str) -> Result<Term, String> {
    parse(text, |day| day.next_day().unwrap_or(day))
}

/// The beginning of a term: a day begins at midnight.
pub(crate) fn begin(text: &str) -> Result<Term, String> {
    parse(text, |day| day)
}

fn parse(text: &str, bound: impl Fn(Date) -> Date) -> Result<Term, String> {
    if let Ok(day) = Date::parse(text, format_description!("[year]-[month]-[day]")) {
        return Ok(Term(bound(day).midnight().assume_utc()));
    }
    OffsetDateTime::parse(text, &Rfc3339)
        .map(Term)
        .map_err(|_| "expected a day (2027-12-31) or an instant (2027-12-31T12:00:00Z)".to_owned())
}

/// An instant as a person reads it.
pub(crate) fn show(instant: OffsetDateTime) -> String {
    instant
        .format(format_description!(
            "[year]-[month]-[day] [hour]:[minute] UTC"
        ))
        .unwrap_or_else(|_| instant.to_string())
}

#[cfg(test)]
mod tests {
    use super::{begin, end};
    use time::macros::datetime;

    #[test]
    fn the_last_day_counts_in_full() {
        assert_eq!(
            end("2027-12-31").unwrap().0,
            datetime!(2028-01-01 00:00 UTC)
        );
        assert_eq!(
            begin("2027-12-31").unwrap().0,
            datetime!(2027-12-31 00:00 UTC)
        );
        assert_eq!(
            end("2027-12-31T12:00:00Z").unwrap().0,
            datetime!(2027-12-31 12:00 UTC)
        );
        for text in ["", "tomorrow", "2027-02-30", "31.12.2027"] {
            assert!(end(text).is_err(), "{text}");
        }
    }
}
