//! What opening a licence costs, in microseconds: the composite against Ed25519 alone, taking turns in
//! one process. Prints one line of JSON.
//!
//! `cargo run --release -p license --example verify_cost`
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program that measures"
)]

use std::hint::black_box;
use std::time::Instant;

use license::vtlic::{License, LicensePublicKey};

const ED25519: &[u8] = include_bytes!("../tests/golden/ed25519.vtlic");
const ED25519_KEY: &str = include_str!("../tests/golden/vendor.pub");
const COMPOSITE: &[u8] = include_bytes!("../tests/golden/composite.vtlic");
const COMPOSITE_KEY: &str = include_str!("../tests/golden/composite.pub");

const ROUNDS: usize = 2000;

fn main() {
    let keys = |text| LicensePublicKey::all_from_text(text).expect("it is a key file");
    let (plain, both) = (keys(ED25519_KEY), keys(COMPOSITE_KEY));
    let mut costs = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        let [first, second, third] = &mut costs;
        first.push(cost(|| drop(License::open(black_box(ED25519), &plain))));
        second.push(cost(|| drop(License::open(black_box(COMPOSITE), &both))));
        // As a program does that reads the key, one licence, and ends.
        third.push(cost(|| {
            drop(License::open(COMPOSITE, &keys(black_box(COMPOSITE_KEY))));
        }));
    }
    assert!(License::open(COMPOSITE, &both).is_ok() && License::open(ED25519, &plain).is_ok());
    let [plain, both, cold] = costs.map(Figures::of);
    println!(
        "{{\"rounds\":{ROUNDS},\"ed25519\":{plain},\"composite\":{both},\"compositeWithKey\":{cold}}}"
    );
}

fn cost(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64() * 1e6
}

struct Figures {
    median: f64,
    p99: f64,
}

impl Figures {
    fn of(mut costs: Vec<f64>) -> Self {
        costs.sort_by(f64::total_cmp);
        let at = |share: usize| costs.get(costs.len() * share / 100).copied();
        Self {
            median: at(50).unwrap_or(f64::NAN),
            p99: at(99).unwrap_or(f64::NAN),
        }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { median, p99 } = self;
        write!(f, "{{\"median\":{median:.1},\"p99\":{p99:.1}}}")
    }
}
