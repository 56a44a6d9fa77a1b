use serde::{Deserialize, Serialize};

use crate::Rate;

/// What an operator can choose about the portal: the section `[portal]` of `muniment.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The site's name in Vietnamese.
    pub name: String,
    /// The site's name in English.
    pub name_english: String,
    /// Who runs it, in Vietnamese.
    pub operator: String,
    /// Who runs it, in English.
    pub operator_english: String,
    /// A line above every page, as a warning that this is a test; empty for none.
    pub notice: String,
    /// The origin that browsers see, as `https://tracuu.example.vn`; empty where it is whatever the request's Host says.
    /// With `https` cookies are Secure and browsers are told to come back by HTTPS only.
    pub origin: String,
    /// How many reverse proxies stand in front, each adding to X-Forwarded-For; with 0 the header is not believed.
    pub trusted_proxies: u8,
    /// Whether dossier code and holder's number open the pages and the file too, and not the summary with a masked name
    /// only. The token on the holder's slip always opens them. Numbers of persons and firms are known to many others, so
    /// think twice.
    pub holder_number_opens_file: bool,
    /// The largest file that is checked, in bytes.
    pub check_file_bytes: usize,
    /// How many files one visitor may send at a time.
    pub check_files: usize,
    /// Memory for files that are being checked, of all visitors together, in bytes.
    pub check_memory_bytes: usize,
    /// Look-ups from one address.
    pub look_ups_per_address: Rate,
    /// Look-ups of one dossier by the holder's number.
    pub look_ups_per_code: Rate,
    /// Files checked from one address.
    pub checks_per_address: Rate,
    /// Attempts to sign in from one address.
    pub sign_ins_per_address: Rate,
    /// Attempts to sign in to one account.
    pub sign_ins_per_account: Rate,
    /// A failed look-up is answered this long after it began, in milliseconds, whatever was the reason.
    pub look_up_milliseconds: u64,
    /// A request that takes longer is given up, in seconds.
    pub request_seconds: u64,
    /// Memory for rendered page images, in bytes.
    pub image_cache_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let rate = |burst, interval_seconds| Rate { burst, interval_seconds };
        Self {
            name: "Kho kết quả điện tử".to_owned(),
            name_english: "Electronic results archive".to_owned(),
            operator: "Trung tâm Phục vụ hành chính công".to_owned(),
            operator_english: "Public Administration Service Centre".to_owned(),
            notice: String::new(),
            origin: String::new(),
            trusted_proxies: 0,
            holder_number_opens_file: false,
            check_file_bytes: 64 << 20,
            check_files: 20,
            check_memory_bytes: 256 << 20,
            look_ups_per_address: rate(30, 10),
            look_ups_per_code: rate(5, 180),
            checks_per_address: rate(60, 2),
            sign_ins_per_address: rate(20, 30),
            sign_ins_per_account: rate(8, 60),
            look_up_milliseconds: 400,
            request_seconds: 60,
            image_cache_bytes: 64 << 20,
        }
    }
}

impl Settings {
    /// Whether browsers come by HTTPS.
    pub(crate) fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }
}
