//! `vaultterm-app`.

use std::alloc::System;

use clap::Parser as _;
use vaultterm_app::cli::{self, Cli};
use zeroizing_alloc::ZeroAlloc;

/// Memory that is given back is wiped first: passwords and plaintexts pass through buffers of
/// libraries that know nothing of them.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> std::process::ExitCode {
    cli::run(Cli::parse())
}
