//! The page that is printed and carried beside the medium.

use license::minisign::PublicKey;

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

/// One page of plain text, 80 columns wide.
pub(crate) fn page(version: &str, key: &PublicKey) -> String {
    let text = key.to_file_text("");
    let public = text.lines().nth(1).unwrap_or_default();
    let title = format!("VaultTerm {version}: installation without a network");
    let mut page = format!("{title}\n{}\n\n", "=".repeat(title.len()));
    page.push_str(&format!(
        "Signed by release key {}. Its public half, to be compared with\n\
         what the vendor publishes, by another way than the one the bundle came:\n\n    {public}\n\n",
        key.key_id()
    ));
    page.push_str(
        "Where the bundle was built\n\
         \x20 [ ] vaultterm-bundle verify BUNDLE --trust release.pub\n\
         \x20 [ ] vaultterm-bundle inspect BUNDLE\n\
         \x20 [ ] copy to the medium: the bundle (or all volumes), the licence (.vtlic),\n\
         \x20     vaultterm-install and this page; note the size: ____________________ bytes\n\n\
         On the server, as root\n\
         \x20 [ ] the size is the same; the public key above was compared: _______________\n\
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
         If Docker Compose is missing and the bundle carries it\n\
         \x20 [ ] tar -xf BUNDLE files/docker-compose\n\
         \x20 [ ] install -D files/docker-compose \\\n\
         \x20         /usr/local/lib/docker/cli-plugins/docker-compose\n\n\
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
    use super::page;
    use crate::signer::ReleaseKey;

    #[test]
    fn it_fits_a_page() {
        let key = ReleaseKey::generate().unwrap().public().unwrap();
        let text = page("1.2.3", &key);
        assert!(text.contains(&key.key_id().to_string()));
        assert!(text.lines().count() <= 66, "{}", text.lines().count());
        assert!(text.lines().all(|line| line.len() <= 80));
    }
}
