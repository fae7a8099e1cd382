//! HPACK (RFC 7541) for an observer, who may join a connection late and may lose header blocks.
//!
//! One [`Decoder`] follows the header blocks of one direction. The layer above hands over complete blocks in their order,
//! and says what it did not see: [`Decoder::joined`], [`Decoder::lose`], and [`Decoder::limit`] with None.
//!
//! # Why no name is ever wrong
//!
//! The dynamic table is always the newest part of the sequence of all insertions: eviction removes the oldest entries (RFC
//! 7541 section 4.3), an insertion adds the newest one, and an entry larger than the table leaves it empty (section 4.4),
//! which is the newest part of length zero. References count from the newest entry (section 2.3.3). So a reference to the
//! entry with number *n*, if the table has it, means the *n*-th latest insertion, whatever the table held before, and
//! whatever the sizes of the table and its entries are. To resolve it, the decoder needs to have seen the insertions since
//! then, and no others.
//!
//! * An insertion is counted even if its name or value is unknown: such an entry is a placeholder.
//! * A reference beyond the insertions seen so far is unknown. The field's end is still known, so the block goes on.
//! * If a block is lost, the number of its insertions is unknown, and with it the number of every entry before it. So the
//!   whole table is forgotten.
//! * An entry that is forgotten early, to save memory, only makes later references to it unknown.
//!
//! Sizes decide only which references a peer would reject. They are compared as bounds, because placeholders and the table
//! may have any size: an entry is certainly evicted if the known bytes of the entries since then, 32 each and the lengths
//! seen, exceed the maximum size. It is then removed, and a reference to it is an error, as for the peer. While the
//! maximum size is unknown, which it is after a late join or a loss until the next size update, no entry is removed for it.
//! If the decoder saw the connection from its start, all bounds are exact.

mod block;
mod decoder;
mod huffman;
mod integers;
mod malformed;
mod static_table;
mod table;
#[cfg(test)]
mod tests;

pub use block::Summary;
pub use decoder::Decoder;
pub use malformed::Malformed;
