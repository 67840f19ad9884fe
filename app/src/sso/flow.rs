//! To the provider and back: the authorisation code flow with PKCE (RFC 6749, 7636, 9207).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue};
use reqwest::Url;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::admit::Arriving;
use super::model::Connection;
use super::pending::{BrowserCookie, Pending, digest, random};
use super::problem::Refusal;
use super::provider::{Provider, word};
use super::{groups, seal, settings, store, subjects};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::context::App;
use crate::edge::{Origin, Problem, UserAgent};
use crate::identity::{self, Arrival, Email};
use crate::infra::db::LookupTx;
use crate::kernel::{Factors, OrgId, UserId};

/// The longest code or state that is looked at.
const LONGEST: usize = 4096;

/// Where somebody begins.
pub(super) enum Begin {
    /// With an address, whose domain says which organisation.
    Email(String),
    /// With an organisation.
    Organization(OrgId),
}

/// Where a browser is to go, and the cookie that it takes along.
pub(super) struct Journey {
    pub(super) url: String,
    pub(super) cookie: HeaderValue,
}

/// Begins a sign-in.
pub(super) async fn start(app: &App, begin: Begin, next: Option<&str>) -> Result<Journey, Problem> {
    let (org, hint) = whither(app, begin).await?;
    let connection = settings::connection(app, org).await?;
    let connection = connection.filter(Connection::is_offered);
    let connection = connection.ok_or_else(settings::not_offered)?;
    let provider = Provider::of(app, &connection).await.map_err(away)?;
    let (state, nonce, verifier, browser) = (random()?, random()?, random()?, random()?);
    let pending = Pending {
        org,
        connection: connection.id,
        issuer: connection.issuer.clone(),
        client_id: connection.client_id.clone(),
        nonce: nonce.expose().clone(),
        verifier: verifier.expose().clone(),
        next: own_path(next),
        browser: digest(browser.expose()),
    };
    pending.keep(&app.cache, state.expose()).await?;
    let url = address(
        app,
        &provider,
        &connection,
        (&pending, state.expose()),
        hint,
    )?;
    let cookie = BrowserCookie::for_server(&app.server).set(&browser);
    let cookie = cookie.ok_or_else(Problem::internal)?;
    Ok(Journey { url, cookie })
}

/// The organisation that somebody belongs to by their address, or that they name.
async fn whither(app: &App, begin: Begin) -> Result<(OrgId, Option<Email>), Problem> {
    match begin {
        Begin::Organization(org) => Ok((org, None)),
        Begin::Email(text) => {
            let email = Email::parse(&text).map_err(|_| settings::not_offered())?;
            let domain = email.as_str().rsplit('@').next().unwrap_or_default();
            let mut tx = LookupTx::by_domain(&app.db, domain).await?;
            let found = store::home(&mut tx).await?;
            tx.finish();
            let org = found.ok_or_else(settings::not_offered)?;
            Ok((org, Some(email)))
        }
    }
}

/// The address at the provider.
fn address(
    app: &App,
    provider: &Provider<'_>,
    connection: &Connection,
    (pending, state): (&Pending, &str),
    hint: Option<Email>,
) -> Result<String, Problem> {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&pending.verifier));
    // Some providers list groups only to who asks for them.
    let groups = connection.group_claim.is_some() && provider.offers("groups");
    let scope = if groups {
        "openid email profile groups"
    } else {
        "openid email profile"
    };
    let endpoint = &provider.description.authorization_endpoint;
    let mut url = Url::parse(endpoint).map_err(|_| Problem::internal())?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &connection.client_id)
        .append_pair("redirect_uri", &settings::redirect_uri(app))
        .append_pair("scope", scope)
        .append_pair("state", state)
        .append_pair("nonce", &pending.nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    if let Some(hint) = hint {
        url.query_pairs_mut()
            .append_pair("login_hint", hint.as_str());
    }
    Ok(url.into())
}

/// A path of this portal; anything else, above all another site, becomes the first page.
fn own_path(next: Option<&str>) -> String {
    let own = next.filter(|path| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.');
        path.len() <= 500
            && path.starts_with('/')
            && !path.contains("//")
            && path.bytes().all(plain)
    });
    own.unwrap_or("/vaults").to_owned()
}

/// A provider that cannot be used, as the answer to who wanted to go there.
fn away(refusal: Refusal) -> Problem {
    refusal.log();
    match refusal {
        Refusal::Ours(problem) => problem,
        Refusal::Stranger
        | Refusal::MixedUp
        | Refusal::Changed
        | Refusal::Declined(_)
        | Refusal::Provider(_)
        | Refusal::Description(_)
        | Refusal::Token(_)
        | Refusal::Claims(_)
        | Refusal::NotAdmitted(_)
        | Refusal::NoSeat
        | Refusal::Secret(_) => Problem::new(
            http::StatusCode::BAD_GATEWAY,
            "sso-provider",
            "Your identity provider cannot be reached",
            "Your organisation's sign-in service does not answer as it should. Try again in a \
             moment, or tell your admin; the server's log says what is wrong.",
        ),
    }
}

