//! Files that come and go: what the server's memory takes meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::Value;

use crate::lab::{Lab, Session};

/// The bytes of one file.
const SIZE: usize = 64 << 20;
/// So many come at once, and then go at once.
const AT_ONCE: usize = 4;
/// What the server may take for all of them, in KiB: three quarters of a single file. On a host of two slow
/// cores it is half of one.
const MOST_KIB: u64 = 48 << 10;

/// The memory of its own that a process has, in KiB. What is mapped from files, its program first of all, is
/// left out: that comes and goes as the system likes.
fn own_memory(pid: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find(|line| line.starts_with("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.context("no such line")?.parse()?)
}

/// Looks at a process from a thread of its own, until it is asked.
struct Watch {
    over: Arc<AtomicBool>,
    looking: JoinHandle<Result<u64>>,
}

impl Watch {
    fn of(pid: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let looking = std::thread::spawn(move || {
            let mut most = 0;
            while !ends.load(Ordering::Relaxed) {
                most = own_memory(pid)?.max(most);
                std::thread::sleep(Duration::from_millis(2));
            }
            Ok(most)
        });
        Self { over, looking }
    }

    /// The most it had, in KiB.
    fn most(self) -> Result<u64> {
        self.over.store(true, Ordering::Relaxed);
        self.looking
            .join()
            .map_err(|_| anyhow!("the watch panicked"))?
    }
}

async fn attach(ada: &Session, secret: &str) -> Result<String> {
    let path = format!("{secret}/attachments?name=engine.bin");
    let sent = ada.post_bytes(&path, vec![7; SIZE]).await?;
    let made: Value = serde_json::from_slice(&sent)?;
    let id = made.get("id").and_then(Value::as_str);
    let id = id.with_context(|| format!("no id in {made}"))?;
    Ok(format!("{secret}/attachments/{id}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_flat_while_files_come_and_go() -> Result<()> {
    let mut lab = Lab::new().await?;
    lab.log_level = "info";
    lab.variables.push(("ATTACHMENT_MAX_MIB", "64"));
    let served = lab.serve().await?;
    let ada = lab.set_up(&served).await?;
    let vault = ada.vault().await?;
    let secret = ada.secret(&vault, &lab.planted.secret).await?;
    let (ada, secret, pid) = (&ada, secret.as_str(), served.pid());
    // What connections and the allocator take once is there before it is measured.
    ada.get_bytes(&attach(ada, secret).await?).await?;
    let before = own_memory(pid)?;
    let watch = Watch::of(pid);
    let coming = (0..AT_ONCE).map(|_| attach(ada, secret));
    let paths = futures_util::future::try_join_all(coming).await?;
    let going = paths.iter().map(|path| ada.get_bytes(path));
    for file in futures_util::future::try_join_all(going).await? {
        ensure!(file.len() == SIZE && file.iter().all(|byte| *byte == 7));
    }
    let took = watch.most()?.saturating_sub(before);
    println!("{AT_ONCE} files of {SIZE} bytes took {took} KiB");
    ensure!(took <= MOST_KIB, "they took {took} KiB");
    Ok(())
}
