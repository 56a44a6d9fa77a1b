use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

use crate::asn1::{self, encode, sequence};
use crate::{Certificate, Error, Scheme, Signer, SoftwareSigner, oid, pem};

/// A name in a certificate.
#[derive(Clone, Debug)]
pub struct Subject {
    common_name: String,
    organisation: String,
}

impl Subject {
    /// Takes a common name and an organisation, each at most 64 characters (RFC 5280, appendix A).
    pub fn new(common_name: &str, organisation: &str) -> Self {
        let limited = |text: &str| text.chars().take(64).collect();
        Self { common_name: limited(common_name), organisation: limited(organisation) }
    }

    fn der(&self) -> Vec<u8> {
        const PRINTABLE_STRING: u8 = 0x13;
        const UTF8_STRING: u8 = 0x0c;
        const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
        let part = |id: ObjectIdentifier, tag: u8, text: &str| {
            encode(asn1::SET, &[&sequence(&[&oid_der(id), &encode(tag, &[text.as_bytes()])])])
        };
        sequence(&[
            &part(COUNTRY, PRINTABLE_STRING, "VN"),
            &part(oid::ORGANISATION, UTF8_STRING, &self.organisation),
            &part(oid::COMMON_NAME, UTF8_STRING, &self.common_name),
        ])
    }
}

/// What a certificate may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Signing documents (key usage non-repudiation and digital signature; RFC 9336).
    Signer,
    /// Time stamping (RFC 3161, 2.3): the one, critical, extended key usage.
    TimeStamping,
    /// Answering about revocation (RFC 6960, 4.2.2.2).
    OcspResponder,
}

/// A private key with its certificate.
#[derive(Clone)]
pub struct Identity {
    /// The private key, PKCS#8: a secret.
    pub key_pem: String,
    /// The certificate, and the authorities above it but for the root.
    pub chain_pem: String,
}

impl Identity {
    /// The certificate alone.
    pub fn certificate_pem(&self) -> &str {
        const END: &str = "-----END CERTIFICATE-----\n";
        let end = self.chain_pem.find(END).map_or(self.chain_pem.len(), |at| at + END.len());
        &self.chain_pem[..end]
    }

    /// A signer that uses this key.
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] where the texts were changed.
    pub fn signer(&self) -> Result<SoftwareSigner, Error> {
        SoftwareSigner::from_pem(self.key_pem.as_bytes(), self.chain_pem.as_bytes())
    }
}

/// A key does not show in debug output.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({} bytes of certificates)", self.chain_pem.len())
    }
}

/// A certification authority of development, with a P-256 key in memory.
pub struct Authority {
    signer: SoftwareSigner,
    key_pkcs8: Vec<u8>,
    name: Vec<u8>,
    /// The certificates that go with what it issues: its own and those above but for the root.
    chain: Vec<Certificate>,
    /// Where its list is published, for what it issues to say.
    crl_url: Option<String>,
    /// Where its OCSP responder is.
    ocsp_url: Option<String>,
}

impl Authority {
    /// Makes a root.
    ///
    /// # Errors
    ///
    /// [`Error::Signer`] where there is no randomness.
    pub fn root(subject: &Subject, from: Timestamp, until: Timestamp) -> Result<Self, Error> {
        let key = NewKey::generate()?;
        let name = subject.der();
        let tbs = Tbs {
            issuer: &name,
            issuer_key_id: &key_id(&key.public),
            subject: &name,
            spki: &spki(&key.public),
            subject_key_id: &key_id(&key.public),
            validity: (from, until),
            extensions: authority_extensions(1),
        };
        let tbs = tbs.der()?;
        let value = key.pair.sign(&SystemRandom::new(), &tbs).map_err(|_| no_randomness())?;
        let certificate = Certificate::from_der(&signed(&tbs, value.as_ref()))?;
        let signer = SoftwareSigner::from_der(&key.pkcs8, vec![certificate])?;
        Ok(Self { signer, key_pkcs8: key.pkcs8, name, chain: Vec::new(), crl_url: None, ocsp_url: None })
    }

