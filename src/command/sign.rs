use std::fs;

use anyhow::{Context, Result};

use super::{Setting, write_whole};
use crate::cli::{SignArgs, SignerArg};
use crate::exit::Exit;
use crate::sealer::Sealer;
use crate::{clock, wire};

/// Puts the agency's seal, or the officer's signature, on a PDF.
pub fn run(setting: &Setting, args: &SignArgs) -> Result<Exit> {
    let home = setting.open_home()?;
    let pdf = fs::read(&args.input).with_context(|| format!("failed to read {}", args.input.display()))?;
    let trust = wire::trust_of(&home)?;
    let signed = match args.signer {
        SignerArg::Agency => Sealer::of_agency(&home, trust)?.sign_as_agency(&pdf, clock::now()),
        SignerArg::Officer => Sealer::of_officer(&home, trust)?.sign_as_officer(&pdf, clock::now()),
    };
    let signed = signed.with_context(|| format!("failed to sign {}", args.input.display()))?;
    write_whole(&args.output, &signed)?;
    println!("{}: {} B", args.output.display(), signed.len());
    Ok(Exit::Done)
}
