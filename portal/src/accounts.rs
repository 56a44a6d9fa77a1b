use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use muniment_record::{AgencyCode, nfc};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::password::PasswordHash;

/// The local accounts of officers: a file, `accounts.toml`, in the archive's home.
///
/// The file holds salted hashes, not passwords, and is readable by its owner only.
#[derive(Clone, Default)]
pub struct Accounts {
    by_name: BTreeMap<String, Account>,
}

/// An officer's account.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    name: String,
    display_name: String,
    scope: AccountScope,
    password: PasswordHash,
}

/// What an officer may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AccountScope {
    /// Every record of the archive.
    Everything,
    /// The records of one agency and the offices below it.
    Agency {
        /// The agency.
        code: AgencyCode,
        /// Whether records of restricted access are included.
        restricted: bool,
    },
}

impl Account {
    /// Makes an account. The name is what is typed to sign in; the display name is what pages show.
    ///
    /// # Errors
    ///
    /// [`Error::Account`] for a name that is not 2 to 40 lower-case letters, digits, dots or dashes, an empty or long
    /// display name, or a password shorter than 10 characters.
    pub fn new(name: &str, display_name: &str, scope: AccountScope, password: &str) -> Result<Self, Error> {
        let name = name.trim().to_lowercase();
        let display_name = nfc(display_name);
        check_names(&name, &display_name)?;
        let password = PasswordHash::new(password)?;
        Ok(Self { name, display_name, scope, password })
    }

    /// The name typed to sign in.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name that pages show.
    pub fn display_name(&self) -> &str {
        &self.display_name
    }

    /// What the officer may see.
    pub fn scope(&self) -> &AccountScope {
        &self.scope
    }
}

fn check_names(name: &str, display_name: &str) -> Result<(), Error> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
    if !(2..=40).contains(&name.len()) || !name.bytes().all(plain) {
        return Err(Error::Account { rule: "a name has 2 to 40 lower-case letters, digits, dots or dashes" });
    }
    let length = display_name.chars().count();
    if !(1..=100).contains(&length) || display_name.chars().any(char::is_control) {
        return Err(Error::Account { rule: "a display name has 1 to 100 characters on one line" });
    }
    Ok(())
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountsFile {
    #[serde(default)]
    account: Vec<Account>,
}

impl Accounts {
    /// Reads accounts as [`Accounts::to_toml`] writes them.
    ///
    /// # Errors
    ///
    /// Unknown keys, weak hashes, names that break a rule, and two accounts of one name.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let file: AccountsFile = toml::from_str(text)?;
        let mut accounts = Self::default();
        for account in file.account {
            check_names(&account.name, &account.display_name)?;
            accounts.add(account)?;
        }
        Ok(accounts)
    }

    /// Reads the accounts file; a file that does not exist means no accounts.
    pub fn load(path: &Path) -> Result<Self, Error> {
        match fs::read_to_string(path) {
            Ok(text) => Self::from_toml(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(Error::AccountsFile { doing: "read", path: path.to_owned(), source }),
        }
    }

    /// Writes the accounts file, whole or not at all, readable by its owner only.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let text = self.to_toml()?;
        write_private(path, text.as_bytes()).map_err(|source| Error::AccountsFile {
            doing: "write",
            path: path.to_owned(),
            source,
        })
    }

    /// The accounts as text, in name order.
    pub fn to_toml(&self) -> Result<String, Error> {
        let file = AccountsFile { account: self.by_name.values().cloned().collect() };
        Ok(toml::to_string_pretty(&file)?)
    }

    /// Adds an account.
    ///
    /// # Errors
    ///
    /// [`Error::AccountExists`] where its name is taken.
    pub fn add(&mut self, account: Account) -> Result<(), Error> {
        if self.by_name.contains_key(&account.name) {
            return Err(Error::AccountExists);
        }
        self.by_name.insert(account.name.clone(), account);
        Ok(())
    }

    /// The account of this name.
    pub fn get(&self, name: &str) -> Option<&Account> {
        self.by_name.get(name)
    }

    /// Whether there is no account.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The account, where name and password are right. An unknown name costs as much work as a wrong password.
    pub(crate) fn authenticate(&self, name: &str, password: &str) -> Option<&Account> {
        let account = self.by_name.get(&name.trim().to_lowercase());
        match account {
            Some(account) => account.password.matches(password).then_some(account),
            None => {
                PasswordHash::of_nobody().matches(password);
                None
            }
        }
    }
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("toml.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clerk() -> Account {
        let scope = AccountScope::Agency { code: "H05.12".parse().unwrap(), restricted: false };
        Account::new("can-bo", "Cán bộ Một cửa", scope, "mật khẩu thử").unwrap()
    }

    #[test]
    fn accounts_are_read_back_from_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.toml");
        assert!(Accounts::load(&path).unwrap().is_empty());
        let mut accounts = Accounts::default();
        accounts.add(clerk()).unwrap();
        assert_eq!(accounts.add(clerk()).unwrap_err().code(), "account-exists");
        accounts.save(&path).unwrap();
        let read = Accounts::load(&path).unwrap();
        assert_eq!(read.get("can-bo").unwrap().scope(), clerk().scope());
        assert!(!fs::read_to_string(&path).unwrap().contains("mật khẩu"));
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o077, 0);
        }
    }

    #[test]
    fn the_right_password_opens_an_account_in_either_unicode_form() {
        let mut accounts = Accounts::default();
        accounts.add(clerk()).unwrap();
        let decomposed = "ma\u{323}\u{302}t kha\u{302}\u{309}u thu\u{309}\u{31b}";
        assert!(accounts.authenticate(" Can-Bo ", "mật khẩu thử").is_some());
        assert!(accounts.authenticate("can-bo", decomposed).is_some());
        assert!(accounts.authenticate("can-bo", "mật khẩu khác").is_none());
        assert!(accounts.authenticate("nobody", "mật khẩu thử").is_none());
    }

    #[test]
    fn weak_accounts_are_refused() {
        let everything = || AccountScope::Everything;
        assert!(Account::new("x", "X", everything(), "long enough").is_err());
        assert!(Account::new("a b", "X", everything(), "long enough").is_err());
        assert!(Account::new("abc", "X", everything(), "short").is_err());
        let mut accounts = Accounts::default();
        accounts.add(clerk()).unwrap();
        let weak = accounts.to_toml().unwrap().replace("600000", "1000");
        assert_eq!(Accounts::from_toml(&weak).err().unwrap().code(), "accounts-syntax");
    }
}
