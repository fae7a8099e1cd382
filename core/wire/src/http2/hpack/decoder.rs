//! The decoder of one direction of a connection.

use super::block::{Block, Summary};
use super::malformed::Malformed;
use super::table::{DEFAULT_SIZE, Table};
use crate::limits::Limits;

/// Decodes the header blocks of one direction of a connection.
#[derive(Clone, Debug)]
pub struct Decoder {
    pub(super) table: Table,
    /// The largest size that the table may be given; None if unknown.
    limit: Option<u32>,
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

    /// Allow this size too, because it was announced: some peers use it just before they acknowledge it.
    pub fn allow(&mut self, size: u32) {
        self.limit = self.limit.map(|limit| limit.max(size));
    }

    /// Return the bytes of memory in use: at most six times the size of the table, or `Limits::header_table` if that is
    /// less, and a few KiB.
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
        let result = Block::new(block, &mut self.table, limits, field).read(self.limit);
        match result {
            Ok(_) => self.table.shrink(),
            Err(_) => self.lose(),
        }
        result
    }
}
