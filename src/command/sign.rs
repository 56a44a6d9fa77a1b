use std::fs;

use anyhow::{Context, Result};

use super::{Setting, write_whole};
use crate::cli::SignArgs;
use crate::exit::Exit;
use crate::{clock, wire};
use muniment_seal::SealRequest;

/// Puts the home's agency seal on a PDF.
pub fn run(setting: &Setting, args: &SignArgs) -> Result<Exit> {
    let home = setting.open_home()?;
    let config = home.config()?;
    let pdf = fs::read(&args.input).with_context(|| format!("failed to read {}", args.input.display()))?;
    let request = SealRequest::agency(clock::now(), wire::copy_form(&config)?, &config.agency.name);
    let signer = wire::agency_signer(&home)?;
    let signed = muniment_seal::sign(&pdf, &request, &*signer)
        .with_context(|| format!("failed to seal {}", args.input.display()))?;
    write_whole(&args.output, &signed)?;
    println!("{}: {} B", args.output.display(), signed.len());
    Ok(Exit::Done)
}
