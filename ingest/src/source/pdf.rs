//! PDF that comes in: pages that are one scanned image are taken as that image, others are rendered.

mod bounds;
mod filter;
mod image;
mod survey;

use std::borrow::Cow;

use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use hayro_syntax::object::{Dict, Name, Object};
use hayro_syntax::page::Page;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf, PdfData};
use muniment_record::Form;

use super::PageImage;
use super::expand::{Skimmed, find};
use crate::raster::{Channels, Orientation, Raster, usize_of};
use crate::{Error, Limits};
use survey::{Complaints, Survey};

/// Resolution at which pages are rendered that are not one image.
const RENDER_DPI: f32 = 300.0;

/// An open PDF.
pub(crate) struct Reader {
    name: String,
    pdf: Pdf,
    limits: Limits,
}

impl Reader {
    /// Opens a PDF whose streams have been skimmed for what they expand to.
    ///
    /// # Errors
    ///
    /// A file that is cut, damaged or asks for a password.
    pub(crate) fn open(name: &str, data: impl Into<PdfData>, limits: &Limits) -> Result<Self, Error> {
        let data = data.into();
        let truncated = || Error::Truncated {
            name: name.to_owned(),
            detail: "the end-of-file marker is missing".to_owned(),
        };
        let bytes = data.as_ref();
        let is_cut = find(&bytes[bytes.len().saturating_sub(2048)..], b"%%EOF").is_none();
        let pdf = Pdf::new(data).map_err(|error| match error {
            LoadPdfError::Decryption(DecryptionError::PasswordProtected) => Error::Password(name.to_owned()),
            LoadPdfError::Decryption(_) => {
                Error::Unsupported { name: name.to_owned(), detail: "its encryption is not known".to_owned() }
            }
            LoadPdfError::Invalid if is_cut => truncated(),
            LoadPdfError::Invalid => {
                Error::Damaged { name: name.to_owned(), detail: "its structure cannot be read".to_owned() }
            }
        })?;
        if is_cut {
            // A reader that repairs files would show the pages before the cut as if they were all.
            return Err(truncated());
        }
        Ok(Self { name: name.to_owned(), pdf, limits: limits.clone() })
    }

    /// The number of pages.
    ///
    /// # Errors
    ///
    /// No page, or more than the limit.
    pub(crate) fn pages(&self) -> Result<u32, Error> {
        let pages = self.pdf.pages().len();
        match u32::try_from(pages) {
            Ok(0) => Err(Error::NoPages(self.name.clone())),
            Ok(pages) if pages <= self.limits.pages => Ok(pages),
            _ => Err(Error::TooManyPages {
                name: self.name.clone(),
                pages: u64::try_from(pages).unwrap_or(u64::MAX),
                limit: self.limits.pages,
            }),
        }
    }

    /// Says what is to be made of the file, after checking every object of it against the limits.
    ///
    /// A signature is a dictionary with a byte range and contents (ISO 32000-1, 12.8.1). `SigFlags` is not asked: signed
    /// files without it are common, and re-writing one would destroy the signature. A byte range that no object holds
    /// counts too, for a signature in a damaged file is still a signature.
    ///
    /// # Errors
    ///
    /// Streams that expand too far, images over the limit, and forms whose content is not in the pages (XFA).
    pub(crate) fn form(&self, skimmed: Skimmed) -> Result<Form, Error> {
        let (mut is_signed, mut is_encrypted) = (skimmed.has_byte_range, false);
        for object in self.pdf.objects() {
            match object {
                Object::Stream(stream) => {
                    super::within(&self.name, bounds::check(&self.name, &stream, &self.limits))?;
                    is_encrypted |= matches!(stream.raw_data(), Cow::Owned(_));
                }
                Object::Dict(dict) => {
                    is_signed |= is_signature(&dict);
                    self.check_xfa(&dict)?;
                }
                _ => {}
            }
        }
        if is_signed {
            return Ok(Form::SignedOriginal);
        }
        for index in 0..self.pages()? {
            if self.survey(index, Survey::quick)?.is_typed() {
                // An encrypted file is not for archives (ISO 19005-2, 6.1.13): what it shows is kept.
                return Ok(if is_encrypted { Form::Digitised } else { Form::BornDigital });
            }
        }
        Ok(Form::Digitised)
    }