    /// Has every certificate that it issues from now on say where its revocation list is (RFC 5280, 4.2.1.13).
    #[must_use]
    pub fn with_crl_url(self, url: impl Into<String>) -> Self {
        Self { crl_url: Some(url.into()), ..self }
    }

    /// Has every certificate that it issues from now on say where its OCSP responder is (RFC 5280, 4.2.2.1).
    #[must_use]
    pub fn with_ocsp_url(self, url: impl Into<String>) -> Self {
        Self { ocsp_url: Some(url.into()), ..self }
    }

    /// Makes an authority below this one.
    ///
    /// # Errors
    ///
    /// [`Error::Signer`] where there is no randomness.
    pub fn subordinate(&self, subject: &Subject, from: Timestamp, until: Timestamp) -> Result<Self, Error> {
        let key = NewKey::generate()?;
        let certificate =
            self.certify(subject, &spki(&key.public), &key.public, (from, until), authority_extensions(0))?;
        let mut chain = vec![certificate.clone()];
        chain.extend(self.chain.iter().cloned());
        let signer = SoftwareSigner::from_der(&key.pkcs8, vec![certificate])?;
        Ok(Self { signer, key_pkcs8: key.pkcs8, name: subject.der(), chain, crl_url: None, ocsp_url: None })
    }

