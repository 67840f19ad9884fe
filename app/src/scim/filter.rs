//! Filters (RFC 7644, 3.4.2.2), read with bounds before anything else happens to them.
//!
//! A filter is text from outside and may be made to hurt: it is refused by its length before a character
//! is looked at, by its depth while it is read, and by the number of its comparisons, which bounds the
//! work on each resource.

use serde_json::Value;

use super::error::Error;
use super::schema::{Attribute, Kind};

/// The longest filter, in bytes.
const LONGEST: usize = 4000;
/// How deep brackets may stand in one another.
const DEEPEST: usize = 20;
/// How many comparisons there may be.
const MOST: usize = 50;

/// A filter that was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    /// `attribute op value`.
    Compare(Target, Comparison, Value),
    /// `attribute pr`.
    Present(Target),
    /// `attribute[filter]`: one of its values fits.
    Within(&'static Attribute, Box<Filter>),
}

/// An attribute, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Target {
    pub(super) attribute: &'static Attribute,
    pub(super) part: Option<&'static Attribute>,
}

impl Target {
    /// What is compared.
    pub(super) fn last(&self) -> &'static Attribute {
        self.part.unwrap_or(self.attribute)
    }
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "co" => Self::Contains,
            "sw" => Self::StartsWith,
            "ew" => Self::EndsWith,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            _other => return None,
        })
    }

    /// Whether it asks for an order, which booleans have none of.
    const fn orders(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }
}

impl Filter {
    /// Reads a filter over these attributes, of which `schema` is the URN.
    pub(super) fn parse(
        text: &str,
        schema: &str,
        attributes: &'static [Attribute],
    ) -> Result<Self, Error> {
        let mut reader = Reader::new(text, schema, attributes)?;
        let filter = reader.either(0)?;
        reader.end()?;
        Ok(filter)
    }

    /// The text that an attribute has to equal, whatever else is asked: what an index can be asked for.
    /// A text with a NUL the database cannot be asked for; nothing equals it.
    pub(super) fn wants(&self, name: &str) -> Option<&str> {
        match self {
            Self::Compare(target, Comparison::Equal, Value::String(text))
                if target.part.is_none()
                    && target.attribute.name == name
                    && !text.contains('\0') =>
            {
                Some(text)
            }
            Self::And(all) => all.iter().find_map(|filter| filter.wants(name)),
            _ => None,
        }
    }
}

/// A word or a sign of a filter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    OpenValue,
    CloseValue,
    Word(String),
    Text(String),
}

