//! A QR code (ISO/IEC 18004) as SVG.

use fast_qr::{ECL, QRBuilder};

use crate::kernel::Redacted;

/// Around the modules, as the standard wants.
const QUIET: usize = 4;

/// A text as a picture. It loads nothing, and holds nothing but the picture; none when the text is too
/// long for one.
pub(super) fn svg(text: &Redacted<String>) -> Option<Redacted<String>> {
    let code = QRBuilder::new(text.expose().as_str())
        .ecl(ECL::M)
        .build()
        .ok()?;
    let width = code.size + 2 * QUIET;
    let mut path = Redacted::new(String::new());
    let rows = code.data.chunks(code.size).take(code.size);
    for (y, row) in rows.enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, module)| module.value()) {
            let square = format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET);
            path.expose_mut().push_str(&square);
        }
    }
    Some(Redacted::new(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {width}\" \
         shape-rendering=\"crispEdges\"><rect width=\"{width}\" height=\"{width}\" fill=\"#fff\"/>\
         <path d=\"{}\"/></svg>",
        path.expose()
    )))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{QUIET, svg};
    use crate::kernel::Redacted;

    /// Takes the squares of a picture and reads them as a camera would.
    fn read(svg: &str) -> String {
        let (_, path) = svg.split_once(" d=\"").unwrap();
        let (path, _) = path.split_once('"').unwrap();
        let mut dark = HashSet::new();
        for square in path.split('M').skip(1) {
            let (place, _) = square.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let place = |text: &str| text.parse::<usize>().unwrap() - QUIET;
            dark.insert((place(x), place(y)));
        }
        let size = dark.iter().map(|(x, _)| x + 1).max().unwrap();
        let grid = rqrr::SimpleGrid::from_func(size, |x, y| dark.contains(&(x, y)));
        rqrr::Grid::new(grid).decode().unwrap().1
    }

    #[test]
    fn the_picture_says_the_text_and_loads_nothing() {
        let text = "otpauth://totp/VaultTerm:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=VaultTerm&algorithm=SHA1&digits=6&period=30";
        let picture = svg(&Redacted::new(text.to_owned())).unwrap();
        assert_eq!(read(picture.expose()), text);
        let rest = picture.expose().replace("http://www.w3.org/2000/svg", "");
        for word in ["http", "href", "<script", "<image", "style"] {
            assert!(!rest.contains(word), "{word}");
        }
    }

    #[test]
    fn a_text_that_fits_into_no_picture_has_none() {
        assert!(svg(&Redacted::new("x".repeat(4000))).is_none());
    }
}
