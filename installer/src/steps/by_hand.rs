//! The commands that undo a step by hand: what is told where the program could not.

use super::{Kind, Site, Step};
use crate::layout::Layout;
use crate::postgres::{Branches, DATABASE};

/// Shell commands for one step, with the names and paths of this run; none where nothing is left
/// that matters.
pub(crate) fn by_hand(step: Step, site: &Site<'_>) -> Vec<String> {
    let dir = site.layout.dir().display();
    let compose = format!(
        "docker compose --project-directory '{dir}' --project-name {}",
        site.run.project
    );
    match step {
        Step::Commit | Step::Record => put_back(site, |name| name == "state.json"),
        Step::Start if site.run.kind == Kind::Install => vec![format!("{compose} down")],
        Step::Start => vec![format!("{compose} stop app")],
        Step::Environment => put_back(site, |name| name == ".env"),
        Step::License => put_back(site, |name| name.starts_with("license/")),
        Step::MasterKey => put_back(site, |name| name.starts_with("secrets/")),
        Step::Files => put_back(site, |name| {
            let mut mounted = Layout::MOUNTED.iter();
            mounted.any(|file| name == *file || name.starts_with(&format!("{file}/")))
        }),
        Step::Branch | Step::Replace => database(site),
        Step::Stop => vec![format!("{compose} up --detach")],
        Step::Reserve => vec![format!("rm -f '{}'", site.layout.room().display())],
        Step::Receive | Step::Backup | Step::Secrets | Step::Ready => Vec::new(),
    }
}

/// The originals that were kept, each back to its place.
fn put_back(site: &Site<'_>, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let kept = site.originals();
    let entries = std::fs::read_dir(&kept).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let commands = names.iter().filter_map(|kept_name| {
        let name = kept_name.replace("__", "/");
        let to = site.layout.dir().join(&name);
        // Without the mode of the copy: the one that is there has the right one.
        wanted(&name).then(|| {
            let from = kept.join(kept_name);
            format!(
                "cp --no-preserve=mode '{}' '{}'",
                from.display(),
                to.display()
            )
        })
    });
    commands.collect()
}

/// Two renames. The first is not possible where a run had come no further than putting it aside.
fn database(site: &Site<'_>) -> Vec<String> {
    let Branches { before, failed } = Branches::of(&site.run.id);
    let psql = format!(
        "docker compose --project-directory '{}' --project-name {} exec --user postgres db \
         psql --dbname postgres --command",
        site.layout.dir().display(),
        site.run.project
    );
    [
        format!("ALTER DATABASE {DATABASE} RENAME TO {failed}"),
        format!("ALTER DATABASE {before} ALLOW_CONNECTIONS true CONNECTION LIMIT -1"),
        format!("ALTER DATABASE {before} RENAME TO {DATABASE}"),
    ]
    .map(|statement| format!("{psql} '{statement}'"))
    .to_vec()
}
