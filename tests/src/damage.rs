//! Bundles that are not what they were.

use anyhow::{Context as _, Result};

/// Flips a bit in the middle of the last layer: everything before it is good.
///
/// # Errors
/// When there is no layer.
pub fn flip_last_layer(bundle: &mut [u8]) -> Result<()> {
    let mut last = None;
    let mut at = 0;
    while let Some(header) = bundle.get(at..at + 512) {
        let text = |range: std::ops::Range<usize>| {
            let text = header.get(range).unwrap_or_default();
            let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(text).into_owned()
        };
        let Ok(size) = usize::from_str_radix(text(124..136).trim(), 8) else {
            break;
        };
        // Configurations and manifests of images are small; a layer comes after its image's.
        if text(0..100).starts_with("blobs/") && size > 4096 {
            last = Some((at + 512, size));
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    let (start, size) = last.context("a layer")?;
    *bundle.get_mut(start + size / 2).context("a byte")? ^= 1;
    Ok(())
}
