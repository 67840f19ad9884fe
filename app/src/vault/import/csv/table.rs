//! A table in text, line by line.

use csv::{ReaderBuilder, StringRecord};
use zeroize::Zeroizing;

use super::super::{Refusal, limits};

/// The most columns.
const COLUMNS: usize = 200;

/// One line of a table, or what is wrong with it.
pub(super) struct Record {
    pub(super) line: u32,
    pub(super) cells: Result<Vec<Zeroizing<String>>, &'static str>,
}

/// A table whose headings are read.
pub(super) struct Table<'a> {
    pub(super) headings: Vec<String>,
    reader: csv::Reader<&'a [u8]>,
    count: usize,
}

impl<'a> Table<'a> {
    /// Reads the headings. Comma, semicolon or tab: whichever there is most of in the first line.
    pub(super) fn open(text: &'a str) -> Result<Self, Refusal> {
        let first = text.lines().next().unwrap_or_default();
        let separators = [b',', b';', b'\t'];
        let count = |separator: &u8| first.bytes().filter(|byte| byte == separator).count();
        // Of equals the last is taken, so the usual one stands last.
        let separator = separators
            .into_iter()
            .rev()
            .max_by_key(count)
            .unwrap_or(b',');
        let mut reader = ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .from_reader(text.as_bytes());
        let headings = reader
            .headers()
            .map_err(|_| Refusal::File("must be a table (CSV)"))?;
        let headings: Vec<String> = headings.iter().map(str::to_owned).collect();
        if headings.len() > COLUMNS {
            return Err(Refusal::File("must have at most 200 columns"));
        }
        if headings.len() < 2 {
            return Err(Refusal::File(
                "must be a table (CSV) with a line of headings",
            ));
        }
        Ok(Self {
            headings,
            reader,
            count: 0,
        })
    }

    /// The next line that is not empty.
    pub(super) fn next_record(&mut self) -> Result<Option<Record>, Refusal> {
        let mut record = StringRecord::new();
        let more = self.reader.read_record(&mut record);
        if !more.map_err(|_| Refusal::File("must be a table (CSV) in UTF-8"))? {
            return Ok(None);
        }
        self.count = self.count.saturating_add(1);
        if self.count > limits::ROWS {
            return Err(limits::TOO_MANY);
        }
        let line = record.position().map_or(0, csv::Position::line);
        let cells = if record.len() > self.headings.len() {
            Err("has more columns than there are headings")
        } else {
            Ok(record
                .iter()
                .map(|cell| Zeroizing::new(cell.to_owned()))
                .collect())
        };
        Ok(Some(Record {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            cells,
        }))
    }
}
