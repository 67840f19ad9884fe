//! A share on paper: as text for the terminal, and as a page that prints itself, with a QR code.

use fast_qr::{ECL, QRBuilder};
use zeroize::Zeroizing;

use super::Mode;
use super::share::{BEGIN, END, NEEDED, SHARES, Share};

/// The share that the vendor keeps where escrow is managed.
pub(super) const VENDORS: u8 = 3;

/// Around the modules of a QR code, as its standard wants.
const QUIET: usize = 4;

/// A share for the terminal.
pub(super) fn text(share: &Share, mode: Mode) -> Zeroizing<String> {
    let mut text = Zeroizing::new(format!(
        "\n  Recovery share {} of {SHARES}, set {}{}\n\n",
        share.number(),
        share.set(),
        keeper(share, mode)
    ));
    for line in share.lines() {
        text.push_str("      ");
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn keeper(share: &Share, mode: Mode) -> &'static str {
    match mode {
        Mode::Managed if share.number() == VENDORS => " (for the vendor)",
        Mode::Managed | Mode::CustomerOnly => "",
    }
}

/// What to do with a share, in words.
pub(super) fn advice(share: &Share, mode: Option<Mode>) -> String {
    if mode == Some(Mode::Managed) && share.number() == VENDORS {
        "This share is for the vendor, who keeps it for a day on which one of the others is lost. Give it \
         to the vendor by the way that the contract names, and destroy this copy. By itself it opens \
         nothing."
            .to_owned()
    } else {
        format!(
            "Keep it on paper, in a safe place that is neither this server nor where another share lies. \
             Any {NEEDED} of the {SHARES} open every backup that was made since, and with one the vault \
             on a new host. By itself it opens nothing, and says nothing."
        )
    }
}

/// A page of its own, for a browser and a printer. It loads nothing.
pub(super) fn page(share: &Share, mode: Option<Mode>, day: &str) -> Zeroizing<String> {
    let mut lines = Zeroizing::new(String::new());
    for line in share.lines() {
        lines.push_str(&line);
        lines.push('\n');
    }
    let title = format!("VaultTerm recovery share {} of {SHARES}", share.number());
    Zeroizing::new(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>\nbody {{ font: 12pt/1.5 serif; max-width: 34em; margin: 3em auto }}\n\
         pre {{ font: 15pt/1.8 monospace }}\nsvg {{ width: 6cm; height: 6cm }}\n</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n<p>Set {}, made on {day}.</p>\n<pre>\n{BEGIN}\n{}{END}\n</pre>\n{}\n\
         <p>{}</p>\n\
         <p>Read aloud, a group is five letters and digits; there is no I, L, O and U among them. The last \
         of each group checks it, so that a wrong group is noticed at once. Spaces, lines and small \
         letters do not matter.</p>\n\
         <p>Where the vault is lost: <code>vaultterm-install recover BACKUP --bundle BUNDLE</code> on the \
         new host asks for {NEEDED} shares. <code>vaultterm-install escrow verify</code> says whether \
         shares still fit.</p>\n</body>\n</html>\n",
        share.set(),
        &*lines,
        &*qr(&share.compact()),
        advice(share, mode),
    ))
}

/// A QR code as SVG; nothing where it cannot be made, since the letters say the same.
fn qr(text: &str) -> Zeroizing<String> {
    let Ok(code) = QRBuilder::new(text).ecl(ECL::M).build() else {
        return Zeroizing::new(String::new());
    };
    let width = code.size + 2 * QUIET;
    let mut path = Zeroizing::new(String::new());
    let rows = code.data.chunks(code.size).take(code.size);
    for (y, row) in rows.enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, module)| module.value()) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    Zeroizing::new(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {width}\" \
         shape-rendering=\"crispEdges\"><rect width=\"{width}\" height=\"{width}\" fill=\"#fff\"/>\
         <path d=\"{}\"/></svg>",
        &*path
    ))
}

#[cfg(test)]
mod tests {
    use super::super::{Mode, RecoveryKey, Share};
    use std::collections::HashSet;

    use super::{QUIET, page, text};

    fn shares() -> Vec<Share> {
        RecoveryKey::generate().unwrap().split().unwrap()
    }

    #[test]
    fn a_page_holds_one_share_and_loads_nothing() {
        let shares = shares();
        let page = page(&shares[0], Some(Mode::CustomerOnly), "2026-01-01");
        assert_eq!(Share::parse(&page).unwrap(), shares[0]);
        for line in shares[0].lines() {
            assert!(page.contains(&**line));
        }
        for other in &shares[1..] {
            assert!(!page.contains(&**other.lines().last().unwrap()));
        }
        let own = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!own.contains("http") && !own.contains("src=") && !own.contains("<script"));
        assert!(
            page.contains("<path d=\"M4 4h1v1h-1z"),
            "the finder's corner"
        );
    }

    #[test]
    fn the_qr_code_says_the_share() {
        for share in shares() {
            let svg = super::qr(&share.compact());
            let (_, path) = svg.split_once(" d=\"").unwrap();
            let (path, _) = path.split_once('"').unwrap();
            let mut dark = HashSet::new();
            for module in path.split('M').skip(1) {
                let (place, _) = module.split_once('h').unwrap();
                let (x, y) = place.split_once(' ').unwrap();
                let number = |text: &str| text.parse::<usize>().unwrap() - QUIET;
                dark.insert((number(x), number(y)));
            }
            let size = dark.iter().map(|(x, _)| x + 1).max().unwrap();
            let grid = rqrr::SimpleGrid::from_func(size, |x, y| dark.contains(&(x, y)));
            let (_, text) = rqrr::Grid::new(grid).decode().unwrap();
            assert_eq!(Share::parse(&text).unwrap(), share);
        }
    }

    #[test]
    fn the_share_of_the_vendor_is_marked_where_there_is_one() {
        let shares = shares();
        for (mode, marked) in [
            (Mode::Managed, [false, false, true]),
            (Mode::CustomerOnly, [false; 3]),
        ] {
            for (share, marked) in shares.iter().zip(marked) {
                assert_eq!(text(share, mode).contains("vendor"), marked);
                let page = page(share, Some(mode), "2026-01-01");
                assert_eq!(page.contains("for the vendor"), marked);
            }
        }
    }
}
