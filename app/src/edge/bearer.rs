//! Bearer tokens (RFC 6750, 2.1).

use http::{HeaderMap, header};

/// What a request shows for a token. Where it shows any, nothing else of it says who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer<'a> {
    /// None.
    Absent,
    /// One.
    One(&'a str),
    /// Several, or one that is no text.
    Unusable,
}

impl<'a> Bearer<'a> {
    /// Reads the header. Other schemes are no matter of ours: a proxy in front may have its own.
    #[must_use]
    pub fn of(headers: &'a HeaderMap) -> Self {
        let mut shown = headers
            .get_all(header::AUTHORIZATION)
            .iter()
            .filter_map(|value| token(value.as_bytes()));
        match (shown.next(), shown.next()) {
            (None, _) => Self::Absent,
            (Some(token), None) => std::str::from_utf8(token).map_or(Self::Unusable, Self::One),
            (Some(_), Some(_)) => Self::Unusable,
        }
    }
}

/// What follows the scheme, if the scheme is this one.
fn token(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked("bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| rest.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::Bearer;
    use http::{HeaderMap, HeaderValue, header};

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value).unwrap();
            headers.append(header::AUTHORIZATION, value);
        }
        headers
    }

    #[test]
    fn one_token_is_read_and_several_are_none() {
        assert_eq!(Bearer::of(&headers(&[])), Bearer::Absent);
        assert_eq!(Bearer::of(&headers(&[b"Basic YTpi"])), Bearer::Absent);
        assert_eq!(Bearer::of(&headers(&[b"Bearer"])), Bearer::Absent);
        assert_eq!(Bearer::of(&headers(&[b"bEARER  a "])), Bearer::One("a"));
        let both = headers(&[b"Basic YTpi", b"Bearer a"]);
        assert_eq!(Bearer::of(&both), Bearer::One("a"));
        let twice = headers(&[b"Bearer a", b"Bearer a"]);
        assert_eq!(Bearer::of(&twice), Bearer::Unusable);
        assert_eq!(Bearer::of(&headers(&[b"Bearer \xff"])), Bearer::Unusable);
    }
}
