//! What an operation of a PATCH names (RFC 7644, 3.5.2): an attribute, a part of one, or the values of a
//! list that fit a filter.

use super::error::Error;
use super::filter::{Filter, Reader, Target, Token, find};
use super::schema::Attribute;

/// What is to be changed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    pub(super) attribute: &'static Attribute,
    pub(super) filter: Option<Filter>,
    pub(super) part: Option<&'static Attribute>,
}

impl Path {
    /// Reads one. The bounds are those of filters.
    pub(super) fn parse(
        text: &str,
        schema: &str,
        attributes: &'static [Attribute],
    ) -> Result<Self, Error> {
        if let Some(Target { attribute, part }) = find(text.trim(), schema, attributes) {
            return Ok(Self {
                attribute,
                filter: None,
                part,
            });
        }
        let unreadable = |_: Error| Error::path("The path cannot be read, or names nothing.");
        let mut reader = Reader::new(text, schema, attributes).map_err(unreadable)?;
        let target = reader.target().map_err(unreadable)?;
        let filter = reader.within(target, 0).map_err(unreadable)?;
        let part = match reader.next().map_err(unreadable)? {
            None => None,
            Some(Token::Word(word)) => {
                let named = word.strip_prefix('.').and_then(|name| {
                    let mut parts = target.attribute.parts.iter();
                    parts.find(|part| part.name.eq_ignore_ascii_case(name))
                });
                Some(named.ok_or_else(|| Error::path("The path names a part that is none."))?)
            }
            Some(_) => return Err(Error::path("The path goes on after its end.")),
        };
        reader.end().map_err(unreadable)?;
        Ok(Self {
            attribute: target.attribute,
            filter: Some(filter),
            part,
        })
    }

    /// Whether it may be written.
    pub(super) fn is_writable(&self) -> bool {
        self.attribute.writable && self.part.is_none_or(|part| part.writable)
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::{GROUP, GROUP_URN, USER, USER_URN};
    use super::Path;

    #[test]
    fn what_the_standard_shows_is_read() {
        let parse = |text: &str| Path::parse(text, USER_URN, USER).ok();
        let plain = parse("UserName").unwrap();
        assert_eq!((plain.attribute.name, plain.part), ("userName", None));
        let part = parse("urn:ietf:params:scim:schemas:core:2.0:User:name.familyName").unwrap();
        assert_eq!(part.part.unwrap().name, "familyName");
        let one = parse(r#"emails[type eq "work" and primary eq true].value"#).unwrap();
        assert!(one.filter.is_some());
        assert_eq!(one.part.unwrap().name, "value");
        let member = r#"members[value eq "2819c223-7f76-453a-919d-413861904646"]"#;
        let member = Path::parse(member, GROUP_URN, GROUP).unwrap();
        assert_eq!(member.attribute.name, "members");
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for bad in [
            "",
            "nobody",
            "name.nobody",
            "userName.value",
            "emails[",
            "emails[]",
            r#"emails[type eq "work"].nobody"#,
            r#"emails[type eq "work"] value"#,
            r#"emails[type eq "work"].value.value"#,
            r#"emails[type eq "work"]]"#,
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:core:2.0:User:",
            &"[".repeat(100_000),
            &"(".repeat(100_000),
            &format!("emails[{}", "(".repeat(100_000)),
            &format!("emails[{}", "(".repeat(3000)),
        ] {
            assert!(Path::parse(bad, USER_URN, USER).is_err(), "{bad:.40}");
        }
    }
}
