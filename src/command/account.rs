use anyhow::{Context, Result};
use muniment_portal::{Account, AccountScope, Accounts};
use muniment_record::{AgencyCode, LookupToken};

use super::Setting;
use crate::cli::AccountCommand;
use crate::clock;
use crate::exit::Exit;
use crate::home::Home;

/// Manages the portal's local accounts.
pub fn run(setting: &Setting, command: &AccountCommand) -> Result<Exit> {
    let home = setting.open_home()?;
    let AccountCommand::Add { name, agency, restricted } = command;
    add(setting, &home, name, agency.clone(), *restricted)?;
    Ok(Exit::Done)
}

/// Adds an account with a new password of 60 random bits, and prints it: it is kept nowhere.
pub fn add(
    setting: &Setting,
    home: &Home,
    name: &str,
    agency: Option<AgencyCode>,
    restricted: bool,
) -> Result<()> {
    let password = LookupToken::from_random(u64::from_be_bytes(clock::random()?)).to_string().to_lowercase();
    let scope = match agency {
        Some(code) => AccountScope::Agency { code, restricted },
        None => AccountScope::Everything,
    };
    let account = Account::new(name, name, scope, &password).context("failed to make the account")?;
    let _lock = home.lock_accounts()?;
    let mut accounts = Accounts::load(&home.accounts())?;
    accounts.add(account).context("failed to add the account")?;
    accounts.save(&home.accounts())?;
    let (account_word, password_word) =
        (setting.say("Tài khoản", "Account"), setting.say("mật khẩu", "password"));
    println!("{account_word}: {name}   {password_word}: {password}");
    Ok(())
}
