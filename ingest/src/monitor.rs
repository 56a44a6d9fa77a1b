/// Hears how far a preparation has come; called from worker threads.
pub trait Monitor: Sync {
    /// Page `page` (from 1) of `of` pages is finished.
    fn page_done(&self, page: u32, of: u32);
}

impl Monitor for () {
    fn page_done(&self, _page: u32, _of: u32) {}
}