/// What a provider sends a browser back with.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct Answer {
    /// What was given along.
    state: Option<String>,
    /// What is exchanged for the ID token.
    code: Option<String>,
    /// Who answers (RFC 9207).
    iss: Option<String>,
    /// What went wrong instead.
    error: Option<String>,
}

/// Ends a sign-in: the session's cookie, and the path to go on at.
pub(super) async fn finish(
    app: &App,
    answer: Answer,
    headers: &HeaderMap,
    (origin, user_agent): (Origin, UserAgent),
) -> Result<(HeaderValue, String), Refusal> {
    let state = answer
        .state
        .as_deref()
        .filter(|state| state.len() <= LONGEST);
    let browser = BrowserCookie::for_server(&app.server).read(headers);
    let state = state.ok_or(Refusal::Stranger)?;
    let pending = Pending::take(&app.cache, state, browser.as_ref()).await?;
    let connection = settings::connection(app, pending.org).await?;
    let connection = connection.filter(|found| is_the_same(found, &pending));
    let connection = connection.ok_or(Refusal::Changed)?;
    let provider = Provider::of(app, &connection).await?;
    let code = code(&answer, &provider, &pending)?;
    let secret = connection.secret.as_ref();
    let secret =
        secret.map(|sealed| seal::open(&app.keys, (connection.org, connection.id), sealed));
    let secret = secret.transpose()?;
    let redirect_uri = settings::redirect_uri(app);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri.as_str()),
        ("code_verifier", pending.verifier.as_str()),
    ];
    let claims = provider
        .redeem(&form, secret.as_ref(), &pending.nonce)
        .await?;
    let claim = connection.group_claim.as_deref();
    let groups = claim.map(|claim| claims.groups(claim)).unwrap_or_default();
    let arriving = Arriving {
        app,
        connection: &connection,
        claims: &claims,
        groups: &groups,
        origin,
    };
    let user = arriving.admit().await?;
    groups::apply(app, &connection, &groups, (user, origin)).await?;
    let cookie = enter(app, &connection, user, (origin, user_agent)).await?;
    Ok((cookie, pending.next))
}

/// Whether the organisation still trusts the provider that somebody was sent to.
fn is_the_same(connection: &Connection, pending: &Pending) -> bool {
    connection.is_offered()
        && connection.id == pending.connection
        && connection.issuer == pending.issuer
        && connection.client_id == pending.client_id
}

/// The code, if the one who answers is the one who was asked.
fn code<'a>(
    answer: &'a Answer,
    provider: &Provider<'_>,
    pending: &Pending,
) -> Result<&'a str, Refusal> {
    let named = provider
        .description
        .authorization_response_iss_parameter_supported;
    match answer.iss.as_deref() {
        Some(issuer) if issuer != pending.issuer => return Err(Refusal::MixedUp),
        None if named => return Err(Refusal::MixedUp),
        Some(_) | None => {}
    }
    if let Some(error) = &answer.error {
        return Err(Refusal::Declined(word(error)));
    }
    let code = answer.code.as_deref().filter(|code| code.len() <= LONGEST);
    code.ok_or_else(|| Refusal::Declined("no_code".to_owned()))
}

/// Records the sign-in and begins a session.
async fn enter(
    app: &App,
    connection: &Connection,
    user: UserId,
    (origin, user_agent): (Origin, UserAgent),
) -> Result<HeaderValue, Refusal> {
    let place = (user, connection.org);
    let role = identity::demand_entry(app, place, Factors::SSO).await?;
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, connection.org).await?;
    subjects::came_in(tx.tenant(), user, &connection.issuer, now).await?;
    let resource = Resource {
        kind: "organization",
        id: connection.org.as_uuid(),
    };
    let detail = json!({"method": "sso", "issuer": connection.issuer, "role": role});
    let event = Event::new(now, user, Action::SignedIn, resource)
        .with(detail)
        .from(origin, Factors::SSO);
    tx.commit(&app.keys, &event).await?;
    let arrival = Arrival {
        user,
        org: connection.org,
        role,
        factors: Factors::SSO,
        origin,
        user_agent,
    };
    let (_, cookie) = identity::start(app, arrival).await?;
    Ok(cookie)
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn the_way_back_leads_to_a_path_of_this_portal_alone() {
        for own in ["/vaults", "/vaults/0198-a", "/audit"] {
            assert_eq!(own_path(Some(own)), own);
        }
        for foreign in [
            "//evil.test",
            "/\\evil.test",
            "https://evil.test",
            "javascript:alert(1)",
            "/%2f/evil.test",
            "/vaults?next=//evil.test",
            "/a\r\nset-cookie: a=b",
            "/a//evil.test",
            "vaults",
            "",
        ] {
            assert_eq!(own_path(Some(foreign)), "/vaults", "{foreign}");
        }
        assert_eq!(own_path(None), "/vaults");
    }
}
