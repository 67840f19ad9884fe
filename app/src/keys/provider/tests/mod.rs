//! The Transit provider against the stand-in, in the clear and through TLS.

pub(crate) mod stand_in;
mod tls;

use stand_in::{KEY, ROLE, SECRET_ID, StandIn, TOKEN};

use super::{KeyProvider as _, Transit, TransitError};
use crate::config::{TransitAuth, TransitConfig};
use crate::kernel::Redacted;

const MASTER: [u8; 32] = *b"a master key of exactly 32 bytes";

fn config(vault: &StandIn) -> TransitConfig {
    TransitConfig {
        address: format!("http://{}", vault.address()),
        trust: None,
        namespace: None,
        auth: TransitAuth::Token(Redacted::new(TOKEN.to_owned())),
        mount: "transit".to_owned(),
        key: KEY.to_owned(),
    }
}

fn approle(role: &str, secret: &str) -> TransitAuth {
    TransitAuth::AppRole {
        role: role.to_owned(),
        secret: Redacted::new(secret.to_owned()),
    }
}

fn transit(config: TransitConfig) -> Transit {
    Transit::new(config, None).unwrap().hurried()
}

async fn sealed(vault: &StandIn) -> String {
    let key = Redacted::new(MASTER);
    transit(config(vault)).seal(&key).await.unwrap()
}

async fn refused(config: TransitConfig, ciphertext: &str) -> TransitError {
    let error = transit(config).open(ciphertext).await.unwrap_err();
    let text = crate::edge::error_chain(&error);
    for secret in [TOKEN, SECRET_ID, ciphertext, "permission denied"] {
        assert!(!text.contains(secret), "{text}");
        assert!(!format!("{error:?}").contains(secret), "{error:?}");
    }
    assert!(
        text.contains("KEY_HCV") || text.contains("MASTER_KEY"),
        "no cure: {text}"
    );
    error
}

#[tokio::test]
async fn what_is_sealed_opens_again_with_a_token_and_with_an_approle() {
    let vault = StandIn::start().await;
    let first = sealed(&vault).await;
    assert!(first.starts_with("vault:v1:"), "{first}");
    assert_ne!(first, sealed(&vault).await);
    for auth in [
        TransitAuth::Token(Redacted::new(TOKEN.to_owned())),
        approle(ROLE, SECRET_ID),
    ] {
        let config = TransitConfig {
            auth,
            ..config(&vault)
        };
        assert!(!format!("{config:?}").contains("nobody-may-see"));
        let both = Some((first.clone(), Some(first.clone())));
        let provider = Transit::new(config, both).unwrap().hurried();
        let keys = provider.master_keys().await.unwrap();
        assert_eq!(keys.key.expose(), &MASTER);
        assert_eq!(keys.next.unwrap().expose(), &MASTER);
    }
}

#[tokio::test]
async fn a_namespace_is_asked_for_and_another_one_has_nothing() {
    let vault = StandIn::start().await.in_namespace("team/vaults");
    let named = |name: Option<&str>| TransitConfig {
        namespace: name.map(str::to_owned),
        ..config(&vault)
    };
    let key = Redacted::new(MASTER);
    let sealed = transit(named(Some("team/vaults")))
        .seal(&key)
        .await
        .unwrap();
    for name in [None, Some("team")] {
        let error = refused(named(name), &sealed).await;
        assert!(matches!(error, TransitError::NoMount), "{error}");
        let login = TransitConfig {
            auth: approle(ROLE, SECRET_ID),
            ..named(name)
        };
        let error = refused(login, &sealed).await;
        assert!(matches!(error, TransitError::NoAppRole), "{error}");
    }
}

