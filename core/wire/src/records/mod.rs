//! What comes out: requests, exchanges and the optional records, as columns of a batch.
//!
//! Numbers are arrays; texts are codes of a dictionary that belongs to the batch, so that whoever counts does its work
//! once for each distinct text, and nothing outlives a batch that hostile peers could fill.

mod asked;
mod batch;
mod collector;
mod derived;
mod ending;
mod texts;

pub use asked::{Asked, Field};
pub use batch::{AskedColumns, Batch, ConnectionRow, ExchangeColumns, HelloRow, Kind, NO_REQUEST, NO_STATUS};
pub use collector::{Collector, Wanted};
pub use ending::Ending;
pub use texts::{Codes, Interner};

pub(crate) use batch::Exchange;
pub(crate) use collector::Ends;
