//! The page that is printed and carried beside the medium.

use license::minisign::PublicKey;
use license::root::Chain;
use offline::Digest;

/// What every program of ours means by its exit code.
const EXIT_CODES: &[(u8, &str)] = &[
    (0, "done"),
    (1, "failed for a reason that is printed"),
    (2, "the command line is wrong"),
    (3, "verification or trust failed: do not use the bundle"),
    (4, "the host is not ready: nothing was changed"),
    (5, "the licence is refused"),
    (6, "failed, and everything was put back"),
    (
        7,
        "failed, and something is left for your hands: it is listed",
    ),
    (8, "another run is at work in the folder"),
    (130, "interrupted: run the same command again"),
];

/// Whom the reader of the page has to know.
pub(crate) struct Signers<'a> {
    /// Whose signature comes first.
    pub(crate) builder: &'a PublicKey,
    /// The roots that travel along.
    pub(crate) roots: Option<&'a Chain>,
}

/// With more keys than this, only their names fit the page.
const KEYS_IN_FULL: usize = 4;

impl Signers<'_> {
    fn describe(&self) -> String {
        let mut text = format!("Signed by release key {}. ", self.builder.key_id());
        let Some(chain) = self.roots else {
            text.push_str(
                "Its public half, to be compared with\n\
                 what the vendor publishes, by another way than the one the bundle came:\n\n",
            );
            text.push_str(&format!("    {}\n\n", public(self.builder)));
            return text;
        };
        let root = chain.current();
        let sum = Digest::of(chain.carried().to_text().as_bytes()).hex();
        text.push_str(&format!(
            "Who may sign says root {}, to be\ncompared with what the vendor publishes, by another \
             way than the bundle came:\n\n  sha256 of roots.json\n    {sum}\n",
            root.version()
        ));
        for (what, role) in [
            ("releases", root.releases()),
            ("the next root", root.roots()),
        ] {
            let (threshold, keys) = (role.threshold(), role.keys());
            let count = keys.len();
            text.push_str(&format!("  {threshold} of {count} for {what}\n"));
            if what == "releases" && count <= KEYS_IN_FULL {
                for key in keys {
                    text.push_str(&format!("    {}  {}\n", key.key_id(), public(key)));
                }
            } else {
                let names: Vec<String> = keys.iter().map(|key| key.key_id().to_string()).collect();
                for names in names.chunks(4) {
                    text.push_str(&format!("    {}\n", names.join("  ")));
                }
            }
        }
        text.push('\n');
        text
    }
}

/// The line of a key file that is the key.
fn public(key: &PublicKey) -> String {
    let text = key.to_file_text("");
    text.lines().nth(1).unwrap_or_default().to_owned()
}

/// One page of plain text, 80 columns wide.
pub(crate) fn page(version: &str, signers: &Signers<'_>) -> String {
    let title = format!("VaultTerm {version}: installation without a network");
    let mut page = format!("{title}\n{}\n\n", "=".repeat(title.len()));
    page.push_str(&signers.describe());
    page.push_str(
        "Where the bundle was built\n\
         \x20 [ ] vaultterm-bundle verify BUNDLE --trust release.pub\n\
         \x20 [ ] vaultterm-bundle inspect BUNDLE\n\
         \x20 [ ] copy to the medium: the bundle (or all volumes), the licence (.vtlic),\n\
         \x20     vaultterm-install and this page; note the size: ____________________ bytes\n\n\
         On the server, as root\n\
         \x20 [ ] the size is the same; what is named above was compared: ________________\n\
         \x20 [ ] ./vaultterm-install verify BUNDLE\n\
         \x20 [ ] ./vaultterm-install preflight BUNDLE\n\
         \x20 [ ] ./vaultterm-install install BUNDLE --license FILE.vtlic \\\n\
         \x20         --base-url https://NAME\n\
         \x20 [ ] open the setup link that it prints; make the first organisation\n\
         \x20 [ ] keep a copy of secrets/master_key in a safe place: ____________________\n\
         \x20 [ ] ./vaultterm-install status        says: ready\n\n\
         If the copy is damaged\n\
         \x20 [ ] ./vaultterm-install repair-request BUNDLE     carry the request back\n\
         \x20 [ ] vaultterm-bundle repair-answer BUNDLE REQUEST carry the answer here\n\
         \x20 [ ] ./vaultterm-install repair BUNDLE ANSWER\n\n\
         For a small bundle next time\n\
         \x20 [ ] ./vaultterm-install inventory --out inventory.json\n\
         \x20     and on the build host: vaultterm-bundle build --for inventory.json\n\n\
         Exit codes\n",
    );
    for (code, meaning) in EXIT_CODES {
        page.push_str(&format!("  {code:>3}  {meaning}\n"));
    }
    page.push_str("\nThe long text for any error: ./vaultterm-install explain CODE\n");
    page
}

#[cfg(test)]
mod tests {
    use license::minisign::PublicKey;
    use license::root::{Carried, Chain, Link, Role, Root};
    use offline::Digest;
    use offline::signing::{Signer as _, prehash};

    use super::{Signers, page};
    use crate::signer::ReleaseKey;

    fn keys(count: usize) -> Vec<ReleaseKey> {
        (0..count)
            .map(|_| ReleaseKey::generate().unwrap())
            .collect()
    }

    fn role(keys: &[ReleaseKey], threshold: usize) -> Role {
        let keys: Vec<PublicKey> = keys.iter().map(|key| key.public().unwrap()).collect();
        Role::new(keys, threshold).unwrap()
    }

    fn chain(roots: &[ReleaseKey], releases: &[ReleaseKey]) -> Chain {
        let root = Root::new(1, 1, role(roots, 2), role(releases, 2), vec![]).unwrap();
        let (text, comment) = (root.to_text(), root.trusted_comment());
        let sign = |key: &ReleaseKey| key.sign(&prehash(text.as_bytes()), &comment).unwrap();
        let link = Link {
            signatures: roots.iter().map(sign).collect(),
            root: text.clone(),
        };
        Chain::anchor(&Carried::new(vec![link])).unwrap()
    }

    fn fits(text: &str) {
        assert!(text.lines().count() <= 66, "{}", text.lines().count());
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    }

    #[test]
    fn it_fits_a_page() {
        let key = ReleaseKey::generate().unwrap().public().unwrap();
        let signers = Signers {
            builder: &key,
            roots: None,
        };
        let text = page("1.2.3", &signers);
        assert!(text.contains(&key.key_id().to_string()));
        fits(&text);
    }

    #[test]
    fn roots_are_named_with_everybody_who_has_to_sign() {
        for (count, in_full) in [(3, true), (12, false)] {
            let (roots, releases) = (keys(3), keys(count));
            let chain = chain(&roots, &releases);
            let builder = releases[0].public().unwrap();
            let signers = Signers {
                builder: &builder,
                roots: Some(&chain),
            };
            let text = page("1.2.3", &signers);
            fits(&text);
            let sum = Digest::of(chain.carried().to_text().as_bytes()).hex();
            assert!(
                text.contains(&sum) && text.contains("says root 1"),
                "{text}"
            );
            assert!(text.contains(&format!("2 of {count} for releases")));
            assert!(text.contains("2 of 3 for the next root"));
            for key in roots.iter().chain(&releases) {
                assert!(text.contains(&key.id().to_string()), "{text}");
            }
            let file = builder.to_file_text("");
            assert_eq!(text.contains(file.lines().nth(1).unwrap()), in_full);
        }
    }
}
