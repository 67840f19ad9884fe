//! The document of a database, event by event.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use zeroize::Zeroizing;

use super::super::row::Row;
use super::super::{Refusal, limits};
use super::entries::Entries;
use super::inner::Stream;
use super::{BROKEN, unread};

/// How deep elements may stand in one another.
const DEPTH: usize = 200;

/// One element that is open.
struct Element {
    name: String,
    is_hidden: bool,
}

/// Reads the entries of a document.
pub(super) fn read<R: BufRead>(plain: R, mut stream: Stream) -> Result<Vec<Row>, Refusal> {
    let mut reader = Reader::from_reader(plain);
    let mut buffer = Zeroizing::new(Vec::new());
    let mut open: Vec<Element> = Vec::new();
    let mut text = Zeroizing::new(String::new());
    let mut entries = Entries::default();
    loop {
        buffer.clear();
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|error| refused(&error))?;
        match event {
            Event::Start(start) => {
                if open.len() >= DEPTH {
                    return Err(Refusal::File(
                        "must have fewer groups inside of one another",
                    ));
                }
                let element = element(&start)?;
                entries.begin(&element.name)?;
                open.push(element);
                text.clear();
            }
            Event::Empty(start) => {
                let element = element(&start)?;
                entries.begin(&element.name)?;
                entries.end(&element.name, Zeroizing::default())?;
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::CData(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) => text.push(character(&entity)?),
            Event::End(_) => {
                let element = open.pop().ok_or(BROKEN)?;
                let value = if element.is_hidden {
                    stream.show(&text)?
                } else {
                    text.clone()
                };
                entries.end(&element.name, value)?;
                text.clear();
            }
            Event::DocType(_) => return Err(Refusal::File("must have no document type")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof if open.is_empty() => return entries.rows(),
            Event::Eof => return Err(BROKEN),
        }
    }
}

fn refused(error: &quick_xml::Error) -> Refusal {
    match error {
        quick_xml::Error::Io(error) => unread(error),
        _ => BROKEN,
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, Refusal> {
    let name = start.name().as_ref().to_owned();
    let mut is_hidden = false;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| BROKEN)?;
        let is_protected = attribute.key.as_ref() == "Protected";
        is_hidden |= is_protected && attribute.value.eq_ignore_ascii_case("true");
    }
    Ok(Element { name, is_hidden })
}

/// The character that a reference stands for. There are no others than those of XML itself.
fn character(entity: &BytesRef<'_>) -> Result<char, Refusal> {
    if let Some(c) = entity.resolve_char_ref().map_err(|_| BROKEN)? {
        return Ok(c);
    }
    match &*entity.xml10_content() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(Refusal::File("must have no entities of its own")),
    }
}

/// The most entries, with the old versions that are passed over.
pub(super) const ENTRIES: usize = limits::ROWS * 20;
