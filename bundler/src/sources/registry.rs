//! Images out of a registry: pulled by tag, pinned by digest, with the credentials that
//! `docker login` left.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::pin::pin;
use std::sync::Mutex;

use console::{Bar, Console};
use docker_credential::{CredentialRetrievalError, DockerCredential};
use futures_util::{Stream, TryStreamExt as _};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::manifest::OciImageManifest;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use offline::limits;
use tokio::runtime::Runtime;

use super::{Collected, Layers, Ready, Wanted, assemble, one_architecture};
use crate::error::Error;

/// A registry, with what is needed to talk to it.
struct Puller {
    runtime: Runtime,
    client: Client,
}

/// What a tag stood for.
struct Pinned {
    reference: Reference,
    manifest: OciImageManifest,
    digest: String,
}

/// Gets the images out of the registries that their names lead to.
pub(super) fn collect(
    wanted: &[Wanted],
    layers: &Layers,
    console: &Console,
) -> Result<Collected, Error> {
    let puller = Puller::new(wanted)?;
    let mut images: Vec<(String, Ready)> = Vec::new();
    for image in wanted {
        let pinned = puller.pin(&image.reference)?;
        console.say(&format!("{} is {}", image.reference, pinned.digest));
        let total: i64 = pinned.manifest.layers.iter().map(|layer| layer.size).sum();
        let title = format!("Pulling {}", image.reference);
        let bar = Mutex::new(console.progress(&title, u64::try_from(total).ok()));
        let config = puller
            .blob(&pinned, &pinned.manifest.config.digest, None)
            .and_then(|file| whole(file, limits::IMAGE_JSON))
            .map_err(|source| broke(image, source))?;
        let open = |place: usize| -> io::Result<Box<dyn Read>> {
            let layer = pinned.manifest.layers.get(place);
            let layer = layer.ok_or(io::ErrorKind::UnexpectedEof)?;
            Ok(Box::new(puller.blob(&pinned, &layer.digest, Some(&bar))?))
        };
        images.push(assemble(image, config, layers, open)?);
        if let Ok(bar) = bar.into_inner() {
            bar.done(&format!("{} pulled and compressed", image.reference));
        }
    }
    one_architecture(images)
}

fn broke(image: &Wanted, source: io::Error) -> Error {
    Error::Pull {
        image: image.reference.clone(),
        source,
    }
}

impl Puller {
    fn new(wanted: &[Wanted]) -> Result<Self, Error> {
        // One provider for the whole process; a second installation of the same one is no fault.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let config = ClientConfig {
            // As the engine does: without TLS only on this host.
            protocol: ClientProtocol::HttpsExcept(local_registries(wanted)),
            ..ClientConfig::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::Stream)?;
        let client =
            Client::try_from(config).map_err(|error| Error::Stream(io::Error::other(error)))?;
        Ok(Self { runtime, client })
    }

    fn pin(&self, reference: &str) -> Result<Pinned, Error> {
        let failed = |source| Error::Pull {
            image: reference.to_owned(),
            source,
        };
        let parsed: Reference = reference
            .parse()
            .map_err(|_| failed(io::Error::other("this is no image reference")))?;
        let auth = credentials(&parsed).map_err(failed)?;
        let pulled = self.client.pull_image_manifest(&parsed, &auth);
        let (manifest, digest) = self
            .runtime
            .block_on(pulled)
            .map_err(|error| failed(plain_words(error)))?;
        // From here on the tag may move: everything is asked for by digest.
        let reference = parsed.clone_with_digest(digest.clone());
        Ok(Pinned {
            reference,
            manifest,
            digest,
        })
    }

    /// A blob as a file without a name. The client compares its digest on the way.
    fn blob(&self, image: &Pinned, digest: &str, bar: Option<&Mutex<Bar>>) -> io::Result<File> {
        let descriptor = std::iter::once(&image.manifest.config)
            .chain(&image.manifest.layers)
            .find(|blob| blob.digest == digest)
            .ok_or(io::ErrorKind::NotFound)?;
        let promised = u64::try_from(descriptor.size).unwrap_or(0);
        self.runtime.block_on(async {
            let pulled = self.client.pull_blob_stream(&image.reference, descriptor);
            let stream = pulled.await.map_err(plain_words)?;
            save(stream, promised, |bytes| {
                if let Some(Ok(mut bar)) = bar.map(Mutex::lock) {
                    bar.advance(bytes);
                }
            })
            .await
        })
    }
}

