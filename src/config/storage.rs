use muniment_archive::S3Settings;
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
    /// How many calls are made to a store at a time; more wait for their turn.
    pub calls_in_flight: usize,
    /// Whether the server retains what is archived for as long as its retention rule says (S3 Object Lock).
    pub locks: bool,
    /// Whether nothing is taken in unless a store proves that it enforces locks.
    pub legal_archive: bool,
    /// The store that keeps the same.
    pub second: SecondConfig,
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
            calls_in_flight: 64,
            locks: false,
            legal_archive: false,
            second: SecondConfig::default(),
        }
    }
}

impl StorageConfig {
    /// The bucket, where the files lie in one.
    pub fn settings(&self) -> S3Settings {
        S3Settings {
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            bucket: self.bucket.clone(),
            prefix: self.prefix.clone(),
            locks: self.locks,
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

/// A second store: what is archived is acknowledged when both have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecondConfig {
    /// Where, if there is one.
    pub kind: SecondKind,
    /// Its folder on a disk, from the home.
    pub path: String,
    /// As in the first store's settings, and so on below.
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    pub prefix: String,
    pub credentials: String,
    pub locks: bool,
}

impl Default for SecondConfig {
    fn default() -> Self {
        Self {
            kind: SecondKind::None,
            path: String::new(),
            endpoint: String::new(),
            region: "us-east-1".to_owned(),
            bucket: String::new(),
            prefix: String::new(),
            credentials: "keys/s3-second.credentials".to_owned(),
            locks: false,
        }
    }
}

impl SecondConfig {
    /// The bucket, where the files lie in one.
    pub fn settings(&self) -> S3Settings {
        S3Settings {
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            bucket: self.bucket.clone(),
            prefix: self.prefix.clone(),
            locks: self.locks,
        }
    }
}

/// The kinds of second stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondKind {
    /// There is none.
    None,
    /// A disk: another one than the home's.
    Disk,
    /// A bucket of an S3 server: another one than the first.
    S3,
}
