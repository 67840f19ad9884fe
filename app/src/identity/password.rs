//! Argon2id (RFC 9106) on a bounded number of threads.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::context::App;
use crate::kernel::Redacted;

/// Memory of one hash, in KiB: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// How many passwords are worked on at once: each takes 19 MiB.
pub(crate) const PARALLEL: usize = 2;

/// A password could not be worked on.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct PasswordError;

/// A hash that no password has, of the same cost as a real one: verified for unknown addresses,
/// so that they take the same time.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes a password into PHC form.
///
/// # Errors
/// [`PasswordError`] when the system gives no randomness.
pub async fn hash(app: &App, password: Redacted<String>) -> Result<String, PasswordError> {
    work(app, move || {
        let hashed = argon2().hash_password(password.expose().as_bytes());
        hashed
            .map(|hash| hash.to_string())
            .map_err(|_| PasswordError)
    })
    .await
}

/// Whether a password belongs to a hash; without a hash it takes as long and says no.
///
/// # Errors
/// [`PasswordError`] when the work was cut off.
pub async fn verify(
    app: &App,
    password: Redacted<String>,
    hash: Option<String>,
) -> Result<bool, PasswordError> {
    work(app, move || {
        let known = hash.is_some();
        let text = hash.unwrap_or_else(|| NOBODY.to_owned());
        let parsed = PasswordHash::new(&text).map_err(|_| PasswordError)?;
        let holds = argon2()
            .verify_password(password.expose().as_bytes(), &parsed)
            .is_ok();
        Ok(holds && known)
    })
    .await
}

async fn work<T: Send + 'static>(
    app: &App,
    job: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, PasswordError> {
    let _turn = app
        .password_work
        .acquire()
        .await
        .map_err(|_| PasswordError)?;
    tokio::task::spawn_blocking(job)
        .await
        .map_err(|_| PasswordError)?
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::phc::PasswordHash;
    use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

    #[test]
    fn the_stand_in_costs_what_a_real_hash_costs() {
        let real = super::argon2()
            .hash_password(b"correct horse")
            .unwrap()
            .to_string();
        let head = |text: &str| {
            text.split('$')
                .take(4)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(head(&real), head(super::NOBODY));
        let nobody = PasswordHash::new(super::NOBODY).unwrap();
        assert!(super::argon2().verify_password(b"", &nobody).is_err());
    }
}
