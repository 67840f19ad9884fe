//! Text in whatever encoding a program wrote it.

use zeroize::Zeroizing;

use super::Refusal;

const WRONG: Refusal = Refusal::File("must be text in UTF-8 or UTF-16");

/// The text of a file: UTF-8, or UTF-16 where a mark or the zeros of Latin letters say so. A byte that
/// is no text, and NUL, is an error: guessing would change passwords.
pub(super) fn decode(bytes: &[u8]) -> Result<Zeroizing<String>, Refusal> {
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [_, 0, _, 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, _, 0, _, ..] => utf16(bytes, u16::from_be_bytes),
        _ => utf8(bytes),
    };
    let text = Zeroizing::new(text.ok_or(WRONG)?);
    if text.contains('\0') {
        Err(WRONG)
    } else {
        Ok(text)
    }
}

fn utf8(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, []) = bytes.as_chunks::<2>() else {
        return None;
    };
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_of_the_same_text_is_the_same_text() {
        let text = "näme,pässword\r\n€,😀\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked(&[0xef, 0xbb, 0xbf], text.as_bytes()),
            marked(&[0xff, 0xfe], &little),
            marked(&[0xfe, 0xff], &big),
            little.clone(),
            big,
        ] {
            assert_eq!(decode(&bytes).unwrap().as_str(), text);
        }
        let odd = little.get(..little.len() - 1).unwrap();
        for bad in [odd, &[0xff, 0xfe, 0x00, 0xd8], b"na\xefme", b"a\0b", b"a\0"] {
            assert_eq!(decode(bad).unwrap_err(), WRONG);
        }
    }
}
