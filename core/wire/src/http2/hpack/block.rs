//! The fields of one header block (RFC 7541 section 6).

use super::huffman;
use super::integers::integer;
use super::malformed::Malformed;
use super::table::{Table, Text};
use crate::limits::Limits;

const INDEXED: u8 = 0x80;
const INSERTION: u8 = 0x40;
const SIZE: u8 = 0x20;
/// In the first byte of a string: it is a Huffman code.
const HUFFMAN: u8 = 0x80;
/// What a field counts besides its texts (RFC 9113 section 6.5.2).
const OVERHEAD: usize = 32;

/// What a header block had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// All fields.
    pub fields: usize,
    /// The fields without a known name or value.
    pub unknown: usize,
    /// The fields that were not told: the first one beyond the limits, and all after it.
    pub omitted: usize,
}

/// A header block that is being read.
pub(super) struct Block<'b, 't, F> {
    /// What is left of it.
    rest: &'b [u8],
    table: &'t mut Table,
    /// How many bytes of the table are remembered.
    kept: usize,
    list: List<F>,
}

impl<'b, 't, F: FnMut(Option<&[u8]>, Option<&[u8]>)> Block<'b, 't, F> {
    pub(super) fn new(block: &'b [u8], table: &'t mut Table, limits: &Limits, field: F) -> Self {
        let list = List { field, fields: limits.headers, bytes: limits.header_bytes, summary: Summary::default() };
        Self { rest: block, table, kept: limits.header_table, list }
    }

    /// Read the block to its end. The table may be given a size up to `limit`.
    pub(super) fn read(mut self, limit: Option<u32>) -> Result<Summary, Malformed> {
        self.sizes(limit)?;
        while let Some((&first, after)) = self.rest.split_first() {
            self.rest = after;
            match first {
                INDEXED.. => self.indexed(first)?,
                INSERTION.. => self.insertion(first)?,
                SIZE.. => return Err(Malformed::Place),
                _ => self.literal(first)?,
            }
        }
        Ok(self.list.summary)
    }

    /// Read the changes of the table's size (RFC 7541 section 6.3), which are only allowed before the fields.
    fn sizes(&mut self, limit: Option<u32>) -> Result<(), Malformed> {
        while let Some((&first @ SIZE..INSERTION, after)) = self.rest.split_first() {
            self.rest = after;
            let size = integer(first, 0x1F, &mut self.rest)?;
            if limit.is_some_and(|limit| size > limit) {
                return Err(Malformed::Size);
            }
            self.table.resize(size, self.kept);
        }
        Ok(())
    }

    /// Read a reference to a whole field (RFC 7541 section 6.1).
    #[inline]
    fn indexed(&mut self, first: u8) -> Result<(), Malformed> {
        let (name, value) = self.table.field(integer(first, 0x7F, &mut self.rest)?)?;
        self.list.pass(self.table.read(name), self.table.read(value));
        Ok(())
    }

    /// Read a literal that becomes the newest entry of the table (RFC 7541 section 6.2.1).
    fn insertion(&mut self, first: u8) -> Result<(), Malformed> {
        let start = self.table.end();
        let name = self.name(first, 0x3F)?;
        let name_length = self.table.copy(name, start);
        let middle = self.table.end();
        let value = self.string()?;
        let value_length = self.table.copy(value, middle);
        self.list.pass(self.table.read(name), self.table.read(value));
        self.table.insert(start, name_length, value_length, self.kept);
        Ok(())
    }

    /// Read a literal that stays out of the table (RFC 7541 sections 6.2.2 and 6.2.3).
    fn literal(&mut self, first: u8) -> Result<(), Malformed> {
        let start = self.table.end();
        let name = self.name(first, 0x0F)?;
        let value = self.string()?;
        self.list.pass(self.table.read(name), self.table.read(value));
        self.table.discard(start);
        Ok(())
    }

    /// Read the name of a literal: an index, or 0 and a string.
    fn name(&mut self, first: u8, mask: u8) -> Result<Text<'b>, Malformed> {
        match integer(first, mask, &mut self.rest)? {
            0 => self.string(),
            index => Ok(self.table.field(index)?.0),
        }
    }

    /// Read a string (RFC 7541 section 5.2).
    fn string(&mut self) -> Result<Text<'b>, Malformed> {
        let (first, after) = self.rest.split_first().ok_or(Malformed::Truncated)?;
        self.rest = after;
        let length = integer(*first, !HUFFMAN, &mut self.rest)? as usize;
        let (text, after) = self.rest.split_at_checked(length).ok_or(Malformed::Truncated)?;
        self.rest = after;
        match first & HUFFMAN {
            0 => Ok(Text::Given(text)),
            _ => self.table.append(|bytes| huffman::decode(text, bytes)),
        }
    }
}

/// The fields of a block, passed on up to a limit.
struct List<F> {
    field: F,
    /// How many more may be passed.
    fields: usize,
    /// How many bytes they may have.
    bytes: usize,
    summary: Summary,
}

impl<F: FnMut(Option<&[u8]>, Option<&[u8]>)> List<F> {
    #[inline]
    fn pass(&mut self, name: Option<&[u8]>, value: Option<&[u8]>) {
        self.summary.fields += 1;
        self.summary.unknown += usize::from(name.is_none() || value.is_none());
        let size = OVERHEAD + name.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
        if self.fields == 0 || size > self.bytes {
            self.fields = 0;
            self.summary.omitted += 1;
            return;
        }
        self.fields -= 1;
        self.bytes -= size;
        (self.field)(name, value);
    }
}
