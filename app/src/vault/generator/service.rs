//! Making what a request asks for.

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::super::record::strength;
use super::super::types::{KeyKind, generate_ssh_key};
use super::{Made, passphrase, password, pronounceable, randomness};
use crate::edge::Problem;

/// So many keys are searched for at once: a long one for RSA is seconds of work.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(2)));

/// What is to be made.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = GeneratorRecipe)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Recipe {
    /// Random characters.
    Password(password::Recipe),
    /// Words.
    Passphrase(passphrase::Recipe),
    /// Syllables that can be spoken.
    Pronounceable(pronounceable::Recipe),
    /// A pair of keys for SSH.
    SshKey(KeyRecipe),
}

/// What a pair of keys is made for.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = SshKeyRecipe)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct KeyRecipe {
    /// Its algorithm.
    algorithm: KeyKind,
}

/// What was made.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Generated)]
#[serde(rename_all = "camelCase")]
pub(super) struct Generated {
    /// The new secret.
    #[schema(value_type = String, format = Password)]
    value: Zeroizing<String>,
    /// Its entropy: how many even choices between two would be as many.
    #[serde(skip_serializing_if = "Option::is_none")]
    bits: Option<f64>,
    /// From 0, guessed at once, to 4, guessed by nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 4)]
    strength: Option<u8>,
    /// The public half of a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    /// The fingerprint of a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
}

/// Makes it. Nothing is stored and nothing is read, so the trail has no entry for it.
///
/// # Errors
/// What is wrong with the recipe.
pub(super) async fn generate(recipe: Recipe) -> Result<Generated, Problem> {
    let mut random = randomness::from_system().ok_or_else(Problem::internal)?;
    let made = match recipe {
        Recipe::Password(recipe) => recipe.make(&mut random),
        Recipe::Passphrase(recipe) => recipe.make(&mut random),
        Recipe::Pronounceable(recipe) => recipe.make(&mut random),
        Recipe::SshKey(recipe) => return key(recipe.algorithm).await,
    };
    made.map(text)
        .map_err(|problem| Problem::invalid(vec![problem]))
}

fn text(made: Made) -> Generated {
    Generated {
        strength: Some(strength(&made.value)),
        bits: Some((made.bits * 10.0).floor() / 10.0),
        value: made.value,
        public_key: None,
        fingerprint: None,
    }
}

async fn key(kind: KeyKind) -> Result<Generated, Problem> {
    let turn = Arc::clone(&TURNS).acquire_owned().await;
    let turn = turn.map_err(|_| Problem::internal())?;
    // The turn lasts as long as the work, also where nobody waits for it any more.
    let work = move || {
        let _turn = turn;
        generate_ssh_key(kind, &mut randomness::from_system()?)
    };
    let key = tokio::task::spawn_blocking(work).await;
    let key = key.ok().flatten().ok_or_else(Problem::internal)?;
    Ok(Generated {
        value: key.private,
        bits: None,
        strength: None,
        public_key: Some(key.public),
        fingerprint: Some(key.fingerprint),
    })
}
