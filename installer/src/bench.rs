//! How fast this server is: measured where it matters, so that a plan's times are no guesses.

use std::fs::File;
use std::io::{Read, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::Error;
use crate::files::remove;
use crate::layout::Layout;

/// So many small writes are synced; the middle one counts.
const SYNCS: usize = 64;
/// What is written in one go, and what is loaded, in bytes.
const SIZE: u64 = 64 << 20;
/// The rows that are restored: about as many megabytes as hundred thousands.
const ROWS: u32 = 300_000;

/// What was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    /// A small write until it is on the disk, in microseconds.
    pub(crate) sync_us: u64,
    /// Bytes written in one second, with the disk.
    pub(crate) write: u64,
    /// Bytes of an image that the engine takes in one second.
    pub(crate) load: u64,
    /// Bytes of a database that are restored in one second, where one was there to measure with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) restore: Option<u64>,
    /// Bytes of a database that are cloned in one second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clone: Option<u64>,
}

/// What was measured on this server before.
pub(crate) fn recorded(layout: &Layout) -> Option<Measured> {
    serde_json::from_slice(&std::fs::read(layout.measured()).ok()?).ok()
}

/// Measures. Everything that is made for it goes again.
///
/// # Errors
/// When a disk or the engine does not do what it is asked.
pub(crate) async fn measure(
    dir: &Path,
    engine: &Engine,
    database: Option<(&str, &str)>,
) -> Result<Measured, Error> {
    let path = dir.join(".measuring");
    let disk = disk(&path).map_err(Error::file("cannot measure with", &path));
    remove(&path).map_err(Error::file("cannot remove", &path))?;
    let (sync_us, write) = disk?;
    let load = engine.measure_load(SIZE, Noise::default()).await?;
    let mut measured = Measured {
        sync_us,
        write,
        load: rate(SIZE, load),
        ..Measured::default()
    };
    if let Some((image, project)) = database {
        let (restore, clone) = scratch(engine, image, project).await?;
        (measured.restore, measured.clone) = (Some(restore), Some(clone));
    }
    Ok(measured)
}

fn disk(path: &Path) -> std::io::Result<(u64, u64)> {
    let mut file = File::create(path)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let started = Instant::now();
        file.write_all(&[0x55; 4096])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    let middle = times.get(SYNCS / 2).copied().unwrap_or_default();
    let started = Instant::now();
    std::io::copy(&mut Noise::default().take(SIZE), &mut file)?;
    file.sync_all()?;
    let write = rate(SIZE, started.elapsed());
    Ok((u64::try_from(middle.as_micros()).unwrap_or(u64::MAX), write))
}

/// A scratch database is filled, dumped, restored and cloned.
async fn scratch(engine: &Engine, image: &str, project: &str) -> Result<(u64, u64), Error> {
    let scratch = engine.scratch(image, project).await?;
    let postgres = scratch.postgres();
    let outcome = async {
        let fill = format!(
            "CREATE TABLE measured AS SELECT n, md5(n::text) || md5((n + 1)::text) AS text \
             FROM generate_series(1, {ROWS}) n;\nALTER TABLE measured ADD PRIMARY KEY (n);\n\
             CHECKPOINT;\n"
        );
        postgres.sql(crate::postgres::DATABASE, &fill).await?;
        let size = postgres.size(crate::postgres::DATABASE).await?;
        let restore = postgres.measure_restore().await?;
        let clone = postgres.measure_clone().await?;
        Ok((rate(size, restore), rate(size, clone)))
    };
    let outcome = outcome.await;
    engine.remove_scratches(project).await?;
    outcome
}

/// Bytes that nothing can compress, as many as are read: SplitMix64's.
#[derive(Clone, Debug)]
pub(crate) struct Noise(u64);

impl Default for Noise {
    fn default() -> Self {
        Self(0x5eed)
    }
}

impl Read for Noise {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        for piece in buffer.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let bytes = (mixed ^ (mixed >> 31)).to_le_bytes();
            piece.copy_from_slice(bytes.get(..piece.len()).unwrap_or_default());
        }
        Ok(buffer.len())
    }
}

fn rate(bytes: u64, time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
    bytes.saturating_mul(1_000_000) / micros
}
