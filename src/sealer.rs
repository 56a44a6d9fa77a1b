//! The step from package to sealed: whose key, which timestamps, and whether the certificate may be used now.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};
use muniment_record::{Form, Package};
use muniment_seal::pkcs11::{TokenKey, TokenUri};
use muniment_seal::pki::Identity;
use muniment_seal::tsa::{Authorities, DevelopmentAuthority, RemoteAuthority};
use muniment_seal::{
    Certificate, CopyForm, Error, Fitness, HashSigner, OnlineRevocation, SealRequest, Sealed, Sealing,
    Signer, Signing, SoftwareSigner, TimestampAuthority, Trust, Uplifted, check_signer, sign,
    sign_with_timestamp,
};

use crate::config::SealConfig;
use crate::home::Home;

/// How long a certificate that was found fit is taken for fit without asking again.
const FIT_FOR: SignedDuration = SignedDuration::from_mins(10);

/// Seals packages with one key.
pub struct Sealer {
    signer: Box<dyn Signer>,
    timestamps: Option<Authorities>,
    revocation: OnlineRevocation,
    trust: Trust,
    copy_form: CopyForm,
    agency: String,
    checked_at: Mutex<Option<Timestamp>>,
}

impl Sealer {
    /// The agency's, as a home's configuration describes it.
    pub fn of_agency(home: &Home, trust: Trust) -> Result<Self> {
        let config = home.config()?;
        let signer = signer(home, &config.seal)?;
        Self::new(home, trust, signer)
    }

    /// The officer's, with the key in `keys/officer.key.pem`.
    pub fn of_officer(home: &Home, trust: Trust) -> Result<Self> {
        let pkcs1 = home.config()?.seal.pkcs1;
        let signer = from_files(home, "keys/officer.key.pem", "keys/officer.chain.pem", pkcs1)?;
        Self::new(home, trust, signer)
    }

    fn new(home: &Home, trust: Trust, signer: Box<dyn Signer>) -> Result<Self> {
        let config = home.config()?;
        let copy_form = config.seal.copy_form.parse();
        Ok(Self {
            timestamps: authorities(home, &config.seal, &trust)?,
            revocation: OnlineRevocation::new(seconds(config.seal.revocation_seconds)),
            copy_form: copy_form.context("failed to understand copy_form in muniment.toml")?,
            agency: config.agency.name,
            checked_at: Mutex::new(None),
            signer,
            trust,
        })
    }

    /// Its certificate.
    pub fn certificate(&self) -> Result<&Certificate> {
        self.signer.chain().first().context("the key has no certificate")
    }

    /// Whether its certificate may be used now: valid, trusted, for this use, and known not to be revoked.
    pub fn check(&self, now: Timestamp) -> Result<Fitness, Error> {
        check_signer(self.signer.chain(), &self.trust, Some(&self.revocation), now)?.require_revocation()
    }

    /// Seals a digitised copy or what came in unsigned, or accepts a signed original as it is.
    pub fn seal(&self, package: Package, staging: &std::path::Path, now: Timestamp) -> Result<Sealed, Error> {
        if package.form == Form::SignedOriginal {
            return muniment_seal::accept(package, &self.trust, now);
        }
        self.check_now_and_then(now)?;
        let request = SealRequest::agency(now, self.copy_form, &self.agency);
        let sealing = Sealing {
            signings: vec![Signing { request, signer: &*self.signer }],
            timestamps: self.timestamps(),
            trust: &self.trust,
        };
        muniment_seal::seal_with(package, staging, &sealing)
    }

    /// Signs a PDF with the agency's text.
    pub fn sign_as_agency(&self, pdf: &[u8], now: Timestamp) -> Result<Vec<u8>, Error> {
        self.sign(pdf, &SealRequest::agency(now, self.copy_form, &self.agency))
    }

    /// Signs a PDF with the officer's text: the name in the certificate.
    pub fn sign_as_officer(&self, pdf: &[u8], now: Timestamp) -> Result<Vec<u8>, Error> {
        let name = self.signer.chain().first().and_then(Certificate::common_name).unwrap_or_default();
        self.sign(pdf, &SealRequest::officer(now, name))
    }