    /// Issues a certificate for a new P-256 key.
    ///
    /// # Errors
    ///
    /// [`Error::Signer`] where there is no randomness.
    pub fn issue(
        &self,
        subject: &Subject,
        profile: Profile,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Identity, Error> {
        let key = NewKey::generate()?;
        let extensions = profile_extensions(profile);
        let certificate =
            self.certify(subject, &spki(&key.public), &key.public, (from, until), extensions)?;
        Ok(Identity {
            key_pem: pem::encode("PRIVATE KEY", &key.pkcs8),
            chain_pem: self.chain_pem(&certificate),
        })
    }

    /// Issues a certificate for a public key made elsewhere, given as SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] where that is malformed.
    pub fn issue_for(
        &self,
        spki: &[u8],
        subject: &Subject,
        profile: Profile,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Certificate>, Error> {
        let malformed = Error::Credential("a public key");
        let mut fields = asn1::Value::only(spki).ok_or(malformed)?.reader();
        let key = fields.nth(1).and_then(|value| value.bits()).ok_or(Error::Credential("a public key"))?;
        let certificate = self.certify(subject, spki, key, (from, until), profile_extensions(profile))?;
        let mut chain = vec![certificate];
        chain.extend(self.chain.iter().cloned());
        Ok(chain)
    }

    /// Makes a revocation list of these certificates, each with the time of its revocation.
    ///
    /// # Errors
    ///
    /// [`Error::Signer`] where there is no randomness.
    pub fn crl_pem(
        &self,
        revoked: &[(&Certificate, Timestamp)],
        this_update: Timestamp,
        next_update: Timestamp,
    ) -> Result<String, Error> {
        Ok(pem::encode("X509 CRL", &self.crl_der(revoked, this_update, next_update)?))
    }

    /// The same list in DER.
    ///
    /// # Errors
    ///
    /// [`Error::Signer`] where there is no randomness.
    pub fn crl_der(
        &self,
        revoked: &[(&Certificate, Timestamp)],
        this_update: Timestamp,
        next_update: Timestamp,
    ) -> Result<Vec<u8>, Error> {
        let entries: Vec<Vec<u8>> = revoked
            .iter()
            .map(|(certificate, at)| sequence(&[&asn1::integer(certificate.serial_bytes()), &time(*at)]))
            .collect();
        let parts: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        let entries = if parts.is_empty() { Vec::new() } else { sequence(&parts) };
        let key_id = extension(oid::AUTHORITY_KEY_ID, false, &authority_key_id(&key_id(self.public_key())));
        let number = u64::try_from(this_update.as_second()).unwrap_or_default().to_be_bytes();
        let number = extension(oid::CRL_NUMBER, false, &asn1::integer(&number));
        let tbs = sequence(&[
            &asn1::integer(&[1]),
            &Scheme::EcdsaP256.identifier(),
            &self.name,
            &time(this_update),
            &time(next_update),
            &entries,
            &encode(asn1::context(0), &[&sequence(&[&key_id, &number])]),
        ]);
        Ok(signed(&tbs, &self.signer.sign(&tbs)?))
    }

    /// Its key and certificate.
    ///
    /// # Errors
    ///
    /// None in practice: the certificate was made here.
    pub fn identity(&self) -> Result<Identity, Error> {
        let chain_pem = match self.chain.as_slice() {
            [] => self.signer.chain().iter().map(certificate_pem).collect(),
            chain => chain.iter().map(certificate_pem).collect(),
        };
        Ok(Identity { key_pem: pem::encode("PRIVATE KEY", &self.key_pkcs8), chain_pem })
    }

    /// Its certificate.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.signer.chain().first()
    }

    fn public_key(&self) -> &[u8] {
        self.certificate().map(Certificate::public_key).unwrap_or_default()
    }

    fn certify(
        &self,
        subject: &Subject,
        spki: &[u8],
        public: &[u8],
        validity: (Timestamp, Timestamp),
        mut extensions: Vec<Vec<u8>>,
    ) -> Result<Certificate, Error> {
        if let Some(url) = &self.crl_url {
            let name = encode(asn1::context_primitive(6), &[url.as_bytes()]);
            let point = encode(asn1::context(0), &[&encode(asn1::context(0), &[&name])]);
            let points = sequence(&[&sequence(&[&point])]);
            extensions.push(extension(oid::CRL_DISTRIBUTION_POINTS, false, &points));
        }
        if let Some(url) = &self.ocsp_url {
            let name = encode(asn1::context_primitive(6), &[url.as_bytes()]);
            let description = sequence(&[&oid_der(oid::OCSP), &name]);
            extensions.push(extension(oid::AUTHORITY_INFO_ACCESS, false, &sequence(&[&description])));
        }
        let tbs = Tbs {
            issuer: &self.name,
            issuer_key_id: &key_id(self.public_key()),
            subject: &subject.der(),
            spki,
            subject_key_id: &key_id(public),
            validity,
            extensions,
        };
        let tbs = tbs.der()?;
        Certificate::from_der(&signed(&tbs, &self.signer.sign(&tbs)?))
    }

    fn chain_pem(&self, leaf: &Certificate) -> String {
        std::iter::once(leaf).chain(&self.chain).map(certificate_pem).collect()
    }
}

struct NewKey {
    pkcs8: Vec<u8>,
    pair: EcdsaKeyPair,
    public: Vec<u8>,
}

impl NewKey {
    fn generate() -> Result<Self, Error> {
        let random = SystemRandom::new();
        let scheme = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(scheme, &random).map_err(|_| no_randomness())?;
        let pair = EcdsaKeyPair::from_pkcs8(scheme, pkcs8.as_ref(), &random).map_err(|_| no_randomness())?;
        let public = pair.public_key().as_ref().to_vec();
        Ok(Self { pkcs8: pkcs8.as_ref().to_vec(), pair, public })
    }
}

/// What goes into a certificate (RFC 5280, 4.1.2).
struct Tbs<'a> {
    issuer: &'a [u8],
    issuer_key_id: &'a [u8],
    subject: &'a [u8],
    spki: &'a [u8],
    subject_key_id: &'a [u8],
    validity: (Timestamp, Timestamp),
    extensions: Vec<Vec<u8>>,
}

