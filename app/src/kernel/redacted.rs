//! A value that must not be seen by accident.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

/// A secret in memory. It cannot be serialised or compared, shows nothing when it is printed,
/// and is wiped when it goes. [`Redacted::expose`] is the one way in, and easy to search for.
///
/// It lies in a place of its own: handed on by value, it leaves no copy behind.
pub struct Redacted<T: Zeroize>(Box<Zeroizing<T>>);

impl<T: Zeroize> Redacted<T> {
    /// Takes a secret into custody.
    pub fn new(secret: T) -> Self {
        Self(Box::new(Zeroizing::new(secret)))
    }

    /// The secret itself. Keep the reference short.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The place of the secret, to write it where it will be wiped: a secret that is moved in
    /// leaves a copy behind.
    pub fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize + Clone> Clone for Redacted<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'de, T: Zeroize + serde::Deserialize<'de>> serde::Deserialize<'de> for Redacted<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::Redacted;

    #[test]
    fn nothing_shows() {
        let secret = Redacted::new("hunter2".to_owned());
        assert_eq!(
            format!("{secret:?} {:?}", Some(&secret)),
            "[redacted] Some([redacted])"
        );
        assert_eq!(secret.expose(), "hunter2");
    }
}
