//! Argon2id alone: verifies one password over and over on two threads, as many as the server works
//! on, and prints how often in a second.
//!
//! usage: argon2id PHC PASSWORD SECONDS

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;

const THREADS: usize = 2;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [hash, password, seconds] = words.as_slice() else {
        anyhow::bail!("usage: argon2id PHC PASSWORD SECONDS");
    };
    let hash = PasswordHash::new(hash).context("the hash")?;
    let limit = Duration::from_secs(seconds.parse()?);
    let began = Instant::now();
    let counts = std::thread::scope(|scope| {
        let work = || scope.spawn(|| verify_until(&hash, password, began, limit));
        let threads: Vec<_> = (0..THREADS).map(|_| work()).collect();
        threads
            .into_iter()
            .map(|thread| thread.join())
            .collect::<Vec<_>>()
    });
    let mut all: u32 = 0;
    for count in counts {
        all += count.ok().context("a thread panicked")??;
    }
    use std::io::Write as _;
    writeln!(
        std::io::stdout(),
        "{:.3}",
        f64::from(all) / began.elapsed().as_secs_f64()
    )?;
    Ok(())
}

fn verify_until(
    hash: &PasswordHash,
    password: &str,
    began: Instant,
    limit: Duration,
) -> Result<u32> {
    let mut count = 0;
    while began.elapsed() < limit {
        let verified = argon2::Argon2::default().verify_password(password.as_bytes(), hash);
        ensure!(verified.is_ok(), "the password does not belong to the hash");
        count += 1;
    }
    Ok(count)
}