impl Tbs<'_> {
    fn der(self) -> Result<Vec<u8>, Error> {
        let mut serial = [0; 16];
        SystemRandom::new().fill(&mut serial).map_err(|_| no_randomness())?;
        serial[0] = serial[0] & 0x3f | 0x40;
        let mut extensions = self.extensions;
        extensions.push(extension(
            oid::SUBJECT_KEY_ID,
            false,
            &encode(asn1::OCTET_STRING, &[self.subject_key_id]),
        ));
        extensions.push(extension(oid::AUTHORITY_KEY_ID, false, &authority_key_id(self.issuer_key_id)));
        let extensions: Vec<&[u8]> = extensions.iter().map(Vec::as_slice).collect();
        let (from, until) = self.validity;
        Ok(sequence(&[
            &encode(asn1::context(0), &[&asn1::integer(&[2])]),
            &asn1::integer(&serial),
            &Scheme::EcdsaP256.identifier(),
            self.issuer,
            &sequence(&[&time(from), &time(until)]),
            self.subject,
            self.spki,
            &encode(asn1::context(3), &[&sequence(&extensions)]),
        ]))
    }
}

fn signed(tbs: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[tbs, &Scheme::EcdsaP256.identifier(), &encode(asn1::BIT_STRING, &[&[0], value])])
}

fn authority_extensions(path_length: u8) -> Vec<Vec<u8>> {
    let constraints = sequence(&[&encode(asn1::BOOLEAN, &[&[0xff]]), &asn1::integer(&[path_length])]);
    // keyCertSign and cRLSign
    let usage = encode(asn1::BIT_STRING, &[&[1, 0b0000_0110]]);
    vec![extension(oid::BASIC_CONSTRAINTS, true, &constraints), extension(oid::KEY_USAGE, true, &usage)]
}

fn profile_extensions(profile: Profile) -> Vec<Vec<u8>> {
    // digitalSignature, with nonRepudiation for signers
    let (usage, purpose, is_critical): (&[u8], _, _) = match profile {
        Profile::Signer => (&[6, 0b1100_0000], oid::DOCUMENT_SIGNING, false),
        Profile::TimeStamping => (&[7, 0b1000_0000], oid::TIME_STAMPING, true),
        Profile::OcspResponder => (&[7, 0b1000_0000], oid::OCSP_SIGNING, false),
    };
    let mut extensions = vec![
        extension(oid::KEY_USAGE, true, &encode(asn1::BIT_STRING, &[usage])),
        extension(oid::EXTENDED_KEY_USAGE, is_critical, &sequence(&[&oid_der(purpose)])),
    ];
    if profile == Profile::OcspResponder {
        extensions.push(extension(oid::OCSP_NO_CHECK, false, &[asn1::NULL, 0]));
    }
    extensions
}

fn extension(id: ObjectIdentifier, is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if is_critical { &[asn1::BOOLEAN, 1, 0xff] } else { &[] };
    sequence(&[&oid_der(id), critical, &encode(asn1::OCTET_STRING, &[value])])
}

fn authority_key_id(id: &[u8]) -> Vec<u8> {
    sequence(&[&encode(asn1::context_primitive(0), &[id])])
}

/// The key identifier: 160 bits of the key's SHA-256 (RFC 7093, 2, method 1).
fn key_id(public: &[u8]) -> Vec<u8> {
    muniment_record::Digest::of(public).as_bytes()[..20].to_vec()
}

fn spki(point: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[&oid_der(oid::EC_PUBLIC_KEY), &oid_der(oid::P256)]);
    sequence(&[&algorithm, &encode(asn1::BIT_STRING, &[&[0], point])])
}

fn oid_der(id: ObjectIdentifier) -> Vec<u8> {
    encode(asn1::OID, &[id.as_bytes()])
}

fn time(time: Timestamp) -> Vec<u8> {
    crate::time::to_asn1(time)
}

fn certificate_pem(certificate: &Certificate) -> String {
    pem::encode("CERTIFICATE", certificate.der())
}

fn no_randomness() -> Error {
    Error::Signer("there is no randomness".to_owned())
}
