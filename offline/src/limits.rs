//! Bounds on everything that a stranger chooses. Each is checked before memory is taken.

/// The largest manifest, in bytes.
pub const MANIFEST: u64 = 4 << 20;
/// The largest text of signatures, in bytes.
pub const SIGNATURE: u64 = 4096;
/// The largest chain of roots, in bytes.
pub const ROOTS: u64 = license::root::MAX_CHAIN_TEXT as u64;
/// The most members after the head.
pub const MEMBERS: usize = 10_000;
/// The largest member: what eleven octal digits of a ustar header can say.
pub const MEMBER_SIZE: u64 = (8 << 30) - 1;
/// The largest layer once it is decompressed.
pub const LAYER_SIZE: u64 = 64 << 30;
/// The largest label of a volume, in bytes: one block.
pub const LABEL: u64 = 512;
/// The largest repair request, in bytes.
pub const REQUEST: u64 = 64 << 20;
/// The longest name of a member: what a ustar header holds without its prefix field.
pub const NAME: usize = 100;
/// The largest configuration or manifest of an image, in bytes.
pub const IMAGE_JSON: u64 = 1 << 20;
/// The zstd window, as a power of two: a decoder needs this much memory, 8 MiB, and no more.
pub const WINDOW_LOG: u32 = 23;
