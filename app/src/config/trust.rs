//! Files with the certificates of authorities.

use super::Problem;
use super::env::Reader;

/// The certificates in the file that a variable names, as PEM; none when it names none.
pub(super) fn read(found: &mut Reader<'_>, name: &'static str) -> Option<Vec<u8>> {
    let path = found.text(name)?;
    match std::fs::read(&path) {
        Ok(pem) if pem.windows(10).any(|window| window == b"-----BEGIN") => return Some(pem),
        Ok(_) => {
            let fact = format!("names {path}, which holds no certificate in PEM");
            found.refuse(Problem::new(name, fact, "give the file of the authority"));
        }
        Err(error) => {
            let fact = format!("names {path}, which cannot be read: {error}");
            let cure = "check the path, and that user 10001 may read it";
            found.refuse(Problem::new(name, fact, cure));
        }
    }
    None
}
