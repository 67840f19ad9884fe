//! What the process lets others see of itself.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Switches core dumps off, and with them reading this process's memory by anybody but root: a dump
/// would hold keys, and lie about in a file.
///
/// # Errors
/// What the system says.
pub fn keep_memory_private() -> std::io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// So much of the stack is written over.
const STACK: usize = 128 * 1024;

/// Writes over the part of the stack that functions have used which have returned since. What they
/// held by value, libraries included, is still there otherwise until something else comes by.
#[inline(never)]
pub fn wipe_stack() {
    let mut used = [0_u8; STACK];
    // The compiler must believe that somebody looks.
    std::hint::black_box(&mut used);
}
