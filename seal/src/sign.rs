use std::ops::Range;

use muniment_record::{Digest, SignerRole};
use ring::digest::{Context, SHA256};

use crate::pdf::{Dictionary, Document, Id, Object, Update, hex_digits, text_to};
use crate::stamp::Stamp;
use crate::{Certificate, Error, Scheme, SealRequest, Signer, TimestampAuthority, cms, time};

/// Bytes of a signature beside its certificates. A verifier counts on it: it is never changed.
pub(crate) const CMS_OVERHEAD: usize = 1024;
/// Bytes by which one token may be longer than another of the same authority, as signature values are.
pub(crate) const TOKEN_SLACK: usize = 256;
/// Widths of the three numbers in `/ByteRange` that are filled in last.
const NUMBER_WIDTH: usize = 10;

/// Signs a PDF (PAdES B-B, ETSI EN 319 142-1) as an incremental update: the given bytes stay as they are.
///
/// # Errors
///
/// Where the PDF cannot be read or the key cannot be used.
pub fn sign(pdf: &[u8], request: &SealRequest, signer: &dyn Signer) -> Result<Vec<u8>, Error> {
    let preparation = Preparation::new(pdf, request, signer.chain(), signer.scheme(), 0)?;
    let value = signer.sign(preparation.message())?;
    preparation.finish(&value, None)
}

/// Signs as [`sign`] and adds a timestamp over the signature (PAdES B-T), which the authority is asked for at the
/// request's time.
///
/// # Errors
///
/// As [`sign`], and [`Error::Timestamp`] where no good timestamp was to be had; then nothing was signed.
pub fn sign_with_timestamp(
    pdf: &[u8],
    request: &SealRequest,
    signer: &dyn Signer,
    authority: &dyn TimestampAuthority,
) -> Result<Vec<u8>, Error> {
    let mut room = Preparation::TIMESTAMP_ROOM;
    loop {
        let preparation = Preparation::new(pdf, request, signer.chain(), signer.scheme(), room)?;
        let value = signer.sign(preparation.message())?;
        let token = authority.stamp(&Digest::of(&value), request.signed_at)?;
        if token.der().len() <= room {
            return preparation.finish(&value, Some(token.der()));
        }
        if room != Preparation::TIMESTAMP_ROOM {
            return Err(Error::Timestamp("the token is longer than the one before it".to_owned()));
        }
        room = token.der().len() + TOKEN_SLACK;
    }
}

/// A PDF that is ready but for the signature value, so that a key can sign somewhere else.
#[derive(Debug)]
pub struct Preparation {
    file: Vec<u8>,
    /// Where `/Contents` stands, delimiters included.
    gap: Range<usize>,
    attributes: Vec<u8>,
    chain: Vec<Certificate>,
    scheme: Scheme,
}

impl Preparation {
    /// Bytes kept for a timestamp: a token with two certificates of RSA-4096 keys has about 6,000. A verifier counts on it:
    /// it is never changed.
    pub const TIMESTAMP_ROOM: usize = 8192;

    /// Writes everything but the signature value. `reserve` is room for a timestamp, in bytes: none without one, otherwise
    /// [`TIMESTAMP_ROOM`](Self::TIMESTAMP_ROOM), or for a longer token a little more than its length. A verifier takes a
    /// signature with other room for one from which something was taken away.
    ///
    /// # Errors
    ///
    /// Where the PDF cannot be read, the font lacks a letter of the visible text, or the chain is empty.
    pub fn new(
        pdf: &[u8],
        request: &SealRequest,
        chain: &[Certificate],
        scheme: Scheme,
        reserve: usize,
    ) -> Result<Self, Error> {
        let certificate = chain.first().ok_or(Error::Credential("a certificate chain"))?;
        let certificates: usize = chain.iter().map(|certificate| certificate.der().len()).sum();
        let (mut file, mut place) = write_revision(pdf, request, certificates + CMS_OVERHEAD + reserve)?;
        place.fill_in_byte_range(&mut file)?;
        let gap = place.gap;
        let attributes = cms::signed_attributes(&digest_around(&file, &gap), certificate);
        Ok(Self { file, gap, attributes, chain: chain.to_vec(), scheme })
    }

    /// The message that the key signs: a few hundred bytes.
    pub fn message(&self) -> &[u8] {
        &self.attributes
    }

