use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use muniment_record::Digest;

/// Draws a page of an archived PDF. Each call costs a bounded amount of time and memory; it may block.
pub trait PageRenderer: Send + Sync {
    /// Draws page `page`, from 1, as a JPEG image `width_px` pixels wide.
    ///
    /// # Errors
    ///
    /// Why it cannot be drawn, in English, for the log.
    fn render(&self, pdf: &[u8], page: u32, width_px: u32) -> Result<Vec<u8>, String>;
}

/// Widths in which pages are drawn: one for phones, one for reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Width {
    /// Fits a phone.
    Narrow,
    /// Fits a desk.
    Wide,
}

impl Width {
    /// Reads the address's parameter; anything unknown is [`Width::Wide`].
    pub(crate) fn from_parameter(text: Option<&str>) -> Self {
        match text {
            Some("800") => Self::Narrow,
            _ => Self::Wide,
        }
    }

    /// In pixels.
    pub(crate) const fn pixels(self) -> u32 {
        match self {
            Self::Narrow => 800,
            Self::Wide => 1400,
        }
    }
}

/// What a drawn page is kept under: the PDF's digest, so a changed file is another image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ImageKey {
    pub(crate) pdf: Digest,
    pub(crate) page: u32,
    pub(crate) width: Width,
}

/// Drawn pages, the last used ones, up to a number of bytes.
pub(crate) struct ImageCache {
    pub(crate) renderer: Arc<dyn PageRenderer>,
    capacity_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    images: HashMap<ImageKey, (Bytes, u64)>,
    total_bytes: usize,
    uses: u64,
}

impl ImageCache {
    pub(crate) fn new(renderer: Arc<dyn PageRenderer>, capacity_bytes: usize) -> Self {
        Self { renderer, capacity_bytes, kept: Mutex::default() }
    }

    /// The image, if it is kept.
    pub(crate) fn get(&self, key: ImageKey) -> Option<Bytes> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let uses = kept.uses;
        let (image, last_use) = kept.images.get_mut(&key)?;
        *last_use = uses;
        Some(image.clone())
    }

    /// Keeps an image, at the cost of those not used for longest.
    pub(crate) fn put(&self, key: ImageKey, image: Bytes) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if image.len() > self.capacity_bytes {
            return;
        }
        kept.uses += 1;
        let entry = (image, kept.uses);
        kept.total_bytes += entry.0.len();
        if let Some((former, _)) = kept.images.insert(key, entry) {
            kept.total_bytes -= former.len();
        }
        while kept.total_bytes > self.capacity_bytes {
            let oldest = kept.images.iter().min_by_key(|(_, (_, last_use))| *last_use);
            let Some(oldest) = oldest.map(|(key, _)| *key) else {
                return;
            };
            if let Some((image, _)) = kept.images.remove(&oldest) {
                kept.total_bytes -= image.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl PageRenderer for Nothing {
        fn render(&self, _: &[u8], _: u32, _: u32) -> Result<Vec<u8>, String> {
            Err("nothing is drawn here".to_owned())
        }
    }

    #[test]
    fn the_cache_keeps_what_was_used_last() {
        let cache = ImageCache::new(Arc::new(Nothing), 25);
        let key = |page| ImageKey { pdf: Digest::of(b"pdf"), page, width: Width::Wide };
        for page in 1..=2 {
            cache.put(key(page), Bytes::from_static(&[0; 10]));
        }
        assert!(cache.get(key(1)).is_some());
        cache.put(key(3), Bytes::from_static(&[0; 10]));
        assert!(cache.get(key(2)).is_none());
        assert!(cache.get(key(1)).is_some() && cache.get(key(3)).is_some());
        cache.put(key(4), Bytes::from_static(&[0; 30]));
        assert!(cache.get(key(4)).is_none());
    }
}
