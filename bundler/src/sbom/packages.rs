//! The packages of an image, read from its layers: dpkg's and apk's own records.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::{Component, encoded};

/// The records are text of some megabytes at most.
const LARGEST: u64 = 64 << 20;

/// The records as the uppermost layer has them, by path.
pub(crate) type Records = BTreeMap<String, String>;

/// The records in a layer's tar.
pub(crate) fn records(tar: impl Read) -> io::Result<Records> {
    let mut records = Records::new();
    for entry in tar::Archive::new(tar).entries()? {
        let entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = name.trim_start_matches("./").to_owned();
        if is_record(&name) && entry.header().entry_type().is_file() {
            let mut bytes = Vec::new();
            entry.take(LARGEST).read_to_end(&mut bytes)?;
            records.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    Ok(records)
}

/// The packages of an image, from the records of its layers, lowest first.
pub(crate) fn packages(layers: impl IntoIterator<Item = Records>) -> Vec<Component> {
    components(&layers.into_iter().flatten().collect())
}

fn is_record(path: &str) -> bool {
    matches!(
        path,
        "var/lib/dpkg/status" | "lib/apk/db/installed" | "etc/os-release" | "usr/lib/os-release"
    ) || path.starts_with("var/lib/dpkg/status.d/") && !path.ends_with(".md5sums")
}

fn components(records: &Records) -> Vec<Component> {
    let release = ["etc/os-release", "usr/lib/os-release"];
    let release = release.iter().find_map(|path| records.get(*path));
    let release = release.map_or("", String::as_str);
    let field = |name: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(name));
        line.map(|value| value.trim_matches('"').to_owned())
    };
    let id = field("ID=").unwrap_or_else(|| "linux".to_owned());
    let distro = field("VERSION_ID=").map(|version| format!("&distro={id}-{version}"));
    let distro = distro.unwrap_or_default();
    let mut found = Vec::new();
    for (path, text) in records {
        if path.starts_with("var/lib/dpkg/") {
            let of = |block: &str| debian(block, &id, &distro);
            found.extend(text.split("\n\n").filter_map(of));
        } else if path.starts_with("lib/apk/") {
            found.extend(
                text.split("\n\n")
                    .filter_map(|block| alpine(block, &id, &distro)),
            );
        }
    }
    found
}

fn debian(block: &str, id: &str, distro: &str) -> Option<Component> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
    if field("Status: ").is_some_and(|status| !status.ends_with(" installed")) {
        return None;
    }
    let (name, version) = (field("Package: ")?, field("Version: ")?);
    let architecture = field("Architecture: ").unwrap_or("all");
    // What our image recipes put beside the distribution's packages says itself what it is: nobody
    // should look for it among the distribution's advisories.
    let purl = field("X-Purl: ").map(str::to_owned).unwrap_or_else(|| {
        format!(
            "pkg:deb/{id}/{}@{}?arch={architecture}{distro}",
            encoded(name),
            encoded(version)
        )
    });
    Some(Component {
        name: name.to_owned(),
        version: version.to_owned(),
        purl,
        license: field("X-License: ").map(str::to_owned),
        sha256: None,
    })
}

fn alpine(block: &str, id: &str, distro: &str) -> Option<Component> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
    let (name, version) = (field("P:")?, field("V:")?);
    let architecture = field("A:").unwrap_or("noarch");
    Some(Component {
        name: name.to_owned(),
        version: version.to_owned(),
        purl: format!(
            "pkg:apk/{id}/{}@{}?arch={architecture}{distro}",
            encoded(name),
            encoded(version)
        ),
        license: field("L:").map(str::to_owned),
        sha256: None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Records, components};

    #[test]
    fn records_of_debian_and_alpine_are_understood() {
        let mut records = Records::new();
        let put = |records: &mut Records, path: &str, text: &str| {
            records.insert(path.to_owned(), text.to_owned());
        };
        put(
            &mut records,
            "etc/os-release",
            "ID=debian\nVERSION_ID=\"12\"\n",
        );
        put(
            &mut records,
            "var/lib/dpkg/status",
            "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+deb12u1\n\n\
             Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n",
        );
        put(
            &mut records,
            "lib/apk/db/installed",
            "P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n\n",
        );
        put(
            &mut records,
            "var/lib/dpkg/status.d/postgresql",
            "Package: postgresql\nStatus: install ok installed\nArchitecture: amd64\nVersion: 16.14\n\
             X-License: PostgreSQL\nX-Purl: pkg:generic/postgresql@16.14\n",
        );
        let found = components(&records);
        let purls: Vec<&str> = found.iter().map(|found| found.purl.as_str()).collect();
        assert_eq!(
            purls,
            [
                "pkg:apk/debian/musl@1.2.5-r0?arch=x86_64&distro=debian-12",
                "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64&distro=debian-12",
                "pkg:generic/postgresql@16.14"
            ]
        );
        assert_eq!(found[2].license.as_deref(), Some("PostgreSQL"));
        assert_eq!(found[0].license.as_deref(), Some("MIT"));
    }
}
