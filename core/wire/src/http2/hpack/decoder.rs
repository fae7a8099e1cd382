//! Header blocks (RFC 7541 sections 3 and 6).

use super::huffman;
use super::integers::integer;
use super::malformed::Malformed;
use super::table::{DEFAULT_SIZE, Table, Text};
use crate::limits::Limits;

const INDEXED: u8 = 0x80;
const INSERTION: u8 = 0x40;
const SIZE: u8 = 0x20;
/// In the first byte of a string: it is a Huffman code.
const HUFFMAN: u8 = 0x80;
/// What a field counts besides its texts (RFC 9113 section 6.5.2, as RFC 7541 section 4.1).
const OVERHEAD: usize = 32;

/// Decodes the header blocks of one direction of a connection.
#[derive(Debug)]
pub struct Decoder {
    table: Table,
    /// The largest size that the table may be given; None if unknown.
    limit: Option<u32>,
}

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

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// Create the decoder of a connection that is seen from its start.
    #[must_use]
    pub fn new() -> Self {
        Self { table: Table::new(), limit: Some(DEFAULT_SIZE) }
    }

    /// Create the decoder of a connection that was joined late.
    #[must_use]
    pub fn joined() -> Self {
        Self { table: Table::unknown(), limit: None }
    }

    /// Forget all, because a header block, or a part of one, was lost. An acknowledgement of SETTINGS may be lost too.
    pub fn lose(&mut self) {
        *self = Self::joined();
    }

    /// Set the SETTINGS_HEADER_TABLE_SIZE that the side which reads these blocks announced, once the other side has
    /// acknowledged it; None if SETTINGS may have been lost. Without a limit, a peer may set any size.
    pub fn limit(&mut self, size: Option<u32>) {
        self.limit = size;
    }

    /// Return the bytes of memory in use: at most about four times `Limits::header_table`, and a part of that for tables
    /// of the usual size.
    #[must_use]
    pub fn held(&self) -> usize {
        self.table.held()
    }

    /// Decode a header block, and pass the name and the value of each field to `field`, in order. A name or value that
    /// cannot be known is None.
    ///
    /// Fields beyond `Limits::headers`, or `Limits::header_bytes` in all, are counted but not passed. So the time is linear
    /// in the length of the block and that limit.
    ///
    /// # Errors
    /// The block is malformed. The fields before the error have been passed, and the table is unknown from then on, as
    /// after [`Self::lose`]. So the beginning of a block whose rest is lost can be decoded like this.
    pub fn block(
        &mut self,
        block: &[u8],
        limits: &Limits,
        field: impl FnMut(Option<&[u8]>, Option<&[u8]>),
    ) -> Result<Summary, Malformed> {
        let mut list = List { field, fields: limits.headers, bytes: limits.header_bytes, summary: Summary::default() };
        match self.read(block, limits.header_table, &mut list) {
            Ok(()) => self.table.shrink(),
            Err(malformed) => {
                self.lose();
                return Err(malformed);
            }
        }
        Ok(list.summary)
    }

    fn read<F: FnMut(Option<&[u8]>, Option<&[u8]>)>(&mut self, mut block: &[u8], kept: usize, list: &mut List<F>) -> Result<(), Malformed> {
        let rest = &mut block;
        self.sizes(rest, kept)?;
        while let Some((first, after)) = rest.split_first() {
            *rest = after;
            match first {
                INDEXED.. => {
                    let (name, value) = self.table.field(integer(*first, !INDEXED, rest)?)?;
                    list.pass(self.table.read(name), self.table.read(value));
                }
                INSERTION.. => self.insertion(integer(*first, 0x3F, rest)?, rest, kept, list)?,
                SIZE.. => return Err(Malformed::Place),
                _ => self.literal(integer(*first, 0x0F, rest)?, rest, list)?,
            }
        }
        Ok(())
    }

    /// Read the changes of the table's size, which are only allowed before the fields.
    fn sizes(&mut self, rest: &mut &[u8], kept: usize) -> Result<(), Malformed> {
        while let Some((first @ SIZE..INSERTION, after)) = rest.split_first() {
            *rest = after;
            let size = integer(*first, 0x1F, rest)?;
            if self.limit.is_some_and(|limit| size > limit) {
                return Err(Malformed::Size);
            }
            self.table.resize(size, kept);
        }
        Ok(())
    }

    /// Read a literal that becomes the newest entry of the table (RFC 7541 section 6.2.1).
    fn insertion<F: FnMut(Option<&[u8]>, Option<&[u8]>)>(
        &mut self,
        index: u32,
        rest: &mut &[u8],
        kept: usize,
        list: &mut List<F>,
    ) -> Result<(), Malformed> {
        let start = self.table.end();
        let name = self.name(index, rest)?;
        let name_length = self.table.copy(name, start);
        let middle = self.table.end();
        let value = self.string(rest)?;
        let value_length = self.table.copy(value, middle);
        list.pass(self.table.read(name), self.table.read(value));
        self.table.insert(start, name_length, value_length, kept);
        Ok(())
    }

    /// Read a literal that stays out of the table (RFC 7541 sections 6.2.2 and 6.2.3).
    fn literal<F: FnMut(Option<&[u8]>, Option<&[u8]>)>(&mut self, index: u32, rest: &mut &[u8], list: &mut List<F>) -> Result<(), Malformed> {
        let start = self.table.end();
        let name = self.name(index, rest)?;
        let value = self.string(rest)?;
        list.pass(self.table.read(name), self.table.read(value));
        self.table.discard(start);
        Ok(())
    }

    fn name<'b>(&mut self, index: u32, rest: &mut &'b [u8]) -> Result<Text<'b>, Malformed> {
        if index == 0 { self.string(rest) } else { Ok(self.table.field(index)?.0) }
    }

    /// Read a string (RFC 7541 section 5.2).
    fn string<'b>(&mut self, rest: &mut &'b [u8]) -> Result<Text<'b>, Malformed> {
        let (first, after) = rest.split_first().ok_or(Malformed::Truncated)?;
        *rest = after;
        let length = integer(*first, !HUFFMAN, rest)? as usize;
        let (text, after) = rest.split_at_checked(length).ok_or(Malformed::Truncated)?;
        *rest = after;
        if first & HUFFMAN == 0 { Ok(Text::Given(text)) } else { self.table.append(|bytes| huffman::decode(text, bytes)) }
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