    /// Refuses a catalogue with a dynamic form: its pages say that another program is needed (ISO 32000-2, 12.7.8).
    fn check_xfa(&self, dict: &Dict<'_>) -> Result<(), Error> {
        let is_dynamic = dict.get::<bool>("NeedsRendering") == Some(true)
            && dict.get::<Dict<'_>>("AcroForm").is_some_and(|form| form.contains_key("XFA"));
        if is_dynamic {
            return Err(Error::Unsupported {
                name: self.name.clone(),
                detail: "its content is a dynamic form (XFA), not pages".to_owned(),
            });
        }
        Ok(())
    }

    fn get(&self, index: u32) -> Result<&Page<'_>, Error> {
        self.pdf.pages().get(usize_of(index)).ok_or_else(|| Error::NoSuchPage(index.saturating_add(1)))
    }

    fn survey<'a>(
        &'a self,
        index: u32,
        look: impl FnOnce(&Page<'a>, u32, &Limits) -> Result<Survey, Error>,
    ) -> Result<Survey, Error> {
        let page = self.get(index)?;
        let survey = super::within(&self.name, look(page, index + 1, &self.limits))?;
        if survey.pixels > self.limits.page_pixels {
            return Err(Error::TooLarge {
                name: self.name.clone(),
                detail: format!("images of {} pixels on page {}", survey.pixels, index + 1),
            });
        }
        Ok(survey)
    }

    /// Page `index` (from 0) as an image: the one that it consists of, or a rendering.
    pub(crate) fn page(&self, index: u32) -> Result<PageImage, Error> {
        if let Some(image) = self.survey(index, Survey::of)?.whole_page_image() {
            return Ok(image);
        }
        let raster = self.render(index, Scale::Dpi(RENDER_DPI))?;
        Ok(PageImage {
            raster,
            dpi: Some((RENDER_DPI, RENDER_DPI)),
            bilevel: false,
            jpeg: None,
            orientation: Orientation::UPRIGHT,
        })
    }

    /// Renders page `index` (from 0) on white.
    pub(crate) fn render(&self, index: u32, scale: Scale) -> Result<Raster, Error> {
        let page = self.get(index)?;
        let (width, height) = page.render_dimensions();
        if !(1.0..=14_400.0).contains(&width) || !(1.0..=14_400.0).contains(&height) {
            return Err(Error::Damaged {
                name: self.name.clone(),
                detail: format!("page {} measures {width} x {height} points", index + 1),
            });
        }
        let factor = match scale {
            Scale::Dpi(dpi) => dpi / 72.0,
            // Half a pixel more, for the renderer rounds down.
            Scale::Width(pixels) => (pixels as f32 + 0.5) / width,
        };
        // The renderer counts pixels in 16 bits.
        let most = f32::from(u16::MAX - 1);
        let factor = factor.min(most / width).min(most / height);
        super::check_pixels(
            &self.name,
            (width * factor).ceil() as u32,
            (height * factor).ceil() as u32,
            &self.limits,
        )?;
        let complaints = Complaints::default();
        let pixmap = hayro::render(
            page,
            &RenderCache::new(),
            &complaints.settings(),
            &RenderSettings::default(),
            &PixmapSettings { x_scale: factor, y_scale: factor, bg_color: WHITE },
        );
        super::within(&self.name, complaints.check(index + 1))?;
        let samples: Vec<u8> = pixmap
            .data_as_u8_slice()
            .chunks_exact(4)
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect();
        Raster::new(&self.name, u32::from(pixmap.width()), u32::from(pixmap.height()), Channels::Rgb, samples)
    }

    /// The size of page `index` (from 0) in points, and the text that it holds, a line feed between lines.
    pub(crate) fn text(&self, index: u32) -> Result<((f32, f32), String), Error> {
        let size = self.get(index)?.render_dimensions();
        Ok((size, self.survey(index, Survey::quick)?.text()))
    }
}

/// How large a page is rendered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scale {
    /// In dots an inch.
    Dpi(f32),
    /// So wide, in pixels.
    Width(u32),
}

fn is_signature(dict: &Dict<'_>) -> bool {
    let holds_range = dict.contains_key("ByteRange") && dict.contains_key("Contents");
    let is_signed_field = dict.get::<Name<'_>>("FT").is_some_and(|kind| kind.as_str() == "Sig")
        && dict.get::<Dict<'_>>("V").is_some();
    holds_range || is_signed_field
}