/// Reads tokens. `at` goes forward only.
pub(super) struct Reader<'a> {
    rest: &'a str,
    schema: &'a str,
    attributes: &'static [Attribute],
    comparisons: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        text: &'a str,
        schema: &'a str,
        attributes: &'static [Attribute],
    ) -> Result<Self, Error> {
        if text.len() > LONGEST {
            return Err(Error::filter("The filter is too long."));
        }
        Ok(Self {
            rest: text.trim_start(),
            schema,
            attributes,
            comparisons: 0,
        })
    }

    /// The next token, which is taken.
    pub(super) fn next(&mut self) -> Result<Option<Token>, Error> {
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        let sign = match first {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '[' => Some(Token::OpenValue),
            ']' => Some(Token::CloseValue),
            _ => None,
        };
        let (token, length) = match sign {
            Some(sign) => (sign, 1),
            None if first == '"' => text(self.rest)?,
            None => word(self.rest)?,
        };
        self.rest = self.rest.get(length..).unwrap_or("").trim_start();
        Ok(Some(token))
    }

    /// What comes next, which stays.
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn peek_word(&self, wanted: &str) -> bool {
        matches!(word(self.rest), Ok((Token::Word(found), _)) if found.eq_ignore_ascii_case(wanted))
    }

    pub(super) fn end(&self) -> Result<(), Error> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Error::filter("The filter goes on after its end."))
        }
    }

    /// `a or b or c`.
    pub(super) fn either(&mut self, depth: usize) -> Result<Filter, Error> {
        let mut all = vec![self.both(depth)?];
        while self.peek_word("or") {
            self.next()?;
            all.push(self.both(depth)?);
        }
        Ok(alone(all, Filter::Or))
    }

    /// `a and b and c`, which binds closer.
    fn both(&mut self, depth: usize) -> Result<Filter, Error> {
        let mut all = vec![self.one(depth)?];
        while self.peek_word("and") {
            self.next()?;
            all.push(self.one(depth)?);
        }
        Ok(alone(all, Filter::And))
    }

    fn one(&mut self, depth: usize) -> Result<Filter, Error> {
        if depth > DEEPEST {
            return Err(Error::filter("The filter has too many brackets."));
        }
        if self.peek_word("not") {
            self.next()?;
            if self.peek() != Some('(') {
                return Err(Error::filter("A bracket has to follow not."));
            }
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.peek() == Some('(') {
            self.next()?;
            let inner = self.either(depth + 1)?;
            return match self.next()? {
                Some(Token::Close) => Ok(inner),
                _ => Err(Error::filter("A bracket is not closed.")),
            };
        }
        self.comparison(depth)
    }

    fn comparison(&mut self, depth: usize) -> Result<Filter, Error> {
        self.comparisons += 1;
        if self.comparisons > MOST {
            return Err(Error::filter("The filter has too many comparisons."));
        }
        let target = self.target()?;
        if self.peek() == Some('[') {
            let filter = self.within(target, depth)?;
            return Ok(Filter::Within(target.attribute, Box::new(filter)));
        }
        let Some(Token::Word(operator)) = self.next()? else {
            return Err(Error::filter("An operator has to follow an attribute."));
        };
        if operator.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(target));
        }
        let comparison = Comparison::of(&operator)
            .ok_or_else(|| Error::filter("The filter has an operator that is none."))?;
        let value = match self.next()? {
            Some(Token::Text(text)) => Value::String(text),
            Some(Token::Word(word)) => literal(&word)?,
            _ => return Err(Error::filter("A value has to follow an operator.")),
        };
        if comparison.orders() && target.last().kind == Kind::Boolean {
            return Err(Error::filter("Booleans have no order."));
        }
        Ok(Filter::Compare(target, comparison, value))
    }

    /// `[filter]` behind an attribute: what is named in it are the attribute's parts.
    pub(super) fn within(&mut self, target: Target, depth: usize) -> Result<Filter, Error> {
        if target.part.is_some() || !target.attribute.multi || target.attribute.parts.is_empty() {
            return Err(Error::filter("Square brackets follow a list of values."));
        }
        self.next()?;
        let outer = std::mem::replace(&mut self.attributes, target.attribute.parts);
        let filter = self.either(depth + 1)?;
        self.attributes = outer;
        match self.next()? {
            Some(Token::CloseValue) => Ok(filter),
            _ => Err(Error::filter("A square bracket is not closed.")),
        }
    }

    /// An attribute, with its schema before it or not, and a part of it behind a dot.
    pub(super) fn target(&mut self) -> Result<Target, Error> {
        let Some(Token::Word(name)) = self.next()? else {
            return Err(Error::filter("An attribute is expected."));
        };
        find(&name, self.schema, self.attributes)
            .ok_or_else(|| Error::filter("The filter names an attribute that is none."))
    }
}

/// Finds an attribute by its name, in any case (RFC 7643, 2.1).
pub(super) fn find(name: &str, schema: &str, attributes: &'static [Attribute]) -> Option<Target> {
    let name = match name.split_at_checked(schema.len()) {
        Some((urn, rest)) if urn.eq_ignore_ascii_case(schema) => rest.strip_prefix(':')?,
        _ => name,
    };
    let (name, part) = match name.split_once('.') {
        Some((name, part)) => (name, Some(part)),
        None => (name, None),
    };
    let by_name = |attributes: &'static [Attribute], name: &str| {
        attributes
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    };
    let attribute = by_name(attributes, name)?;
    let part = match part {
        None => None,
        Some(part) => Some(by_name(attribute.parts, part)?),
    };
    Some(Target { attribute, part })
}

fn alone(mut all: Vec<Filter>, several: fn(Vec<Filter>) -> Filter) -> Filter {
    match (all.pop(), all.is_empty()) {
        (Some(one), true) => one,
        (last, _) => {
            all.extend(last);
            several(all)
        }
    }
}