#[tokio::test]
async fn what_passes_by_itself_is_waited_for() {
    let vault = StandIn::start().await;
    let text = sealed(&vault).await;
    for trouble in [
        vec![(503, None), (503, None), (503, None)],
        vec![
            (429, Some(0)),
            (500, None),
            (502, None),
            (412, None),
            (473, None),
        ],
    ] {
        vault.trouble(&trouble);
        let before = vault.requests();
        let opened = transit(config(&vault)).open(&text).await.unwrap();
        assert_eq!(opened.expose(), &MASTER);
        assert_eq!(vault.requests() - before, trouble.len() + 1);
    }
    // Not for ever.
    vault.trouble(&[(503, None); 8]);
    let error = refused(config(&vault), &text).await;
    assert!(matches!(error, TransitError::Sealed), "{error}");
    vault.trouble(&[(429, Some(0)); 8]);
    let error = refused(config(&vault), &text).await;
    assert!(matches!(error, TransitError::Limited), "{error}");
}

#[tokio::test]
async fn what_will_not_pass_is_refused_at_once_and_named() {
    let vault = StandIn::start().await;
    let text = sealed(&vault).await;
    type Is = fn(&TransitError) -> bool;
    let token = |token: &str| TransitAuth::Token(Redacted::new(token.to_owned()));
    let with = |change: fn(&mut TransitConfig)| {
        let mut config = config(&vault);
        change(&mut config);
        config
    };
    let cut = &text[..text.len() - 12];
    let cases: [(TransitConfig, &str, Is); 9] = [
        (
            TransitConfig {
                auth: token("hvs.expired"),
                ..config(&vault)
            },
            &text,
            |error| matches!(error, TransitError::Denied("decrypt")),
        ),
        (
            TransitConfig {
                auth: approle(ROLE, "wrong"),
                ..config(&vault)
            },
            &text,
            |error| matches!(error, TransitError::Login),
        ),
        (
            TransitConfig {
                auth: approle("nobody", SECRET_ID),
                ..config(&vault)
            },
            &text,
            |error| matches!(error, TransitError::Login),
        ),
        (
            with(|config| config.mount = "elsewhere".into()),
            &text,
            |error| matches!(error, TransitError::NoMount),
        ),
        (
            with(|config| config.key = "another".into()),
            &text,
            |error| matches!(error, TransitError::NoKey),
        ),
        (config(&vault), "vault:v1:AAAA", |error| {
            matches!(error, TransitError::Foreign)
        }),
        (config(&vault), "plain", |error| {
            matches!(error, TransitError::Foreign)
        }),
        (config(&vault), cut, |error| {
            matches!(error, TransitError::Foreign)
        }),
        (
            TransitConfig {
                auth: token("line\nbreak"),
                ..config(&vault)
            },
            &text,
            |error| matches!(error, TransitError::Header),
        ),
    ];
    for (config, ciphertext, is) in cases {
        let before = vault.requests();
        let error = refused(config, ciphertext).await;
        assert!(is(&error), "{error:?}");
        assert!(
            vault.requests() - before <= 1,
            "{error}: it was tried again"
        );
    }
}

#[tokio::test]
async fn what_is_sealed_must_be_a_key_and_who_answers_must_be_vault() {
    use axum::Router;
    let strange = |body: &'static str| async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let vault = StandIn::at(listener.local_addr().unwrap());
        let router = Router::new().fallback(move || async move { body });
        tokio::spawn(async move { axum::serve(listener, router).await });
        refused(config(&vault), "vault:v1:x").await
    };
    for body in ["", "<html>", "{}", "{\"data\":{}}", "{\"data\":null}"] {
        let error = strange(body).await;
        assert!(matches!(error, TransitError::Nonsense), "{body}: {error}");
    }
    for body in [
        "{\"data\":{\"plaintext\":\"AAAA\"}}",
        "{\"data\":{\"plaintext\":\"no base64!\"}}",
    ] {
        let error = strange(body).await;
        assert!(matches!(error, TransitError::NotAKey), "{body}: {error}");
    }
    let long = Box::leak(format!("{{\"data\":\"{}\"}}", "x".repeat(1 << 20)).into_boxed_str());
    assert!(matches!(strange(long).await, TransitError::Nonsense));
}

#[tokio::test]
async fn nobody_there_is_named_by_address() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let vault = StandIn::at(listener.local_addr().unwrap());
    drop(listener);
    let error = refused(config(&vault), "vault:v1:x").await;
    assert!(
        error.to_string().contains(&vault.address().to_string()),
        "{error}"
    );
}
