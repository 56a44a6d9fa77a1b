//! Finds records however a Vietnamese person types what they look for.
//!
//! The index is a function of the archive's outbox and holds nothing of its own: it may be deleted at any time and built
//! again. It is not the authority on anything; a hit is looked up in the archive before it is shown in full.
//!
//! - [`Entry`]: a record as it is to be found, made of a [`muniment_record::Record`] and the text of its pages;
//! - [`Writer`]: the one process that feeds the index, exactly once, from the outbox;
//! - [`Reader`]: searches a [`Query`] within a [`Scope`] and gives [`Results`];
//! - [`HolderKeying`]: hashes the numbers of holders, which are never stored as such for access.

mod code;
mod collect;
mod columns;
mod engine;
mod entry;
mod error;
mod labels;
mod layout;
mod notice;
mod phrase;
mod plan;
mod prefix;
mod query;
mod rank;
mod reader;
mod results;
mod schema;
mod scope;
mod similar;
mod snippet;
mod suggest;
mod text;
mod writer;

pub use entry::Entry;
pub use error::Error;
pub use notice::Notice;
pub use query::Query;
pub use reader::Reader;
pub use results::{FacetValue, Facets, Hit, MonthCount, Paging, Results, Snippet, Sort, Status, Total};
pub use scope::{HolderKey, HolderKeying, Scope};
pub use writer::Writer;
