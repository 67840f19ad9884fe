//! Documents that a build writes for those who receive it: component lists, licences, where it came
//! from, and a page to print.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use offline::Role;

use crate::contents::Found;
use crate::error::Error;
use crate::provenance::{self, Origin};
use crate::runbook::{self, Signers};
use crate::sbom::{self, Component, Crates};
use crate::sources::{Collected, Ready, records_of};

/// What the documents are about.
pub(crate) struct Subject<'a> {
    pub(crate) version: &'a str,
    pub(crate) root: &'a Path,
    pub(crate) signers: &'a Signers<'a>,
    pub(crate) images: &'a Collected,
    /// The crates of the programs, when cargo could be asked.
    pub(crate) crates: Option<Crates>,
    pub(crate) origin: &'a Origin,
}

/// Writes them into `dir`. What cannot be had is told to `warn`, and is left out.
pub(crate) fn write(
    subject: Subject<'_>,
    dir: &Path,
    warn: &mut dyn FnMut(&str),
) -> Result<Vec<Found>, Error> {
    let mut documents: Vec<(String, Vec<u8>)> = Vec::new();
    let mut ours: Vec<Component> = Vec::new();
    match subject.crates {
        Some(crates) => {
            ours.extend(crates.components);
            documents.push(("licences/rust.txt.gz".to_owned(), packed(&crates.licenses)));
        }
        None => warn("cargo is not here: the bundle lists no crates and none of their licences"),
    }
    let portal = subject.root.join("app/portal");
    let texts = std::fs::read_to_string(portal.join("dist/third-party.txt")).unwrap_or_default();
    let lock = std::fs::read(portal.join("package-lock.json"));
    match lock.ok().and_then(|lock| sbom::npm(&lock, &texts)) {
        Some(packages) => ours.extend(packages),
        None => warn("the portal's package-lock.json cannot be read: its packages are not listed"),
    }
    if !texts.is_empty() {
        documents.push(("licences/portal.txt".to_owned(), texts.into_bytes()));
    }
    let vaultterm = sbom::document(("vaultterm", subject.version), &ours);
    documents.push((sbom::name("vaultterm"), vaultterm));
    for image in &subject.images.images {
        if let Some(document) = packages_of(image)? {
            documents.push((sbom::name(image.role.as_str()), document));
        }
    }
    let statement = provenance::statement(subject.version, subject.origin, subject.images);
    documents.push((provenance::NAME.to_owned(), statement));
    let page = runbook::page(subject.version, subject.signers);
    documents.push(("RUNBOOK.txt".to_owned(), page.into_bytes()));
    documents
        .into_iter()
        .map(|(name, bytes)| place(dir, name, &bytes))
        .collect()
}

/// The packages of an image's system. Our own app is built from scratch: what is in it is in the list
/// of the software, and there is a list of packages only if somebody built it on a system.
fn packages_of(image: &Ready) -> Result<Option<Vec<u8>>, Error> {
    let records = image.layers.iter().map(|(_, frame)| records_of(frame));
    let records: Vec<sbom::Records> =
        records
            .collect::<std::io::Result<_>>()
            .map_err(|source| Error::Pull {
                image: image.reference.clone(),
                source,
            })?;
    let packages = sbom::packages(records);
    if image.role == Role::App && packages.is_empty() {
        return Ok(None);
    }
    let (name, tag) = image
        .reference
        .rsplit_once(':')
        .unwrap_or((&image.reference, ""));
    Ok(Some(sbom::document((name, tag), &packages)))
}

/// Hundreds of kilobytes that hardly anybody reads: `zcat` prints them. No name and no time inside.
fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing into memory does not fail.
    let _written = encoder.write_all(text.as_bytes());
    encoder.finish().unwrap_or_default()
}

fn place(dir: &Path, name: String, bytes: &[u8]) -> Result<Found, Error> {
    let path: PathBuf = dir.join(&name);
    let written = path
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(&path, bytes));
    written.map_err(|source| Error::Output {
        path: path.clone(),
        source,
    })?;
    Ok(Found::plain(path, name))
}

#[cfg(test)]
mod tests {
    use offline::{Digest, Role};

    use super::packages_of;
    use crate::sbom;
    use crate::sources::{Layers, Ready};

    #[test]
    fn an_app_on_a_system_is_listed_with_its_packages() {
        let dir = tempfile::tempdir().unwrap();
        let status = b"Package: libc6\nStatus: install ok installed\nVersion: 2.36\n";
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(status.len() as u64);
        let name = "./var/lib/dpkg/status";
        tar.append_data(&mut header, name, &status[..]).unwrap();
        let tar = tar.into_inner().unwrap();
        let wanted = [Digest::of(&tar)].into();
        let layers = Layers::new(dir.path(), 1);
        let layer = layers.take(&tar[..], tar.len() as u64, &wanted).unwrap();
        let image = |role, layers| Ready {
            role,
            reference: "app:1".into(),
            config: Vec::new(),
            layers,
        };
        let listed = packages_of(&image(Role::App, vec![layer.unwrap()])).unwrap();
        let components = sbom::read(&listed.unwrap()).unwrap();
        assert_eq!(components[0].name, "libc6");
        assert!(packages_of(&image(Role::App, vec![])).unwrap().is_none());
        assert!(packages_of(&image(Role::Db, vec![])).unwrap().is_some());
    }
}