    fn sign(&self, pdf: &[u8], request: &SealRequest) -> Result<Vec<u8>, Error> {
        self.check_now_and_then(request.signed_at)?;
        match self.timestamps() {
            Some(authority) => sign_with_timestamp(pdf, request, &*self.signer, authority),
            None => sign(pdf, request, &*self.signer),
        }
    }

    /// Adds what is needed to validate a sealed file offline; nothing where it is there.
    pub fn uplift(&self, pdf: &[u8], now: Timestamp) -> Result<Option<Uplifted>, Error> {
        Uplifted::of(pdf, &self.trust, Some(&self.revocation), now)
    }

    fn timestamps(&self) -> Option<&dyn TimestampAuthority> {
        self.timestamps.as_ref().map(|authorities| authorities as &dyn TimestampAuthority)
    }

    fn check_now_and_then(&self, now: Timestamp) -> Result<(), Error> {
        let mut checked_at = self.checked_at.lock().unwrap_or_else(PoisonError::into_inner);
        if checked_at.is_some_and(|at| now.duration_since(at).abs() < FIT_FOR) {
            return Ok(());
        }
        self.check(now)?;
        *checked_at = Some(now);
        Ok(())
    }
}

/// The agency's key: a file, or a key in a token.
fn signer(home: &Home, config: &SealConfig) -> Result<Box<dyn Signer>> {
    if config.key.ends_with(".p12") || config.key.ends_with(".pfx") {
        let password = String::from_utf8(home.read(&format!("{}.password", config.key))?);
        let password = password.context("the password of seal.key is not text")?;
        let signer = SoftwareSigner::from_pkcs12(&home.read(&config.key)?, password.trim_end());
        return Ok(in_memory(signer.with_context(|| format!("failed to use {}", config.key))?, config.pkcs1));
    }
    if !config.key.starts_with("pkcs11:") {
        return from_files(home, &config.key, &config.chain, config.pkcs1);
    }
    let uri: TokenUri = config.key.parse().context("failed to understand seal.key in muniment.toml")?;
    let pin_file = uri.pin_source.clone().context("seal.key in muniment.toml needs a pin-source")?;
    let pin = home.read(&pin_file.to_string_lossy())?;
    let pin = String::from_utf8(pin).context("the PIN is not text")?;
    let key = TokenKey::open(uri, pin.trim_end()).context("failed to open the agency's key in its token")?;
    let chain = Certificate::from_pem(&home.read(&config.chain)?).context("failed to read seal.chain")?;
    let signer = HashSigner::new(Box::new(key), &chain).context("failed to use seal.chain")?;
    Ok(Box::new(if config.pkcs1 { signer.with_pkcs1() } else { signer }))
}

fn from_files(home: &Home, key: &str, chain: &str, pkcs1: bool) -> Result<Box<dyn Signer>> {
    let signer = SoftwareSigner::from_pem(&home.read(key)?, &home.read(chain)?);
    Ok(in_memory(signer.with_context(|| format!("failed to use {key} with {chain}"))?, pkcs1))
}

fn in_memory(signer: SoftwareSigner, pkcs1: bool) -> Box<dyn Signer> {
    Box::new(if pkcs1 { signer.with_pkcs1() } else { signer })
}

/// The configured time-stamping authorities, in order.
fn authorities(home: &Home, config: &SealConfig, trust: &Trust) -> Result<Option<Authorities>> {
    let mut list: Vec<Box<dyn TimestampAuthority>> = Vec::new();
    for address in &config.timestamps {
        if address == "development" {
            let text = |name: &str| String::from_utf8(home.read(name)?).context("a key is not text");
            let identity =
                Identity { key_pem: text("keys/tsa.key.pem")?, chain_pem: text("keys/tsa.chain.pem")? };
            let authority = DevelopmentAuthority::new(&identity);
            list.push(Box::new(authority.context("failed to use the development authority in keys/")?));
        } else if address.starts_with("http://") {
            list.push(Box::new(RemoteAuthority::new(address, seconds(config.timestamp_seconds))));
        } else {
            bail!("seal.timestamps in muniment.toml: {address} is neither http://… nor \"development\"");
        }
    }
    Ok((!list.is_empty()).then(|| Authorities::new(list, trust.clone())))
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count.max(1))
}
