//! Somebody who sends requests.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Answer, ORIGIN};

/// A browser: it has an address, sends our origin, and keeps its session cookie.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    router: Router,
    address: IpAddr,
    prefix: &'static str,
    host: &'static str,
    cookie: Option<String>,
    bearer: Option<String>,
    origin: Option<String>,
    step_up: Option<String>,
    headers: Vec<(&'static str, String)>,
}

impl Client {
    /// A new browser in front of a plane.
    pub(crate) fn new(router: Router, address: IpAddr, prefix: &'static str) -> Self {
        let origin = Some(ORIGIN.to_owned());
        Self {
            router,
            address,
            prefix,
            host: "localhost:4000",
            cookie: None,
            bearer: None,
            origin,
            step_up: None,
            headers: Vec::new(),
        }
    }

    /// The same in front of the admin plane.
    pub(crate) fn on_the_admin_port(mut self) -> Self {
        self.host = "localhost:4100";
        self.origin = Some("http://localhost:4100".to_owned());
        self
    }

    /// The same, with a proof for the requests that it sends.
    pub(crate) fn with_step_up(mut self, id: &str) -> Self {
        self.step_up = Some(id.to_owned());
        self
    }

    /// The same, with a header more in each request.
    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same with another cookie.
    pub(crate) fn with_cookie(mut self, cookie: Option<String>) -> Self {
        self.cookie = cookie;
        self
    }

    /// The same with a bearer token.
    pub(crate) fn with_bearer(mut self, token: &str) -> Self {
        self.bearer = Some(token.to_owned());
        self
    }

    /// The same without one.
    pub(crate) fn without_bearer(mut self) -> Self {
        self.bearer = None;
        self
    }

    /// The site that its requests say they come from.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// The address that it comes from.
    pub(crate) const fn address(&self) -> IpAddr {
        self.address
    }

    /// The same from another address.
    pub(crate) fn with_address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// The same from another site, or from none.
    pub(crate) fn with_origin(mut self, origin: Option<&str>) -> Self {
        self.origin = origin.map(str::to_owned);
        self
    }

    /// The cookie that it holds.
    pub(crate) fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// GET.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// DELETE.
    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// POST of JSON.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// PUT of JSON.
    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// PATCH of JSON.
    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// Changes a secret from a version.
    pub(crate) async fn change(&self, secret: &str, version: i32, change: Value) -> Answer {
        let seen = format!("\"{version}\"");
        let client = self.clone().with_header("if-match", &seen);
        client.patch(secret, change).await
    }

    /// Shows what a field of a secret holds.
    pub(crate) async fn reveal(&self, secret: &str, field: &str) -> Answer {
        let body = json!({"field": field});
        self.post(&format!("{secret}/reveal"), body).await
    }

    /// Any method, with or without JSON.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        match body {
            None => self.send_raw(method, path, None, Vec::new()).await,
            Some(json) => {
                let bytes = json.to_string().into_bytes();
                self.send_raw(method, path, Some("application/json"), bytes)
                    .await
            }
        }
    }

    /// Any bytes under any media type.
    pub(crate) async fn send_raw(
        &self,
        method: Method,
        path: &str,
        media_type: Option<&str>,
        body: Vec<u8>,
    ) -> Answer {
        let request = self.request(method, path, media_type, body);
        self.send_request(request).await
    }

    /// The answer to a request of JSON, of which nobody has read the body.
    pub(crate) async fn unread(&self, method: Method, path: &str, body: &Value) -> Response<Body> {
        let bytes = body.to_string().into_bytes();
        let mut request = self.request(method, path, Some("application/json"), bytes);
        let peer = SocketAddr::new(self.address, 40_000);
        request.extensions_mut().insert(ConnectInfo(peer));
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// A request with whatever this browser has.
    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        media_type: Option<&str>,
        body: impl Into<Body>,
    ) -> Request<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.prefix));
        if let Some(media_type) = media_type {
            request = request.header(header::CONTENT_TYPE, media_type);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(token) = &self.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(origin) = &self.origin {
            request = request.header(header::ORIGIN, origin);
        }
        request = request.header(header::HOST, self.host);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(id) = &self.step_up {
            request = request.header("vaultterm-step-up", id);
        }
        request.body(body.into()).unwrap()
    }

    /// The body of an answer that is read to its end; none when it breaks off before.
    pub(crate) async fn read_request(&self, request: Request<Body>) -> Option<Bytes> {
        let response = self.answer(request).await;
        let promised = response.headers().get(header::CONTENT_LENGTH).cloned();
        let body = response.into_body().collect().await.ok()?.to_bytes();
        let promised: usize = promised?.to_str().unwrap().parse().unwrap();
        (body.len() == promised).then_some(body)
    }

    /// The answer to JSON, with its body still to come.
    pub(crate) async fn begin(&self, method: Method, path: &str, body: &Value) -> Response<Body> {
        let bytes = body.to_string().into_bytes();
        self.answer(self.request(method, path, Some("application/json"), bytes))
            .await
    }

    /// A request of this browser with a body of any kind.
    pub(crate) fn raw_request(&self, method: Method, path: &str, body: Body) -> Request<Body> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.prefix))
            .header(header::COOKIE, self.cookie.as_deref().unwrap_or_default())
            .header(header::ORIGIN, self.origin.as_deref().unwrap_or_default())
            .header(header::HOST, self.host);
        request.body(body).unwrap()
    }

    /// The answer to a request, with its body still to come.
    pub(crate) async fn answer(&self, mut request: Request<Body>) -> Response<Body> {
        let peer = SocketAddr::new(self.address, 40_000);
        request.extensions_mut().insert(ConnectInfo(peer));
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// A request as it is, from this browser's address.
    pub(crate) async fn send_request(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.answer(request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}
