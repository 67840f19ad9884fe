//! Every failure has a code, and every code a page that `explain` prints from the program itself:
//! on a server without a network there is nowhere else to look.

/// A failure's code and its page.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) page: &'static str,
}

macro_rules! codes {
    ($($name:ident = $id:literal, $title:literal, $page:literal;)*) => {
        $(pub(crate) const $name: Code = Code { id: $id, title: $title, page: $page };)*
        /// All of them, in the order of their numbers.
        pub(crate) const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    BUNDLE = "VT-I001", "The bundle is refused",
"The signature of the bundle's manifest, or a byte that the manifest promises, does not hold. The
message names the member and the byte at which it was noticed. Nothing of the bundle was used.

What to do: compare the file's size and `sha256sum` with those where it was built, and copy it
again. `vaultterm-install verify FILE` names every place that is damaged; where copying is dear,
`repair-request FILE` writes them down, `vaultterm-bundle repair-answer` on the build host answers
with a few kilobytes, and `repair FILE ANSWER` heals the copy. If a fresh copy is refused at the same byte, the bundle was damaged or changed before it
came here; do not use it. If the message says that the key is not trusted, compare the key's id
with the one that the vendor publishes, by another way than the one the bundle came, and give the
vendor's release.pub with --trust.";
    MEDIUM = "VT-I002", "The bundle cannot be read",
"The file is missing, may not be read, or the medium failed while it was read. This says nothing
about whether the bundle is genuine.

What to do: check the path and its permissions; copy the file from the medium to a disk of the
server and run the command again.";
    TRUST = "VT-I003", "The trust file is unusable",
"The file given with --trust is not a public key in minisign's format: a comment line, and a line
of base64 that begins with RW.

What to do: give the release.pub of the vendor. A licence key (vendor.pub) is of another kind.";
    PREFLIGHT = "VT-I004", "The host is not ready",
"One of the checks before the installation failed. Each failed check says what it found and what to
do. Nothing was changed.

What to do: put right what is named, and run `vaultterm-install preflight BUNDLE` until it passes.";
    NO_LICENSE = "VT-I005", "There is no licence",
"VaultTerm does not start in production without a licence file, and none was given.

What to do: give the .vtlic file of the vendor with --license FILE.";
    LICENSE = "VT-I006", "The licence is refused",
"The file is no licence, is damaged, or was signed with a key that this program does not trust. An
expired licence is not refused: it installs with a warning.

What to do: copy the file again. If it stays refused, ask the vendor for a new one, and say which
key the message names.";
    LICENSE_KEYS = "VT-I007", "This program carries no licence key",
"The program was built without the vendor's public licence key, so it cannot tell a licence from a
forgery.

What to do: use the installer that the vendor released.";
    LOCKED = "VT-I008", "Another run is at work",
"Another vaultterm-install works in the same folder. Two at once could undo each other's steps.

What to do: wait for it. The lock belongs to the running process and vanishes with it; there is no
lock file to remove.";
    DECLINED = "VT-I009", "Nobody agreed",
"The plan was shown, and the answer was no, or there was nobody to ask.

What to do: run the command on a terminal, or with --yes.";
    ENGINE = "VT-I010", "The container engine does not answer",
"The engine's socket does not exist, may not be opened, or nobody answers there.

What to do: start the engine (`systemctl start docker`), run this as root, or name another engine
with --docker-host.";
    ENGINE_REFUSED = "VT-I011", "The container engine refused a request",
"The engine answered with an error; its own words are shown.

What to do: look at the engine's log (`journalctl -u docker`) and at its free disk space.";
    LOAD = "VT-I012", "The images could not be loaded",
"The engine did not take the images. Images that had arrived were removed again.

What to do: look at the engine's log and at its free disk space, and run the command again.";
    IMAGE = "VT-I013", "An image is not what the bundle promises",
"The engine registered an image whose id or layers differ from the signed manifest. It was removed
again, and nothing was started from it.

What to do: report this; it should be impossible.";
    COMPOSE = "VT-I014", "Docker Compose failed",
"`docker compose` ended with an error; its last lines are shown.

What to do: put right what they name, and run the command again.";
    NOT_READY = "VT-I015", "VaultTerm did not become ready",
"The containers were started, but the server did not report ready in time. The failing check and
the last lines of its log are shown.

What to do: put right what they name, and run the command again.";
    FILES = "VT-I016", "A file cannot be read or written",
"A file or folder of the installation cannot be read or written.

What to do: check the path, its permissions and the free space; run the command as root.";
    NOT_INSTALLED = "VT-I017", "Nothing is installed here",
"The folder holds no installation.

What to do: name the folder of the installation with --dir.";
    INTERRUPTED = "VT-I018", "Interrupted",
"The run was interrupted from outside. What it had begun is noted in journal.jsonl.

What to do: run the same command again; it goes on where it stopped.";
    NO_SUCH_CODE = "VT-I019", "No such code",
"`explain` knows the codes that begin with VT-I.

What to do: run `vaultterm-install explain` for the list.";
    ROLLED_BACK = "VT-I020", "It failed, and everything was put back",
"A step failed after the first change had been made. Every change of this run was undone; the server
is as it was before.

What to do: put right what the cause names, and run the command again.";
    NEEDS_HANDS = "VT-I021", "It failed, and something could not be put back",
"A step failed, and undoing an earlier one failed as well, or what came of it is not what it was
before. What is left is listed, with the commands that would do it by hand, in their order. What was
put aside stays where it is: the database under its name with `before`, files in the folder `before`.

What to do: put right what the message names (an engine that does not answer, a disk that is full), and
run `vaultterm-install rollback`: it goes on where it stopped and says so only once it has looked. If that
is not possible, run the commands that are listed, then `vaultterm-install doctor`.";
    ENVFILE = "VT-I022", "The file .env cannot be read",
"A line of .env is neither a comment nor NAME=value.

What to do: correct the line that is named.";
    STATE = "VT-I023", "The record of the installation cannot be read",
"state.json in the folder of the installation is damaged.

What to do: restore it from a backup of the folder.";
    SETUP = "VT-I024", "No setup link can be made",
"The server did not make a setup link; its own words are shown. Once the first organisation exists,
there is nothing to set up any more.

What to do: sign in; or look at `vaultterm-install status`.";
    UNCONFIRMED = "VT-I025", "The program is not where it should be",
"The `docker` program, or its Compose plugin, cannot be run.

What to do: install docker-cli and the Compose plugin (version 2) from your distribution's media.";
    BASE = "VT-I026", "A kept content of the installed release cannot be used",
"A delta makes its layers and files from those of the installed release, which are kept in the
folders `blobs` and `releases`. One of them is missing or damaged. Nothing was changed.

What to do: bring the complete bundle of the release instead of the delta. On the build host,
`vaultterm-bundle build --for INVENTORY` makes a delta that counts only on what `vaultterm-install
inventory` finds here.";
    ROOTS = "VT-I027", "The roots of the installation and of the installer differ",
"Roots say which keys may sign releases and which are revoked. Each installation keeps those that came
with its release, and an installer continues from the ones compiled into it. Here they say different
things about the same root: the installer is of another vendor, or state.json was changed. Nothing
was changed.

What to do: use the vaultterm-install that the vendor of the installed release publishes, and compare
its sha256sum by another way. If state.json was damaged, put it back from a backup.";
    DATABASE = "VT-I028", "The database does not do what it is asked",
"psql, pg_dump or pg_restore failed inside the database's container, or the container does not run.
The message ends with what PostgreSQL said.

What to do: `vaultterm-install status` and `vaultterm-install logs db`. A disk that is full is the
most frequent cause.";
    NO_BACKUP_KEY = "VT-I029", "A backup would be written in the clear",
"A backup holds the master key. It is encrypted to the recovery key, to age recipients or with a
passphrase, and there is none of them. Nothing was written.

What to do: make a key pair with `age-keygen` elsewhere, keep the identity off this server, and put
the recipient (age1…) into backups/recipients.txt; or give a passphrase with --backup-password-file or
the variable VAULTTERM_BACKUP_PASSWORD; or make recovery shares with `vaultterm-install escrow renew`,
which open every backup from then on.";
    BACKUP_KEY = "VT-I030", "The backup is not opened by what was given",
"The passphrase or the identity is not the one that this backup was encrypted for.

What to do: backups for recipients are opened with --identity FILE, those with a passphrase with
--backup-password-file. `age -d FILE` can be tried as well.";
    BACKUP_REFUSED = "VT-I031", "The backup is damaged or is none",
"The file does not hold what it says that it holds, or what was restored from it into a scratch
database is not what the tables held when it was made. It must not be counted on.

What to do: try another backup (`vaultterm-install backup list`), copy the file again if it was
copied, and make a new one.";
    REHEARSAL = "VT-I032", "The new release's migrations do not work on this database",
"Before an upgrade touches anything, the fresh backup is restored into a scratch database and the new
release's migrations are run there. They failed. The installed release serves on, and nothing was
changed; the backup is kept.

What to do: send the vendor the message and the output of `vaultterm-install support-bundle`.";
    NO_WAY_BACK = "VT-I033", "There is no release to go back to",
"`rollback` undoes an upgrade that broke off, or goes back to the release before the last upgrade. No
upgrade broke off, and none led to the installed release, or a rollback has undone it already.

What to do: to go further back, restore a backup of that release.";
    RESTORE = "VT-I034", "The backup does not fit this server",
"A backup is restored onto the release that it was made with, or a later one: an earlier release could
not read it. A backup of another installation is taken only when that is said. Nothing was changed.

What to do: install or upgrade to the release that the message names, with --bundle where nothing is
installed; add --other-installation to take what another installation stored.";
    JOURNAL = "VT-I035", "The journal was changed",
"Every line of journal.jsonl carries a link to the line before. A line that was cut off by a crash is
the last one, and is no harm; this one is not the last, so the file was edited or is damaged. What a
run that broke off would have left to do cannot be known from it. Nothing was changed.

What to do: `vaultterm-install doctor` says whether the installation is whole. If it is, put the
journal aside (mv journal.jsonl journal.jsonl.damaged): the next run begins a new one. If it is not,
restore a backup.";
    NO_ROOM = "VT-I036", "There is not enough room on a disk",
"Before an upgrade changes anything it takes the room that it will need, for the new images, for the
backup and its rehearsal, and for the clone of the database, so that the disk is not full half-way.
The disk did not have it. Nothing was changed. Going back takes no room.

What to do: remove what is not needed (`docker system df` shows what the engine keeps, `vaultterm-install
backup prune` removes old backups), or enlarge the disk, and run the command again.";
    PLAN = "VT-I037", "It is not as it was planned",
"`apply --plan` does exactly what was agreed to. The bundle, the host, the configuration or the verdict
of a check are not as they were when the plan was made, or the plan was edited. The message names what
has changed. Nothing was done.

What to do: make a new plan with `vaultterm-install plan --out FILE`, and have it agreed to.";
    LEAK = "VT-I038", "The support bundle would give a secret away",
"Before a support bundle is there, it is searched as a whole for every secret that this installation
knows, as it is, in base64, in hexadecimal, in a URL and in JSON. One was found, in spite of all that was
redacted. Nothing was written. The message names the file and the secret, not its value.

What to do: look at where that file comes from, such as a log or a comment in .env, and take the secret
out there. Think about who could read it, and change it.";
    SCHEDULE = "VT-I039", "Backups are not scheduled",
"`backup schedule` writes a service and a timer for systemd and enables the timer. systemd does not run
this host, did not take the time, or refused the units; its own words are shown. No timer was changed.

What to do: try the time with `systemd-analyze calendar TIME`. Where systemd does not run the host, let
its scheduler run `vaultterm-install backup`, as root, with recipients in backups/recipients.txt; it
ends with 0 when there is a backup and it was proved.";
    ASIDE = "VT-I040", "The database that was put aside is not what it was",
"An upgrade with migrations and a restore put the database aside as it is, closed to everybody, and note
what every table holds. Before `rollback` touches anything it looks again. Tables hold other rows than
they did, so somebody opened that database, or the disk is failing. Going back to it would not be going
back. Nothing was changed.

What to do: if the disk is failing, save the newest backup first. The backup that was made before the
upgrade holds the same, up to a few moments: upgrade's report and `vaultterm-install backup list` name it;
install its release elsewhere with `restore FILE --bundle BUNDLE`, or restore it here.";
    SHARES = "VT-I041", "The recovery shares are refused",
"Two of the three shares of one set give the recovery key. A share carries checksums, so that a typing
error is located: each group of five checks itself, and the share as a whole once more. The message says
which share, which group, or which sets do not belong together. Nothing was printed, and nothing was
changed.

What to do: compare the group that is named with the paper. Shares from before `escrow renew` open what
was sealed before it, and nothing later; the set that is printed on each tells them apart.";
    NO_ESCROW = "VT-I042", "There is no recovery key",
"No recovery key was made for this installation, or the run that made it was killed before it had noted
it; shares from such a run open nothing. Backups open with their own key or passphrase alone.

What to do: `vaultterm-install escrow renew` makes one at any time. Binding the master key wants one
first: otherwise a broken host would be the end of the vault.";
    NOWHERE = "VT-I043", "The recovery shares would reach nobody",
"Shares are shown once, on a terminal, or written into three files of a folder that you name. Here they
would have gone into a pipe or a log, or over the shares of another set. Nothing was changed.

What to do: run the command on a terminal, or add --shares-out DIR with a folder that has no shares yet,
such as one on a stick. `--escrow none` goes on without a recovery key.";
    SEALED = "VT-I044", "The master key does not open here",
"With LICENSE_BIND_MASTER=1 the master key is sealed under three things: the root seed in `secrets`, the
licence, and this host. One of them is not the one that it was sealed under: the folder was copied to
another host, another licence was put in place by hand, or the host was reinstalled. The server starts
and opens nothing. Nothing is lost.

What to do: if another licence lies there, put the one before back, and install the new one with
`vaultterm-install license install`. If the host is another one, bring two recovery shares:
`vaultterm-install license rebind` here, or `vaultterm-install recover BACKUP --bundle BUNDLE` where
nothing is installed. The vendor is not needed.";
    UNBINDABLE = "VT-I045", "The master key cannot be bound",
"Binding wants the master key in the clear on this server once, a licence, a host with a machine id, and
a recovery key whose shares were handed over. The message says what is missing. What was in place before
is in place again.

What to do: put right what is named. `vaultterm-install escrow renew` makes a recovery key; a machine id
is made by `systemd-machine-id-setup`.";
    NOT_TAKEN = "VT-I046", "The server did not take the licence",
"The licence is good, and it was put in place; the running server did not say in time that it goes by it.
The licence before was put back, and the server goes by that.

What to do: see with `vaultterm-install status` whether the server runs, and with `vaultterm-install logs
app` what it says of the licence. Where the server does not run, start it first.";
    MAINTENANCE = "VT-I047", "The licence does not cover this release",
"A licence names the day on which its maintenance ends. Releases that were built until then may be run
with it, for ever; later ones may not. Both dates are signed, by the vendor, in the licence and in the
bundle, so the answer is the same on every host and on every day, whatever its clock says. Nothing was
touched, and what runs goes on.

What to do: ask the vendor for a licence with later maintenance and give it with --license FILE, or take
a release that was built earlier.";
    ADMIN_LINK = "VT-I048", "No link for a platform admin can be made",
"The server did not make the link; its own words are shown. The link for the first platform admin, the
one without an address, is made as long as there is none.

What to do: give an address, `vaultterm-install admin-link --email ADDRESS`; or look at
`vaultterm-install status`.";
}

/// Looks a code up, in whatever case it is typed.
pub(crate) fn find(id: &str) -> Option<&'static Code> {
    ALL.iter().find(|code| code.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::{ALL, find};

    #[test]
    fn every_code_is_listed_once_with_a_cure_and_no_link() {
        for (number, code) in (1..).zip(ALL) {
            assert_eq!(code.id, format!("VT-I{number:03}"));
            assert!(code.page.contains("What to do:"), "{}", code.id);
            assert!(!code.page.contains("http"), "{}", code.id);
        }
        assert_eq!(find("vt-i004").map(|code| code.id), Some("VT-I004"));
        assert!(find("VT-I999").is_none());
    }
}