    /// Puts the signature value in, and a timestamp token over that value, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Signer`] where they need more room than was reserved.
    pub fn finish(mut self, value: &[u8], timestamp: Option<&[u8]>) -> Result<Vec<u8>, Error> {
        let cms = cms::assemble(&self.attributes, self.scheme, value, &self.chain, timestamp);
        let room = self.file.get_mut(self.gap.start + 1..self.gap.end - 1).unwrap_or_default();
        if cms.len() * 2 > room.len() {
            return Err(Error::Signer("the signature is longer than the room kept for it".to_owned()));
        }
        for (pair, byte) in room.chunks_exact_mut(2).zip(cms) {
            pair.copy_from_slice(&hex_digits(byte));
        }
        Ok(self.file)
    }
}

/// The digest of all bytes but the gap.
fn digest_around(file: &[u8], gap: &Range<usize>) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    context.update(file.get(..gap.start).unwrap_or_default());
    context.update(file.get(gap.end..).unwrap_or_default());
    context.finish().as_ref().to_vec()
}

/// Where the open parts of a new signature dictionary stand.
struct Place {
    byte_range: usize,
    gap: Range<usize>,
}

impl Place {
    fn fill_in_byte_range(&mut self, file: &mut [u8]) -> Result<(), Error> {
        let after = file.len() - self.gap.end;
        let numbers = format!(
            "{:<NUMBER_WIDTH$} {:<NUMBER_WIDTH$} {:<NUMBER_WIDTH$}",
            self.gap.start, self.gap.end, after
        );
        let room = file.get_mut(self.byte_range..self.byte_range + numbers.len());
        match room {
            Some(room) if numbers.len() == 3 * NUMBER_WIDTH + 2 => {
                room.copy_from_slice(numbers.as_bytes());
                Ok(())
            }
            _ => Err(Error::Pdf("it is too large to be signed")),
        }
    }
}

/// Writes the update with an empty signature.
fn write_revision(pdf: &[u8], request: &SealRequest, room: usize) -> Result<(Vec<u8>, Place), Error> {
    let document = Document::open(pdf).map_err(|flaw| flaw.error())?;
    if document.is_encrypted() {
        return Err(Error::Password);
    }
    let mut update = Update::new(&document).map_err(|flaw| flaw.error())?;
    let (page_id, page) = document.first_page().ok_or(Error::Pdf("it has no pages"))?;
    let stamp = Stamp::new(&document, &page, request)?;
    let appearance = stamp.write(&mut update)?;
    let (body, byte_range, contents) = signature_dictionary(request, room);
    let signature = update.add(body);
    let base = match request.role {
        SignerRole::Officer => OFFICER_FIELD,
        SignerRole::Agency | SignerRole::Issuer => AGENCY_FIELD,
    };
    let name = free_name(&document, base);
    let field = update.add(field_dictionary(&name, signature, page_id, &stamp, appearance));
    add_annotation(&document, &mut update, page_id, field)?;
    add_field(&document, &mut update, field)?;
    let updated =
        update.finish(Digest::of(request.name().as_bytes()).as_bytes()).map_err(|flaw| flaw.error())?;
    let start =
        updated.places.get(&signature.number).copied().ok_or(Error::Pdf("the update is incomplete"))?;
    let gap = start + contents.start..start + contents.end;
    Ok((updated.bytes, Place { byte_range: start + byte_range, gap }))
}

/// The name of the agency's signature field; a further one gets a number.
pub(crate) const AGENCY_FIELD: &str = "AgencySeal";
/// The name of the officer's signature field; a further one gets a number.
pub(crate) const OFFICER_FIELD: &str = "OfficerSignature";
/// The name that marks a signature dictionary as Muniment's (ISO 32000-1, 12.8.1, Prop_Build).
pub(crate) const SOFTWARE: &str = "Muniment";

