//! Instants in signed documents: UTC, whole seconds, one way to write each.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};
use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

const FORMAT: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// The instant as `2027-01-01T00:00:00Z`; what is below a second is cut off.
///
/// # Errors
/// When its year has no four digits.
pub(crate) fn write(instant: OffsetDateTime) -> Result<String, time::error::Format> {
    instant.to_offset(time::UtcOffset::UTC).format(FORMAT)
}

/// Reads what [`write`] writes, and nothing else.
pub(crate) fn read(text: &str) -> Option<OffsetDateTime> {
    let instant = time::PrimitiveDateTime::parse(text, FORMAT)
        .ok()?
        .assume_utc();
    (write(instant).ok()? == text).then_some(instant)
}

pub(crate) fn serialize<S: Serializer>(
    instant: &OffsetDateTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let text = write(*instant).map_err(serde::ser::Error::custom)?;
    serializer.serialize_str(&text)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<OffsetDateTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    read(&text).ok_or_else(|| D::Error::custom("an instant is not UTC in whole seconds"))
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use time::macros::datetime;

    #[test]
    fn there_is_one_way_to_write_an_instant() {
        let text = "2027-01-01T00:00:00Z";
        assert_eq!(read(text), Some(datetime!(2027-01-01 00:00 UTC)));
        assert_eq!(write(datetime!(2027-01-01 02:00:00.9 +2)).unwrap(), text);
        let others = [
            "2027-01-01T00:00:00+00:00",
            "2027-01-01T02:00:00+02:00",
            "2027-01-01T00:00:00.0Z",
            "2027-01-01T00:00:00.000001Z",
            "2027-01-01t00:00:00z",
            "2027-01-01 00:00:00Z",
            "2027-01-01T00:00Z",
            "2027-01-01T00:00:60Z",
            "2027-01-01T24:00:00Z",
            "2027-02-29T00:00:00Z",
            "+2027-01-01T00:00:00Z",
            "12027-01-01T00:00:00Z",
            " 2027-01-01T00:00:00Z",
            "2027-01-01T00:00:00Z\n",
            "",
        ];
        for other in others {
            assert_eq!(read(other), None, "{other:?}");
        }
    }
}
