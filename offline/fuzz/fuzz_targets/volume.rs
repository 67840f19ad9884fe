//! Volumes: any bytes as the first or the second of a set.
#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use offline::volumes::{Joined, Shelf, is_volume};

const GOOD: &[u8] = include_bytes!("../../tests/golden/volume-1.0.vtb.001");

struct Two(Vec<u8>, Vec<u8>);

impl Shelf for Two {
    fn take(&mut self, number: u32) -> io::Result<Box<dyn Read + Send>> {
        let bytes = if number == 1 { &self.0 } else { &self.1 };
        Ok(Box::new(io::Cursor::new(bytes.clone())))
    }
}

fuzz_target!(|bytes: &[u8]| {
    let _kind = is_volume(bytes);
    for two in [Two(bytes.to_vec(), bytes.to_vec()), Two(GOOD.to_vec(), bytes.to_vec())] {
        if let Ok(mut joined) = Joined::open(Box::new(two)) {
            let mut all = Vec::new();
            let _read = joined.by_ref().take(64 << 20).read_to_end(&mut all);
        }
    }
});
