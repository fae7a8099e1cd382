//! What makes a header block malformed.

/// Why a peer would reject a header block with COMPRESSION_ERROR (RFC 9113 section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The block ends inside a field.
    Truncated,
    /// An index is 0, or beyond what the table can hold (RFC 7541 section 2.3.3).
    Index,
    /// An integer exceeds 32 bits, or has more bytes than that takes (section 5.1).
    Integer,
    /// A Huffman code contains EOS, or ends with more than seven bits or anything but ones (section 5.2).
    Huffman,
    /// The table's size is set above the limit (section 6.3).
    Size,
    /// The table's size is set after a field (section 4.2).
    Place,
}
