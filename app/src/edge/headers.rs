//! Headers that every answer carries.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// No inline script or style, nothing from elsewhere, nobody frames us.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// For what somebody else has written: a page of its own, in which nothing runs and from which nothing is
/// loaded.
pub const SANDBOX: &str = "default-src 'none'; sandbox";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
];

/// Adds them. Answers that say nothing about caching are not cached, and one that is shut into a sandbox
/// stays there.
pub(super) fn secure(headers: &mut HeaderMap) {
    let sandbox = headers
        .remove(header::CONTENT_SECURITY_POLICY)
        .filter(|own| own == SANDBOX);
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(sandbox) = sandbox {
        headers.insert(header::CONTENT_SECURITY_POLICY, sandbox);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}
