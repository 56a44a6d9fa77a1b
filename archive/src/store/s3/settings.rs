use std::fmt;

/// Which bucket, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Settings {
    /// The server's address: `https://s3.example.vn`.
    pub endpoint: String,
    /// The server's region; most servers take any.
    pub region: String,
    /// The bucket, which must be there.
    pub bucket: String,
    /// What the names of all objects begin with, and a slash behind it; or nothing.
    pub prefix: String,
    /// Whether what is archived is to be retained by the server (S3 Object Lock): the bucket must have been made for it.
    pub locks: bool,
}

/// Who asks. Neither shown nor logged.
#[derive(Clone)]
pub struct S3Credentials {
    /// The name of the key.
    pub access_key: String,
    /// The key.
    pub secret_key: String,
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Credentials(..)")
    }
}
