//! `vaultterm-app`.

use clap::Parser as _;
use mimalloc::MiMalloc;
use vaultterm_app::cli::{self, Cli};
use zeroizing_alloc::ZeroAlloc;

/// Memory that is given back is wiped first: passwords and plaintexts pass through buffers of
/// libraries that know nothing of them. What holds it gives unused memory back at once, where the C
/// library keeps some for each thread.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

fn main() -> std::process::ExitCode {
    cli::run(Cli::parse())
}
