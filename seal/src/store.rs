//! The document security store (ETSI EN 319 142-1, 5.4.2): what a reader needs to validate a file's signatures offline.

use muniment_record::Digest;

use crate::font::stream;
use crate::pdf::{Document, Flaw, Object, Update};

/// Certificates, lists or responses that are read from one file.
const MOST_ITEMS: usize = 256;

/// What a store holds, each in DER.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Store {
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) crls: Vec<Vec<u8>>,
    pub(crate) responses: Vec<Vec<u8>>,
}

impl Store {
    /// Reads a file's store, if it has one. What cannot be read in it is passed over.
    pub(crate) fn read(document: &Document<'_>) -> Option<Self> {
        let store = document.get_dictionary(&document.catalog()?, "DSS")?;
        let read = |key: &str| -> Vec<Vec<u8>> {
            let items = document.get(&store, key);
            let items = items.as_ref().and_then(Object::array).unwrap_or_default().iter().take(MOST_ITEMS);
            let data = items.filter_map(|item| match document.resolve(item)? {
                Object::Stream(dictionary, place) => document.stream_data(&dictionary, &place),
                _ => None,
            });
            data.collect()
        };
        Some(Self { certificates: read("Certs"), crls: read("CRLs"), responses: read("OCSPs") })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.crls.is_empty() && self.responses.is_empty()
    }

    /// Adds what another holds.
    pub(crate) fn extend(&mut self, other: Self) {
        self.certificates.extend(other.certificates);
        self.crls.extend(other.crls);
        self.responses.extend(other.responses);
    }

    /// What is in this one and not in another.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let rest = |mine: &[Vec<u8>], others: &[Vec<u8>]| {
            let mut rest: Vec<Vec<u8>> = Vec::new();
            for item in mine {
                if !others.contains(item) && !rest.contains(item) {
                    rest.push(item.clone());
                }
            }
            rest
        };
        Self {
            certificates: rest(&self.certificates, &other.certificates),
            crls: rest(&self.crls, &other.crls),
            responses: rest(&self.responses, &other.responses),
        }
    }

    /// Adds this to a file's store by an incremental update, or makes one. What the store refers to already stays.
    pub(crate) fn append(&self, document: &Document<'_>) -> Result<Vec<u8>, Flaw> {
        let root = document.root_id().ok_or(Flaw::Damaged)?;
        let mut catalog = document.catalog().ok_or(Flaw::Damaged)?;
        let mut store = document.get_dictionary(&catalog, "DSS").unwrap_or_default();
        let mut update = Update::new(document)?;
        store.set("Type", Object::Name(b"DSS".to_vec()));
        let mut all = Vec::new();
        for (key, items) in [("Certs", &self.certificates), ("CRLs", &self.crls), ("OCSPs", &self.responses)]
        {
            if items.is_empty() {
                continue;
            }
            let mut references = match document.get(&store, key) {
                Some(Object::Array(references)) => references,
                _ => Vec::new(),
            };
            for item in items {
                all.extend_from_slice(item);
                let head = format!("<< /Length {} >>", item.len());
                references.push(Object::Reference(update.add(stream(&head, item))));
            }
            store.set(key, Object::Array(references));
        }
        let id = match catalog.get("DSS").and_then(Object::reference) {
            Some(id) => id,
            None => {
                let id = update.reserve();
                catalog.set("DSS", Object::Reference(id));
                update.put_dictionary(root, &catalog);
                id
            }
        };
        update.put_dictionary(id, &store);
        Ok(update.finish(Digest::of(&all).as_bytes())?.bytes)
    }
}
