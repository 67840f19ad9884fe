//! The portal's files, embedded in the binary.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$VAULTTERM_PORTAL_DIST"]
struct Files;

/// Files below this folder have their content's digest in their name.
const HASHED: &str = "assets/";

/// One of the portal's files, if there is one of that name.
#[must_use]
pub fn file(path: &str, request: &HeaderMap) -> Option<Response> {
    let name = path.trim_start_matches('/');
    let plain = Files::get(name)?;
    let packed = accepts_gzip(request)
        .then(|| Files::get(&format!("{name}.gz")))
        .flatten();
    let is_packed = packed.is_some();
    let content = packed.unwrap_or(plain).data;
    let mut response = (StatusCode::OK, Body::from(content.into_owned())).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(content_type(name)),
    );
    let caching = if name.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Some(response)
}

/// A page of the portal: the file itself, or the page that all paths share.
#[must_use]
pub fn page(path: &str, index: &str, request: &HeaderMap) -> Option<Response> {
    let asset = path.trim_start_matches('/');
    if asset.starts_with(HASHED) {
        return file(asset, request);
    }
    file(asset, request).or_else(|| file(index, request))
}

fn accepts_gzip(request: &HeaderMap) -> bool {
    request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            coding
                .trim()
                .split(';')
                .next()
                .is_some_and(|name| name.trim() == "gzip")
        })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "webmanifest") => "application/json",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
