//! A disk of its own, which can be full.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::run::run;

/// Large enough for an engine, an installation and an upgrade of it.
const SIZE: u64 = 4 << 30;

/// A file system in a file, mounted until the value goes.
#[derive(Debug)]
pub struct Disk {
    /// Where it is mounted.
    pub path: PathBuf,
}

impl Disk {
    /// Makes and mounts it in a folder.
    ///
    /// # Errors
    /// When the host cannot mount a file.
    pub fn mount(room: &Path) -> Result<Self> {
        let image = room.join("disk.img");
        File::create(&image)?.set_len(SIZE)?;
        run(Command::new("mkfs.ext4")
            .args(["-q", "-m", "0"])
            .arg(&image))?
        .expect(0)?;
        let path = room.join("d");
        std::fs::create_dir(&path)?;
        run(Command::new("mount")
            .args(["-o", "loop"])
            .arg(&image)
            .arg(&path))?
        .expect(0)?;
        Ok(Self { path })
    }

    /// Takes all room that there is.
    ///
    /// # Errors
    /// When its size cannot be found out.
    pub fn fill(&self) -> Result<()> {
        let filler = self.path.join("filler");
        // First in one piece, then what is left between the pieces of others.
        for size in ["1G", "64M", "1M", "4K"] {
            let mut number = 0;
            loop {
                let path = filler.with_extension(format!("{size}-{number}"));
                let taken = run(Command::new("fallocate").args(["-l", size]).arg(&path))?;
                if taken.code != 0 {
                    drop(std::fs::remove_file(&path));
                    break;
                }
                number += 1;
            }
        }
        Ok(())
    }

    /// Gives the room back.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn free(&self) -> Result<()> {
        for entry in std::fs::read_dir(&self.path)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("filler.") {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(run(Command::new("umount").arg("--lazy").arg(&self.path)));
    }
}
