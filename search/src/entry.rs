use muniment_record::{Record, RecordId};

use crate::scope::{HolderKey, HolderKeying};

/// A change to the index: a record as it is to be found, or a record that is to be found no longer.
#[derive(Clone, Debug)]
pub struct Entry {
    id: RecordId,
    content: Option<Box<Content>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) record: Record,
    pub(crate) text: String,
    pub(crate) holders: Vec<HolderKey>,
}

impl Entry {
    /// The entry of a record with the text of its pages; it takes the place of the record's former entry.
    pub fn of(record: &Record, text: &str, keying: &HolderKeying) -> Self {
        let description = &record.description;
        let holders = std::iter::once(&description.holder).chain(&description.co_holders);
        let content = Content {
            record: record.clone(),
            text: text.to_owned(),
            holders: holders.filter_map(|holder| holder.id.as_ref()).map(|id| keying.key(id)).collect(),
        };
        Self { id: record.id, content: Some(Box::new(content)) }
    }

    /// The removal of a record from the index.
    pub fn removed(id: RecordId) -> Self {
        Self { id, content: None }
    }

    /// The record.
    pub fn id(&self) -> RecordId {
        self.id
    }

    pub(crate) fn content(&self) -> Option<&Content> {
        self.content.as_deref()
    }
}
