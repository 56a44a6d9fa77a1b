//! Names the boundaries between durable effects, so that a test can stop the process at each of them.

/// Says that a boundary is reached: what was begun before is done, what comes next is not begun.
#[cfg(not(test))]
pub(crate) fn reached(_name: &'static str) {}

/// Says that a boundary is reached; the test that set a trap there takes over.
#[cfg(test)]
pub(crate) fn reached(name: &'static str) {
    assert!(ALL.contains(&name), "{name} is no boundary that is tested");
    fail::fail_point!(name);
}

/// Every boundary there is. The crash matrix stops at each passage of each.
#[cfg(test)]
pub(crate) const ALL: [&str; 36] = [
    "file-staged",
    "synced",
    "moved",
    "file-synced",
    "file-moved",
    "directory-synced",
    "withdrawal-moved",
    "batch-opened",
    "registered",
    "settled",
    "records-committed",
    "log-extended",
    "checkpoint-written",
    "published-noted",
    "scans-kept",
    "queued",
    "claimed",
    "put-off",
    "set-aside",
    "sealed-kept",
    "staged",
    "object-put",
    "object-deleted",
    "revision-begun",
    "version-linked",
    "version-exchanged",
    "revision-committed",
    "hold-decided",
    "files-held",
    "hold-carried-out",
    "recovered-entries-committed",
    "rebuilt-records-committed",
    "rebuilt-log-committed",
    "rebuilt-rest-committed",
    "old-catalogue-moved",
    "new-catalogue-moved",
];
