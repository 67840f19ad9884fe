//! `reproduce`: does the same come out again? Whoever co-signs a release wants to know.

use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode};
use license::root::Chain;
use offline::write::Release;
use offline::{Image, Manifest, Member};

use crate::error::Error;
use crate::meter::Meter;
use crate::recipe::{self, Ingredients};
use crate::runbook::Signers;
use crate::{opened, trust};

/// Build a bundle again and compare, member by member; nothing is written and no key is needed.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle to reproduce.
    file: PathBuf,
    /// Trust the keys or roots of this file instead of those compiled in.
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    ingredients: Ingredients,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    // Whoever is about to co-sign looks at a bundle that has too few signatures yet.
    let trust = trust::of(options.trust.as_deref())?.content_with_one();
    let bundle = opened::open_with(&options.file, &trust, console)?;
    let (theirs, signers) = (bundle.manifest().clone(), bundle.signers());
    let mut keys = bundle.trust().keys().iter();
    // The first signature is the builder's, whose key is printed on the page that travels along.
    let key = keys
        .find(|key| signers.first() == Some(&key.key_id()))
        .ok_or(Error::SecretKey)?;
    let room = tempfile::tempdir().map_err(|source| Error::Output {
        path: std::env::temp_dir(),
        source,
    })?;
    let release = Release {
        version: theirs.version.clone(),
        counter: theirs.release_counter,
        created: theirs.created,
        architecture: String::new(),
        upgrade_from: theirs.upgrade_from.clone(),
    };
    // They are printed on that page, too. What they are worth was asked above.
    let carried = bundle.carried_roots();
    let roots = carried.and_then(|carried| Chain::anchor(&carried).ok());
    let signers = Signers {
        builder: key,
        roots: roots.as_ref(),
    };
    let prepared = recipe::prepare(
        &options.ingredients,
        release,
        &signers,
        room.path(),
        console,
    )?;
    let promised = prepared.draft.promise(&mut Meter::new(console));
    let ours = promised.map_err(Error::Seal)?;
    match difference(&theirs, &ours) {
        None => {
            console.result(&format!(
                "{}: the same bytes come out again",
                options.file.display()
            ));
            console.result_json(&serde_json::json!({ "reproduced": true }));
            Ok(ExitCode::Done)
        }
        Some(difference) => Err(Error::Differs(difference)),
    }
}

/// The first difference, in the words that lead to its cause: an image before the members that
/// follow from it.
fn difference(theirs: &Manifest, ours: &Manifest) -> Option<String> {
    let images = theirs.images.iter().zip(&ours.images);
    let image = images.filter(|(their, our)| their != our).map(image).next();
    if image.is_some() {
        return image;
    }
    let describe =
        |member: &Member| format!("{} ({} bytes, {})", member.name, member.size, member.sha256);
    // These two only repeat what the others are.
    let derived = |member: &Member| ["SHA256SUMS", "index.json"].contains(&member.name.as_str());
    let mut pairs = theirs.members.iter().zip(&ours.members);
    if let Some((their, our)) = pairs.find(|(their, our)| their != our && !derived(their)) {
        let (their, our) = (describe(their), describe(our));
        return Some(format!("the bundle has {their}, and {our} came out"));
    }
    let beyond = |longer: &Manifest, shorter: &Manifest| {
        longer.members.get(shorter.members.len()).map(describe)
    };
    if let Some(member) = beyond(theirs, ours) {
        return Some(format!(
            "the bundle has {member}, and nothing like it came out"
        ));
    }
    if let Some(member) = beyond(ours, theirs) {
        return Some(format!(
            "{member} came out, and the bundle has nothing like it"
        ));
    }
    let differs = |name: &str, differs: bool| differs.then(|| format!("{name} differs"));
    differs(
        "the list of migrations",
        theirs.migrations != ours.migrations,
    )
    .or_else(|| differs("what the delta leaves out", theirs.delta != ours.delta))
    .or_else(|| differs("the manifest", theirs != ours))
}

/// How two images that should be the same differ.
fn image((their, our): (&Image, &Image)) -> String {
    let role = their.role.as_str();
    if their.reference != our.reference {
        let (their, our) = (&their.reference, &our.reference);
        return format!("the image for {role} is called {their}, and {our} here");
    }
    if their.config != our.config {
        let (their, our) = (their.config.digest.short(), our.config.digest.short());
        return format!("the image for {role} is {their}, and {our} here");
    }
    format!("the layers of the image for {role} are the same, compressed otherwise")
}