/// The signature dictionary (ISO 32000-1, 12.8.1) with the places of the numbers of `/ByteRange` and of `/Contents`.
fn signature_dictionary(request: &SealRequest, room: usize) -> (Vec<u8>, usize, Range<usize>) {
    let mut body =
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [0 ".to_vec();
    let byte_range = body.len();
    body.resize(byte_range + 3 * NUMBER_WIDTH + 2, b' ');
    body.extend_from_slice(b"] /Contents ");
    let start = body.len();
    body.push(b'<');
    body.resize(body.len() + room * 2, b'0');
    body.push(b'>');
    let contents = start..body.len();
    body.extend_from_slice(format!(" /M ({}) /Name ", time::to_pdf(request.signed_at)).as_bytes());
    text_to(request.name(), &mut body);
    let version = env!("CARGO_PKG_VERSION");
    body.extend_from_slice(
        format!(" /Prop_Build << /App << /Name /{SOFTWARE} /REx ({version}) >> >> >>").as_bytes(),
    );
    (body, byte_range, contents)
}

/// The signature field and its widget in one (ISO 32000-1, 12.7.4.5): printed and locked.
fn field_dictionary(name: &str, signature: Id, page: Id, stamp: &Stamp, appearance: Id) -> Vec<u8> {
    let [left, bottom, right, top] = stamp.rectangle();
    format!(
        "<< /Type /Annot /Subtype /Widget /FT /Sig /T ({name}) /V {} 0 R /P {} {} R /F 132 \
         /Rect [{left:.2} {bottom:.2} {right:.2} {top:.2}] /AP << /N {} 0 R >> >>",
        signature.number, page.number, page.generation, appearance.number
    )
    .into_bytes()
}

/// The first of `Name`, `Name2`, `Name3`, ... that no field has.
fn free_name(document: &Document<'_>, base: &str) -> String {
    let form = document.catalog().and_then(|catalog| document.get_dictionary(&catalog, "AcroForm"));
    let fields = form.and_then(|form| document.get(&form, "Fields"));
    let fields = fields.as_ref().and_then(Object::array).unwrap_or_default();
    let is_taken = |name: &str| {
        fields.iter().any(|field| {
            let field = document.resolve(field);
            let taken = field.as_ref().and_then(Object::dictionary).and_then(|field| field.get("T"));
            matches!(taken, Some(Object::String(text)) if text.bytes == name.as_bytes())
        })
    };
    let mut name = base.to_owned();
    let mut number = 2;
    while is_taken(&name) {
        name = format!("{base}{number}");
        number += 1;
    }
    name
}

fn add_annotation(
    document: &Document<'_>,
    update: &mut Update<'_, '_>,
    page: Id,
    field: Id,
) -> Result<(), Error> {
    const BROKEN: Error = Error::Pdf("its first page is damaged");
    let object = document.object(page).ok_or(BROKEN)?;
    let mut dictionary = object.dictionary().ok_or(BROKEN)?.clone();
    let mut annotations = list(document, &dictionary, "Annots")?;
    annotations.push(Object::Reference(field));
    dictionary.set("Annots", Object::Array(annotations));
    update.put_dictionary(page, &dictionary);
    Ok(())
}

fn add_field(document: &Document<'_>, update: &mut Update<'_, '_>, field: Id) -> Result<(), Error> {
    const BROKEN: Error = Error::Pdf("its catalog is damaged");
    let root = document.root_id().ok_or(BROKEN)?;
    let mut catalog = document.catalog().ok_or(BROKEN)?;
    let mut form = document.get_dictionary(&catalog, "AcroForm").unwrap_or_default();
    let mut fields = list(document, &form, "Fields")?;
    fields.push(Object::Reference(field));
    form.set("Fields", Object::Array(fields));
    // SignaturesExist and AppendOnly (ISO 32000-1, table 219)
    form.set("SigFlags", Object::Integer(3));
    let mut is_catalog_changed = add_extension(document, &mut catalog);
    match catalog.get("AcroForm").and_then(Object::reference) {
        Some(id) => update.put_dictionary(id, &form),
        None => {
            catalog.set("AcroForm", Object::Dictionary(form));
            is_catalog_changed = true;
        }
    }
    if is_catalog_changed {
        update.put_dictionary(root, &catalog);
    }
    Ok(())
}

/// Declares ETSI's extension of PDF 1.7, where the sub-filter comes from (ETSI EN 319 142-1, 5.6). Whether it was new.
fn add_extension(document: &Document<'_>, catalog: &mut Dictionary) -> bool {
    let mut extensions = document.get_dictionary(catalog, "Extensions").unwrap_or_default();
    if extensions.get("ESIC").is_some() {
        return false;
    }
    let mut extension = Dictionary::default();
    extension.set("BaseVersion", Object::Name(b"1.7".to_vec()));
    extension.set("ExtensionLevel", Object::Integer(1));
    extensions.set("ESIC", Object::Dictionary(extension));
    catalog.set("Extensions", Object::Dictionary(extensions));
    true
}

fn list(document: &Document<'_>, dictionary: &Dictionary, key: &str) -> Result<Vec<Object>, Error> {
    match document.get(dictionary, key) {
        None | Some(Object::Null) => Ok(Vec::new()),
        Some(Object::Array(items)) => Ok(items),
        Some(_) => Err(Error::Pdf("a list in it is damaged")),
    }
}
