use serde::{Deserialize, Serialize};

/// Where the archive's files lie: objects, blobs and the published log. The catalogue lies in the home.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// On a disk or in a bucket.
    pub kind: StorageKind,
    /// The S3 server's address.
    pub endpoint: String,
    /// The S3 server's region.
    pub region: String,
    /// The bucket, which must be there.
    pub bucket: String,
    /// What all names in the bucket begin with; may be empty.
    pub prefix: String,
    /// A file of the home with the access key on its first line and the secret key on its second. Empty: the environment has
    /// them, in `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    pub credentials: String,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self {
            kind: StorageKind::Disk,
            endpoint: String::new(),
            region: "us-east-1".to_owned(),
            bucket: String::new(),
            prefix: String::new(),
            credentials: "keys/s3.credentials".to_owned(),
        }
    }
}

/// The kinds of stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageKind {
    /// The home's own disk.
    Disk,
    /// A bucket of an S3 server.
    S3,
}
