//! The output: requests, exchanges and optional records, as columns of a batch.
//!
//! Numbers are arrays and texts are codes of a dictionary that belongs to the batch. So statistics work once per
//! distinct text, and hostile peers cannot fill anything that outlives a batch.

mod address_codes;
mod asked;
mod batch;
mod collector;
mod contents;
mod derived;
mod details;
mod ending;
mod handshakes;
mod owned;
mod quic;
mod strains;
mod texts;

pub use asked::{Asked, Field};
pub use batch::{AskedColumns, Batch, ConnectionRow, ExchangeColumns, HelloRow, Kind, NO_REQUEST, NO_STATUS, OddRow};
pub use collector::{Collector, Wanted};
pub use contents::Content;
pub use details::{Details, Secured};
pub use ending::Ending;
pub use handshakes::{Certificate, HandshakeFacts, HandshakeRow, Outcome};
pub use owned::OwnerColumn;
pub use quic::QuicRow;
pub use strains::{StrainKind, StrainRow};
pub use texts::{Codes, Interner};

pub(crate) use batch::Exchange;
pub(crate) use collector::Ends;
