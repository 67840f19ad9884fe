//! The environment as a value, and typed reading with all problems collected.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::{AppEnv, Problem, private};
use crate::kernel::Redacted;

/// The longest secret file that is read, in bytes.
const MAX_SECRET_FILE: u64 = 16 * 1024;

/// A snapshot of the environment.
#[derive(Clone, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that reads the environment"
        )]
        let all = std::env::vars_os();
        Self(
            all.filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .collect(),
        )
    }

    /// An environment made by hand.
    #[must_use]
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        )
    }

    /// The same with one variable changed.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }
}

/// Reads variables and remembers what was wrong.
pub(super) struct Reader<'a> {
    env: &'a Env,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(env: &'a Env) -> Self {
        Self {
            env,
            problems: Vec::new(),
        }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    pub(super) fn refuse(&mut self, problem: Problem) {
        // The first cause is the one to name: what follows from it would only confuse.
        if !self
            .problems
            .iter()
            .any(|known| known.is_about_the_same(&problem))
        {
            self.problems.push(problem);
        }
    }

    /// A text; unset and empty are the same.
    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        self.env.value(name).map(str::to_owned)
    }

    /// Something that parses, within bounds.
    pub(super) fn number<T: FromStr + PartialOrd + Copy + std::fmt::Display>(
        &mut self,
        name: &'static str,
        default: T,
        bounds: std::ops::RangeInclusive<T>,
    ) -> T {
        let Some(text) = self.env.value(name) else {
            return default;
        };
        match text.parse::<T>() {
            Ok(number) if bounds.contains(&number) => number,
            _ => {
                let fact = format!(
                    "must be a number from {} to {}",
                    bounds.start(),
                    bounds.end()
                );
                self.refuse(Problem::new(
                    name,
                    fact,
                    "correct it, or leave it out for the default",
                ));
                default
            }
        }
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&'static str, T)],
        default: T,
    ) -> T {
        let Some(text) = self.env.value(name) else {
            return default;
        };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let fact = format!("must be one of {}", known.join(", "));
        self.refuse(Problem::new(
            name,
            fact,
            "correct it, or leave it out for the default",
        ));
        default
    }

    /// A secret by value or by file, never both.
    pub(super) fn secret(
        &mut self,
        name: &'static str,
        file: &'static str,
    ) -> Option<Redacted<String>> {
        let path = self.env.value(file);
        match (self.env.value(name), path) {
            (Some(_), Some(_)) if path.is_some_and(has_content) => {
                let fact = "is given by value and by file";
                self.refuse(Problem::new(name, fact, "keep one of the two"));
                None
            }
            (Some(value), _) => Some(Redacted::new(value.to_owned())),
            (None, Some(path)) => self.secret_file(file, path),
            (None, None) => None,
        }
    }

    /// A secret that opens everything else: the same, and in production its file must be readable
    /// by nobody but this server.
    pub(super) fn guarded_secret(
        &mut self,
        name: &'static str,
        file: &'static str,
        env: AppEnv,
    ) -> Option<Redacted<String>> {
        let secret = self.secret(name, file)?;
        let path = self.env.value(file).filter(|path| has_content(path));
        if let (AppEnv::Production, Some(path)) = (env, path)
            && let Err(fact) = private::check(path)
        {
            let cure = "chown it to user 10001 and chmod it to 0600";
            self.refuse(Problem::new(
                file,
                format!("names {path}, which {fact}"),
                cure,
            ));
        }
        Some(secret)
    }

    /// The certificates of the authorities to trust, from a file in PEM.
    pub(super) fn certificates(&mut self, name: &'static str) -> Option<Vec<u8>> {
        let path = self.text(name)?;
        match std::fs::read(&path) {
            Ok(pem) if pem.windows(10).any(|window| window == b"-----BEGIN") => return Some(pem),
            Ok(_) => {
                let fact = format!("names {path}, which holds no certificate in PEM");
                self.refuse(Problem::new(name, fact, "give the file of the authority"));
            }
            Err(error) => {
                let fact = format!("names {path}, which cannot be read: {error}");
                let cure = "check the path, and that user 10001 may read it";
                self.refuse(Problem::new(name, fact, cure));
            }
        }
        None
    }

    fn secret_file(&mut self, file: &'static str, path: &str) -> Option<Redacted<String>> {
        match read_secret(path) {
            Ok(text) => Some(text).filter(|text| !text.expose().is_empty()),
            Err(error) => {
                let fact = format!("names {path}, which cannot be read: {error}");
                let cure = "check the path, and that user 10001 may read it";
                self.refuse(Problem::new(file, fact, cure));
                None
            }
        }
    }
}

/// An empty file counts as unset: Compose mounts `/dev/null` where no secret file was named.
fn has_content(path: &str) -> bool {
    read_secret(path).is_ok_and(|text| !text.expose().is_empty())
}

fn read_secret(path: &str) -> std::io::Result<Redacted<String>> {
    use std::io::Read as _;
    let mut text = Redacted::new(String::new());
    let mut plain = String::new();
    std::fs::File::open(path)?
        .take(MAX_SECRET_FILE)
        .read_to_string(&mut plain)?;
    if !plain.trim().is_empty() {
        text = Redacted::new(plain.trim().to_owned());
    }
    zeroize::Zeroize::zeroize(&mut plain);
    Ok(text)
}
