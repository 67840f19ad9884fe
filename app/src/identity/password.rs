//! Passwords of people: good ones are set, right ones let in.

use zxcvbn::Score;

use super::email::Email;
use super::store;
use crate::context::App;
use crate::infra::argon::{Argon, ArgonError, Verdict};
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::kernel::{FieldProblem, Redacted};

/// The fewest characters (NIST SP 800-63B-4 asks for 15 where a password stands alone; with a floor of
/// strength, limits and second factors, 12 keeps out what is guessed).
const MIN: usize = 12;
/// The most characters: enough for any passphrase, and a bound on the work of hashing.
const MAX: usize = 256;
/// Longer ones are judged by their beginning, here and in the portal: judging takes time that grows with
/// the square.
const JUDGED: usize = 64;

/// A password that is good enough to be set.
#[derive(Clone, Debug)]
pub struct NewPassword(Redacted<String>);

impl NewPassword {
    /// Judges a password after NIST SP 800-63B-4, 3.1.1.2: by its length, and by how soon a guesser
    /// would come to it. `zxcvbn` brings the list of common passwords, words and names, and knows how
    /// people bend them; at least 3 of 4, what the portal's meter calls good. No rules of
    /// composition, which make passwords worse.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(
        password: Redacted<String>,
        email: &Email,
        names: &[&str],
    ) -> Result<Self, FieldProblem> {
        let refuse = |message: &str| Err(FieldProblem::new("password", message));
        let text = password.expose();
        let count = text.chars().count();
        if count < MIN {
            return refuse("must have at least 12 characters");
        }
        if count > MAX {
            return refuse("must have at most 256 characters");
        }
        let known: Vec<&str> = names
            .iter()
            .copied()
            .chain([email.name(), email.as_str(), email.domain(), "vaultterm"])
            .collect();
        if is_made_of(text, &known) {
            return refuse("must not be made of your name or address");
        }
        let judged = Redacted::new(text.chars().take(JUDGED).collect::<String>());
        match zxcvbn::zxcvbn(judged.expose(), &known).score() {
            Score::Zero | Score::One => refuse("is one that attackers try first"),
            Score::Two => refuse("is too easy to guess: add another word or two"),
            _ => Ok(Self(password)),
        }
    }

    /// The password, for hashing.
    #[must_use]
    pub fn into_inner(self) -> Redacted<String> {
        self.0
    }
}

/// Whether little is left of a password without what everybody knows of the person.
fn is_made_of(text: &str, known: &[&str]) -> bool {
    let plain = simplify(text);
    let words = known.iter().map(|word| simplify(word));
    words.filter(|word| word.chars().count() >= 4).any(|word| {
        let rest = plain.replacen(&word, "", 1);
        rest.len() != plain.len() && rest.chars().count() < 6
    })
}

/// Lower case, letters and digits only.
fn simplify(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// Measures what a password may cost here, and takes the step that the installation has reached.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn calibrate(db: &Db) -> Result<Argon, DbError> {
    let argon = Argon::calibrated().await;
    let mut tx = PlatformTx::begin(db).await?;
    let reached = store::reach_step(tx.connection(), argon.step()).await?;
    tx.commit_housekeeping().await?;
    argon.rise_to(reached);
    let cost = argon.cost();
    tracing::info!(
        memory_mib = cost.memory_kib / 1024,
        passes = cost.passes,
        "passwords"
    );
    Ok(argon)
}

/// Hashes a password into PHC form.
///
/// # Errors
/// [`ArgonError`] when the system gives no randomness.
pub async fn hash(app: &App, password: Redacted<String>) -> Result<String, ArgonError> {
    app.passwords.hash(password).await
}

/// Whether a password belongs to a hash; without a hash it takes as long and says no.
///
/// # Errors
/// [`ArgonError`] when the work was cut off.
pub async fn verify(
    app: &App,
    password: Redacted<String>,
    hash: Option<String>,
) -> Result<bool, ArgonError> {
    let verdict = app.passwords.verify(password, hash).await?;
    Ok(verdict != Verdict::Wrong)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Email, NewPassword};
    use crate::kernel::Redacted;

    fn judge(password: &str) -> Result<NewPassword, String> {
        let email = Email::parse("ada.lovelace@engines.example").unwrap();
        let password = Redacted::new(password.to_owned());
        NewPassword::parse(password, &email, &["Ada Lovelace", "Analytical Engines"])
            .map_err(|problem| problem.message)
    }

    #[test]
    fn guessable_passwords_are_refused() {
        for bad in [
            "short",
            "elevenchars",
            "aaaaaaaaaaaaaaaa",
            "abcdefghijkl",
            "123456789012",
            "1234567890123",
            "qwertyuiop123",
            "qwertyuiopasdf",
            "PasswordPassword",
            "password123456",
            "P@ssw0rd1234",
            "iloveyou1234",
            "letmeinletmein",
            "trustno1trustno1",
            "administrator",
            "changemechangeme",
            "19840101198401",
            "ada.lovelace1",
            "Ada Lovelace!!",
            "Analytical1843",
            "engines.example",
            "vaultterm1234",
            &"x1y2z".repeat(60),
        ] {
            assert!(judge(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_that_are_long_and_of_ones_own_are_taken_whatever_they_are_made_of() {
        for good in [
            "a wet cat on the mat",
            "zJ9#kqL2pW7$",
            "пароль длинный очень",
            "a quiet harbour in november",
            "漢字の合言葉は十二文字以上です",
            "  blanks at both ends count  ",
        ] {
            assert!(judge(good).is_ok(), "{good}: {:?}", judge(good).err());
        }
    }

    #[test]
    fn judging_the_longest_takes_no_time_that_could_be_used_against_us() {
        let begun = Instant::now();
        for piece in ["ab1!", "password", "p4$5w0rd", "aaaa", "\u{1f512}\u{e9}"] {
            let _judged = judge(&piece.chars().cycle().take(256).collect::<String>());
        }
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{:?}",
            begun.elapsed()
        );
    }
}
