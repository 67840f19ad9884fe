//! Reading a bundle that nobody trusts.
//!
//! What an attacker may try with an archive, and why it does not work here:
//!
//! 1. *Have something parsed before it is trusted.* Only the length-bounded members of the head are
//!    read before the signatures hold, and of them only signature texts and the envelope of the
//!    roots are looked into. A root is parsed after the keys of the one before have signed it, the
//!    manifest after enough of the last root's have.
//! 2. *Have something unpacked.* Nothing here writes to disk. Members are streams.
//! 3. *Absolute paths, `..`, links, devices, sparse files, PAX or GNU records, two sizes at odds.*
//!    A header must equal, byte for byte, the one that the manifest implies.
//! 4. *Missing, extra, repeated, renamed or reordered members.* The list is signed, in order.
//! 5. *Damaged or exchanged content.* A member's last bytes are handed out only if its digest
//!    holds, and the next member only after that.
//! 6. *Gigantic lengths.* Every length is bounded before memory is taken; the manifest's own
//!    numbers are bounded when it is parsed.
//! 7. *Compression bombs, large windows, concatenated or skippable frames.* See [`crate::layer`].
//! 8. *Something behind the end.* The end marker is followed by the end of the file, or it is a
//!    refusal.
//! 9. *A signature of another bundle, or one key that counts for several.* The signed comment names
//!    product, version and the manifest's digest; keys are counted, not signatures.
//! 10. *A file that changes while it is read.* It is opened once and read once; what was hashed is
//!     what is used.

mod cosign;
mod member;
mod untrusted;

pub use cosign::CosignError;
pub use member::{MemberReader, Verified};
pub use untrusted::{Untrusted, open};