/// A blob as a file without a name. A registry that sends more than its manifest says would
/// otherwise fill the disk before the digest is compared.
async fn save<B: AsRef<[u8]>>(
    stream: impl Stream<Item = io::Result<B>>,
    promised: u64,
    mut advance: impl FnMut(u64),
) -> io::Result<File> {
    let mut stream = pin!(stream);
    let mut file = tempfile::tempfile()?;
    let mut left = promised.min(limits::LAYER_SIZE);
    while let Some(piece) = stream.try_next().await? {
        let piece = piece.as_ref();
        let count = piece.len() as u64;
        let more = || io::Error::other("the registry sends more than its manifest says");
        left = left.checked_sub(count).ok_or_else(more)?;
        file.write_all(piece)?;
        advance(count);
    }
    file.rewind()?;
    Ok(file)
}

/// A small blob whole.
fn whole(blob: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    blob.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other("the image's configuration is too large"));
    }
    Ok(bytes)
}

fn plain_words(error: OciDistributionError) -> io::Error {
    io::Error::other(error)
}

/// Those of the images' registries that are on this host.
fn local_registries(wanted: &[Wanted]) -> Vec<String> {
    let references = wanted.iter().map(|image| image.reference.parse());
    let registries = references.filter_map(|parsed: Result<Reference, _>| {
        Some(parsed.ok()?.resolve_registry().to_owned())
    });
    let local = |registry: &String| {
        let host = registry
            .rsplit_once(':')
            .map_or(registry.as_str(), |(host, _)| host);
        host == "localhost" || host.starts_with("127.") || host == "[::1]"
    };
    registries.filter(local).collect()
}

/// What `docker login` left in `config.json`, with its helpers; nothing is fine, too.
fn credentials(reference: &Reference) -> io::Result<RegistryAuth> {
    let server = match reference.resolve_registry() {
        "index.docker.io" => "https://index.docker.io/v1/",
        other => other,
    };
    match docker_credential::get_credential(server) {
        Ok(DockerCredential::UsernamePassword(name, password)) => {
            Ok(RegistryAuth::Basic(name, password))
        }
        Ok(DockerCredential::IdentityToken(token)) => Ok(RegistryAuth::Bearer(token)),
        Err(
            CredentialRetrievalError::ConfigNotFound
            | CredentialRetrievalError::NoCredentialConfigured
            | CredentialRetrievalError::ConfigReadError,
        ) => Ok(RegistryAuth::Anonymous),
        Err(error) => Err(io::Error::other(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read as _};

    use futures_util::stream;

    use super::{save, whole};

    fn saved(pieces: &'static [&'static [u8]], promised: u64) -> io::Result<(Vec<u8>, u64)> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let mut seen = 0;
        let stream = stream::iter(pieces.iter().map(|piece| Ok(*piece)));
        let mut file = runtime.block_on(save(stream, promised, |bytes| seen += bytes))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((bytes, seen))
    }

    #[test]
    fn a_registry_sends_no_more_than_its_manifest_says() {
        assert_eq!(
            saved(&[b"one", b"two"], 6).unwrap(),
            (b"onetwo".to_vec(), 6)
        );
        // Shorter is for the digest to find.
        assert_eq!(saved(&[b"one"], 6).unwrap().1, 3);
        let refused = saved(&[b"one", b"two"], 5).unwrap_err();
        assert!(refused.to_string().contains("more than its manifest says"));
    }

    #[test]
    fn a_configuration_has_a_bound() {
        assert_eq!(whole(&b"abc"[..], 3).unwrap(), b"abc");
        let mut endless = io::repeat(0);
        assert!(whole(&mut endless, 3).is_err());
    }
}
