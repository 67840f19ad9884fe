//! Accounts and what makes a good password.

use serde::Serialize;
use time::OffsetDateTime;

use super::factors::Method;
use crate::kernel::{FieldProblem, OrgId, OrgRole, Redacted, SessionId, Text, UserId};

/// The fewest characters of a password (NIST SP 800-63B-4 asks for 15 where it stands alone; with
/// rate limits and a second factor to come, 12 keeps out what is guessed).
const MIN_PASSWORD: usize = 12;
/// The most characters: enough for any passphrase, and a bound on the work of hashing.
const MAX_PASSWORD: usize = 256;

/// An address to sign in with, trimmed and in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Checks the shape of an address. Whether it exists only a message to it can tell.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, FieldProblem> {
        let address = Text::line("email", 1, 254).check(text)?.to_lowercase();
        let whole = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
        match address.split_once('@') {
            Some((name, host)) if whole(name) && whole(host) && !host.contains('@') => {
                Ok(Self(address))
            }
            _ => Err(FieldProblem::new("email", "must be an e-mail address")),
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password that is good enough to be set.
#[derive(Clone, Debug)]
pub struct NewPassword(Redacted<String>);

impl NewPassword {
    /// Judges a password: its length, and that it is not what a guesser would try first. No rules
    /// of composition, which make passwords worse (NIST SP 800-63B-4, 3.1.1.2).
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
        if count < MIN_PASSWORD {
            return refuse("must have at least 12 characters");
        }
        if count > MAX_PASSWORD {
            return refuse("must have at most 256 characters");
        }
        let plain = simplify(text);
        let distinct = text
            .chars()
            .collect::<std::collections::BTreeSet<_>>()
            .len();
        if distinct < 5 || COMMON.iter().any(|common| plain == *common) {
            return refuse("is one that attackers try first");
        }
        let name = email.as_str().split('@').next().unwrap_or_default();
        let known = names
            .iter()
            .copied()
            .chain([name, email.as_str(), "vaultterm"]);
        for word in known.map(simplify).filter(|word| word.chars().count() >= 4) {
            let rest = plain.replacen(&word, "", 1);
            if rest.len() != plain.len() && rest.chars().count() < 6 {
                return refuse("must not be made of your name or address");
            }
        }
        Ok(Self(password))
    }

    /// The password, for hashing.
    #[must_use]
    pub fn into_inner(self) -> Redacted<String> {
        self.0
    }
}

/// Long passwords that stand at the top of every list.
const COMMON: [&str; 14] = [
    "123456789012",
    "1234567890123",
    "administrator",
    "changemeplease",
    "correcthorsebatterystaple",
    "iloveyouforever",
    "letmeinletmein",
    "passwordpassword",
    "password12345",
    "password123456",
    "qwertyuiop123",
    "qwertyuiopasdf",
    "trustno1trustno1",
    "welcometothejungle",
];

/// Lower case, letters and digits only.
fn simplify(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its id.
    pub id: UserId,
    /// Its address.
    pub email: Email,
    /// The person's name.
    pub name: String,
    /// The password's hash in PHC form.
    pub password_hash: String,
}

/// A person.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = User)]
pub struct UserView {
    /// The account.
    pub id: UserId,
    /// The person's name.
    pub name: String,
    /// The address they sign in with.
    pub email: String,
}

/// An organisation.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Organization)]
pub struct OrganizationView {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
}

/// Who is signed in, and where.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The person.
    pub user: UserView,
    /// The organisation they act in.
    pub organization: OrganizationView,
    /// What they are there.
    pub role: OrgRole,
    /// Everywhere that they may go.
    pub organizations: Vec<PlaceView>,
    /// How they stand with second factors.
    pub second_factor: SecondFactorView,
}

/// An organisation that somebody belongs to.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OwnOrganization)]
pub struct PlaceView {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// What they are there.
    pub role: OrgRole,
}

/// How somebody stands with second factors.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SecondFactor)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactorView {
    /// Whether they have one.
    pub enrolled: bool,
    /// Until when they may go without; null when they may for good, or have one.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub required_from: Option<OffsetDateTime>,
    /// Whether that time is over: then nothing but setting one up is allowed.
    pub must_enrol: bool,
}

/// What came of a sign-in.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum SignedIn {
    /// They are signed in.
    SignedIn {
        /// Who, and where.
        me: Me,
    },
    /// The password is right; a second factor is awaited.
    SecondFactor {
        /// What the second factor is sent with. It opens nothing by itself, and is good for a few
        /// attempts.
        ticket: String,
        /// What can be shown, the strongest first.
        methods: Vec<Method>,
        /// Until when.
        #[serde(with = "time::serde::rfc3339")]
        expires_at: OffsetDateTime,
    },
}

/// One device that somebody is signed in on.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Which.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was last used.
    #[serde(with = "time::serde::rfc3339")]
    pub last_seen_at: OffsetDateTime,
    /// The address that it began from.
    pub address: String,
    /// What the browser calls itself.
    pub user_agent: String,
    /// What was shown: `password`, `totp`, `passkey` and so on.
    pub factors: Vec<&'static str>,
}

/// The devices that somebody is signed in on, the last used first.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SessionList {
    /// The devices.
    pub items: Vec<SessionView>,
}

#[cfg(test)]
mod tests {
    use super::{Email, NewPassword};
    use crate::kernel::Redacted;

    #[test]
    fn addresses_are_normalised_and_checked() {
        assert_eq!(
            Email::parse("  Ada@Example.COM ").unwrap().as_str(),
            "ada@example.com"
        );
        for bad in ["", "ada", "@example.com", "ada@", "a@b@c", "a b@c", "a\0@b"] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn guessable_passwords_are_refused() {
        let email = Email::parse("ada.lovelace@example.com").unwrap();
        let judge = |password: &str| {
            NewPassword::parse(
                Redacted::new(password.to_owned()),
                &email,
                &["Ada Lovelace"],
            )
        };
        for bad in [
            "short",
            "aaaaaaaaaaaaaaaa",
            "PasswordPassword",
            "ada.lovelace1",
            "Ada Lovelace!!",
            "vaultterm1234",
            &"x1y2z".repeat(60),
        ] {
            assert!(judge(bad).is_err(), "{bad}");
        }
        for good in [
            "a wet cat on the mat",
            "zJ9#kqL2pW7$",
            "пароль длинный очень",
        ] {
            assert!(judge(good).is_ok(), "{good}");
        }
    }
}
