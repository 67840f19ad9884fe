//! The line of an entry, to the byte.

use crate::audit::chain::Chained;
use crate::audit::verify::Line;
use crate::kernel::OrgId;

/// Writes one.
pub(super) fn write(out: &mut String, org: OrgId, chained: &Chained) {
    let entry = &chained.entry;
    let parts = [
        ("{\"seq\":", chained.seq.to_string()),
        (",\"hash\":\"", hex::encode(&chained.hash)),
        ("\",\"key\":\"", hex::encode(&entry.key_id)),
        ("\",\"mac\":\"", hex::encode(&entry.mac)),
        ("\",\"linkKey\":\"", hex::encode(&chained.link_key_id)),
        ("\",\"linkMac\":\"", hex::encode(&chained.link_mac)),
        ("\",\"entry\":", entry.text(org)),
    ];
    for (name, text) in parts {
        out.push_str(name);
        out.push_str(&text);
    }
    out.push_str("}\n");
}

/// The bytes of a line that stand in hexadecimal.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Codes {
    hash: [u8; 32],
    key: [u8; 8],
    mac: [u8; 32],
    link_key: [u8; 8],
    link_mac: [u8; 32],
}

/// Reads one, without the line break; nothing where it is laid out in another way.
pub(super) fn read<'a>(line: &'a [u8], codes: &'a mut Codes) -> Option<Line<'a>> {
    let mut rest = line.strip_prefix(b"{\"seq\":")?;
    let seq = digits(&mut rest)?;
    member(&mut rest, b",\"hash\":\"", &mut codes.hash)?;
    member(&mut rest, b"\",\"key\":\"", &mut codes.key)?;
    member(&mut rest, b"\",\"mac\":\"", &mut codes.mac)?;
    member(&mut rest, b"\",\"linkKey\":\"", &mut codes.link_key)?;
    member(&mut rest, b"\",\"linkMac\":\"", &mut codes.link_mac)?;
    let text = rest.strip_prefix(b"\",\"entry\":")?.strip_suffix(b"}")?;
    Some(Line {
        seq,
        text,
        key: &codes.key,
        mac: &codes.mac,
        hash: &codes.hash,
        link_key: &codes.link_key,
        link_mac: &codes.link_mac,
    })
}

fn digits(rest: &mut &[u8]) -> Option<i64> {
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let (digits, after) = rest.split_at_checked(end)?;
    *rest = after;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn member<const N: usize>(rest: &mut &[u8], name: &[u8], into: &mut [u8; N]) -> Option<()> {
    let after = rest.strip_prefix(name)?;
    let (text, after) = after.split_at_checked(2 * N)?;
    hex::decode_to_slice(text, into).ok()?;
    *rest = after;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::{Codes, read};

    #[test]
    fn a_line_that_is_laid_out_otherwise_is_none() {
        let hash = "ab".repeat(32);
        let key = "cd".repeat(8);
        let good = format!(
            "{{\"seq\":7,\"hash\":\"{hash}\",\"key\":\"{key}\",\"mac\":\"{hash}\",\"linkKey\":\"{key}\",\
             \"linkMac\":\"{hash}\",\"entry\":{{\"a\":1}}}}"
        );
        let mut codes = Codes::default();
        let line = read(good.as_bytes(), &mut codes).unwrap();
        assert_eq!(
            (line.seq, line.text, line.hash),
            (7, b"{\"a\":1}".as_slice(), [0xab; 32].as_slice())
        );
        for bad in [
            good.replace("\"seq\":7", "\"seq\": 7"),
            good.replace("\"seq\":7", "\"seq\":"),
            good.replace("\"seq\":7", "\"seq\":-7"),
            good.replace("\"seq\":7", "\"seq\":99999999999999999999"),
            good.replace("ab", "xy"),
            good.replacen("ab", "", 1),
            good.replace("linkMac", "linkmac"),
            good.trim_end_matches('}').to_owned(),
            String::new(),
        ] {
            let mut codes = Codes::default();
            let read = read(bad.as_bytes(), &mut codes);
            assert!(read.is_none_or(|line| line.text != b"{\"a\":1}"), "{bad}");
        }
    }
}
