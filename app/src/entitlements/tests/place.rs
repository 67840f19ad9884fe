//! A licence has to fit the host, and a master key that is bound to one.

use super::super::Place;
use super::boot::start_at;
use crate::config::AppEnv;
use crate::testing::{Licensed, NOW, issue, licence, payload};

#[tokio::test]
async fn a_licence_for_this_host_is_in_force_here() {
    let mut bound = payload(3);
    bound.hosts = vec!["this-host".into(), "another".into()];
    let one = Licensed::start(&issue(&bound)).await;
    let place = Place {
        host: "this-host".into(),
        opens: None,
    };
    let started = start_at(&one.server, AppEnv::Production, place)
        .await
        .unwrap();
    assert_eq!(started.standing(NOW), "valid");
    assert_eq!(started.detail().unwrap().bound_here, Some(true));
    assert_eq!(
        one.server.app.license.detail().unwrap().bound_here,
        Some(false)
    );
}

#[tokio::test]
async fn a_licence_that_does_not_open_a_bound_master_key_is_not_taken() {
    let one = Licensed::start(&licence(3)).await;
    let own = one.server.app.license.detail().unwrap().digest;
    let place = Place {
        host: String::new(),
        opens: Some(std::sync::Arc::new(move |digest| {
            hex::encode(digest) == own
        })),
    };
    let started = start_at(&one.server, AppEnv::Production, place)
        .await
        .unwrap();
    let refused = started.upload(one.server.app.ground(), &licence(4)).await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("bound") && refused.contains("license install"),
        "{refused}"
    );
    assert_eq!(started.detail().unwrap().counter, 3);
    assert_eq!(std::fs::read(one.path()).unwrap(), licence(3));
}