/// A JSON string at the beginning of a text, and how long it is.
fn text(rest: &str) -> Result<(Token, usize), Error> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let literal = rest.get(..=at).unwrap_or("");
                let text = serde_json::from_str(literal)
                    .map_err(|_| Error::filter("A text in the filter is not JSON."))?;
                return Ok((Token::Text(text), literal.len()));
            }
            _ => {}
        }
    }
    Err(Error::filter("A text in the filter does not end."))
}

/// A word at the beginning of a text, and how long it is.
fn word(rest: &str) -> Result<(Token, usize), Error> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.:$+".contains(c);
    let length = rest.find(|c| !allowed(c)).unwrap_or(rest.len());
    match rest.get(..length) {
        Some(word) if !word.is_empty() => Ok((Token::Word(word.to_owned()), length)),
        _ => Err(Error::filter("The filter has a sign that is none of it.")),
    }
}

fn literal(word: &str) -> Result<Value, Error> {
    let value: Value = serde_json::from_str(&word.to_ascii_lowercase())
        .map_err(|_| Error::filter("A text in a filter stands in quotation marks."))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::super::schema::{USER, USER_URN};
    use super::{Filter, LONGEST};

    fn parse(text: &str) -> Option<Filter> {
        Filter::parse(text, USER_URN, USER).ok()
    }

    #[test]
    fn what_the_standard_shows_is_read() {
        for good in [
            r#"userName eq "bjensen""#,
            r#"USERNAME Eq "bjensen""#,
            r#"name.familyName co "O'Malley""#,
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
            r#"userName pr and active eq true"#,
            r#"not (userName eq "a")"#,
            r#"active eq true and (emails co "example.com" or emails.value co "example.org")"#,
            r#"emails[type eq "work" and value co "@example.com"]"#,
            r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
            r#"externalId eq "\u0061\"b\\""#,
            r#"displayName eq null"#,
        ] {
            assert!(parse(good).is_some(), "{good}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for bad in [
            "",
            "userName",
            "userName eq",
            "userName eq bjensen",
            "userName xx \"a\"",
            "userName eq \"a",
            "userName eq \"a\" \"b\"",
            "userName eq \"a\")",
            "(userName eq \"a\"",
            "not userName eq \"a\"",
            "active gt true",
            "nobody eq \"a\"",
            "userName.part eq \"a\"",
            "password eq \"a\"",
            "emails[type eq \"work\"",
            "userName[type eq \"work\"]",
            "emails[userName eq \"work\"]",
            "userName eq \"a\"; DROP TABLE users",
            "userName eq 'a' or 1=1 --",
            "and",
            "or",
            "\u{0}",
            "userName eq \"\u{0}\"",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn brackets_and_comparisons_are_bounded() {
        let nested =
            |depth: usize| format!("{}active eq true{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(15)).is_some());
        for depth in [30, 1000, LONGEST / 2 - 10, 100_000] {
            assert!(parse(&nested(depth)).is_none(), "{depth}");
        }
        assert!(parse(&"(".repeat(100_000)).is_none());
        assert!(parse(&"[".repeat(100_000)).is_none());
        assert!(parse(&"not (".repeat(LONGEST / 5)).is_none());
        assert!(parse(&"emails[".repeat(LONGEST / 7)).is_none());
        let wide = vec!["active eq true"; 51].join(" and ");
        assert!(parse(&wide).is_none());
    }

    #[test]
    fn and_binds_closer_than_or() {
        let filter = parse(r#"active eq true or active eq false and userName pr"#);
        let Some(Filter::Or(all)) = filter else {
            panic!("{filter:?}");
        };
        assert!(matches!(
            all.as_slice(),
            [Filter::Compare(..), Filter::And(_)]
        ));
    }

    #[test]
    fn an_index_is_asked_only_for_what_has_to_be() {
        let wants = |text: &str| {
            let filter = parse(text).unwrap();
            filter.wants("userName").map(str::to_owned)
        };
        assert_eq!(wants(r#"userName eq "a""#).unwrap(), "a");
        assert_eq!(wants(r#"active eq true and userName eq "a""#).unwrap(), "a");
        for other in [
            r#"userName ne "a""#,
            r#"not (userName eq "a")"#,
            r#"userName eq "a" or active eq true"#,
        ] {
            assert_eq!(wants(other), None, "{other}");
        }
    }
}
