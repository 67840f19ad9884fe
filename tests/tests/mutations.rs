//! A real bundle, spoiled in many ways: the installer that operators run refuses each of them, with
//! little memory and in little time.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use offline::header::{self, BLOCK};
use vaultterm_tests::build::Build;

/// Of address space.
const MEMORY: &str = "--as=268435456";
/// Of the processor, in seconds.
const CPU: &str = "--cpu=60";

/// `verify`, from standard input, under limits; its exit code.
fn verify(build: &Build, input: impl FnOnce(&mut dyn std::io::Write) -> Result<()>) -> Result<i32> {
    let mut child = Command::new("prlimit")
        .args([MEMORY, CPU])
        .arg(build.program("vaultterm-install")?)
        .args(["verify", "-", "--trust"])
        .arg(&build.release_pub)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut pipe = child.stdin.take().context("it has an input")?;
    // It stops reading where it refuses.
    let _closed = input(&mut pipe);
    drop(pipe);
    child.wait()?.code().context("it was killed")
}

/// Sends the bundle, with something else in place of a stretch of it.
fn replaced(build: &Build, at: u64, length: u64, with: &[u8]) -> Result<i32> {
    verify(build, |out| {
        let mut file = File::open(&build.bundle)?;
        std::io::copy(&mut (&file).take(at), out)?;
        out.write_all(with)?;
        file.seek(SeekFrom::Start(at + length))?;
        std::io::copy(&mut file, out)?;
        Ok(())
    })
}

/// Places all over the bundle, none of them in the one comment that nothing covers.
fn places(size: u64, count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(move |number| size / count * number + (number * 7919) % 997)
}

/// Where each member begins, and its header.
fn members(bundle: &Path) -> Result<Vec<(u64, [u8; BLOCK])>> {
    let file = File::open(bundle)?;
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let mut block = [0; BLOCK];
        file.read_exact_at(&mut block, at)?;
        if block == [0; BLOCK] {
            return Ok(found);
        }
        let size = header::stated_size(&block).context("no size")?;
        found.push((at, block));
        at += header::space(size);
    }
}

#[test]
fn a_real_bundle_that_was_tampered_with_is_refused() -> Result<()> {
    let build = Build::from_environment()?;
    let size = fs::metadata(&build.bundle)?.len();
    ensure!(replaced(&build, 0, 0, &[])? == 0, "the bundle itself");
    for at in places(size, 48) {
        let mut byte = [0];
        File::open(&build.bundle)?.read_exact_at(&mut byte, at)?;
        let code = replaced(&build, at, 1, &[byte[0] ^ 0x20])?;
        ensure!(code == 3, "a flip at {at}: {code}");
    }
    for at in places(size, 12) {
        let cut = verify(&build, |out| {
            std::io::copy(&mut File::open(&build.bundle)?.take(at), out)?;
            Ok(())
        })?;
        ensure!(cut == 3, "cut off at {at}: {cut}");
        let longer = replaced(&build, at, 0, &[0; 512])?;
        ensure!(longer == 3, "a block more at {at}: {longer}");
        let shorter = replaced(&build, at, 512, &[])?;
        ensure!(shorter == 3, "a block less at {at}: {shorter}");
    }
    ensure!(replaced(&build, size, 0, &[0; 512])? == 3, "a block behind");
    ensure!(replaced(&build, size, 0, b"x")? == 3, "a byte behind");
    Ok(())
}

/// Every header of it, or every tenth where there are many.
#[test]
fn headers_of_a_real_bundle_admit_nothing_else() -> Result<()> {
    let build = Build::from_environment()?;
    let all = members(&build.bundle)?;
    for (at, block) in all.iter().step_by(all.len().div_ceil(12)) {
        for (what, from, bytes) in [
            ("a hard link", 156, &b"1"[..]),
            ("a symbolic link", 156, b"2"),
            ("a character device", 156, b"3"),
            ("a block device", 156, b"4"),
            ("a folder", 156, b"5"),
            ("a FIFO", 156, b"6"),
            ("a sparse file", 156, b"S"),
            ("a PAX header", 156, b"x"),
            ("a way out", 0, b"../../etc/passwd\0"),
            ("an absolute name", 0, b"/etc/passwd\0"),
            ("another name", 0, b"files/other\0"),
            ("a name that is no UTF-8", 0, b"\xff\xfe\0"),
            ("more than there is", 124, b"77777777777"),
        ] {
            let mut bad = *block;
            bad.get_mut(from..from + bytes.len())
                .context("it is within")?
                .copy_from_slice(bytes);
            with_sum(&mut bad);
            let code = replaced(&build, *at, BLOCK as u64, &bad)?;
            ensure!(code == 3, "{what} at {at}: {code}");
        }
    }
    Ok(())
}

/// The checksum of a header, as any tar computes it.
fn with_sum(block: &mut [u8; BLOCK]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:07o}\0").as_bytes());
}
