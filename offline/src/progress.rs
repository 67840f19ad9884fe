//! What is happening, told to whoever wants to show it.

/// Listens to the progress of long work. All functions may be called from one thread only.
pub trait Progress {
    /// A piece of work begins; `bytes` is its size.
    fn begin(&mut self, what: &str, bytes: u64);
    /// So many bytes more are done.
    fn advance(&mut self, bytes: u64);
    /// The piece of work is done.
    fn end(&mut self);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, _: u64) {}
    fn end(&mut self) {}
}
