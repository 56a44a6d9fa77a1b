//! A digitised document as PDF/A-2u: catalogue, pages, structure, one font, one output intent.

use std::io::{self, Write};

use super::file::{Id, PdfFile, text_string};
use super::font::{Characters, program};
use super::icc::srgb;
use super::text::{ASCENT, PlacedLine, content, number};
use super::xmp;
use crate::bits::Bits;
use crate::jbig2;
use crate::raster::Raster;

/// An image as a stream that PDF readers decode.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EncodedImage {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// `DeviceGray` or `DeviceRGB`; `None` for a mask painted with the colour in force.
    pub(crate) colours: Option<&'static str>,
    pub(crate) bits: u8,
    /// The filter and its parameters, as dictionary entries.
    pub(crate) filter: &'static str,
    pub(crate) data: Vec<u8>,
}

impl EncodedImage {
    /// The JPEG that a raster became.
    pub(crate) fn jpeg(raster: &Raster, data: Vec<u8>) -> Self {
        Self {
            width: raster.width,
            height: raster.height,
            colours: Some(raster.channels.colour_space()),
            bits: 8,
            filter: "/Filter/DCTDecode",
            data,
        }
    }

    /// Bits, as JBIG2: an image in a colour space, or a mask.
    pub(crate) fn jbig2(bits: &Bits, colours: Option<&'static str>) -> Self {
        Self {
            width: bits.width,
            height: bits.height,
            colours,
            bits: 1,
            filter: "/Filter/JBIG2Decode",
            data: jbig2::encode(bits),
        }
    }
}

/// Something that is painted on a page, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layer {
    pub(crate) image: EncodedImage,
    /// Where: the matrix from the unit square to points.
    pub(crate) matrix: [f32; 6],
    /// The mask through which it is painted.
    pub(crate) mask: Option<EncodedImage>,
    /// The colour of a mask that is painted itself, 0 to 255 each.
    pub(crate) ink: Option<[u8; 3]>,
}

impl Layer {
    /// Bytes of its image and mask.
    pub(crate) fn bytes(&self) -> usize {
        self.image.data.len() + self.mask.as_ref().map_or(0, |mask| mask.data.len())
    }
}

/// A page ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WrittenPage {
    /// Size in points.
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) layers: Vec<Layer>,
    pub(crate) lines: Vec<PlacedLine>,
    /// How readers turn the page, clockwise: 0, 90, 180 or 270 degrees.
    pub(crate) rotate: u16,
}

/// A document while it is written.
pub(crate) struct Document<W: Write> {
    file: PdfFile<W>,
    title: String,
    characters: Characters,
    catalogue: Id,
    page_tree: Id,
    structure: Id,
    body: Id,
    font: Id,
    pages: Vec<Id>,
    sections: Vec<Id>,
    /// The array of structure elements of each page.
    parents: Vec<Id>,
}

/// The language that documents are written in.
const LANGUAGE: &str = "vi";

impl<W: Write> Document<W> {
    pub(crate) fn create(out: W, title: &str) -> io::Result<Self> {
        let mut file = PdfFile::create(out)?;
        let [catalogue, page_tree, structure, body, font] = [(); 5].map(|()| file.reserve());
        Ok(Self {
            file,
            title: title.to_owned(),
            characters: Characters::default(),
            catalogue,
            page_tree,
            structure,
            body,
            font,
            pages: Vec::new(),
            sections: Vec::new(),
            parents: Vec::new(),
        })
    }

    /// Appends a page.
    pub(crate) fn page(&mut self, page: &WrittenPage) -> io::Result<()> {
        // The pictures are marked as artifacts (ISO 32000-1, 14.8.2.2.2): what they show is said by the text.
        let mut stream = "/Artifact BMC\n".to_owned();
        let mut images = String::new();
        for (index, layer) in page.layers.iter().enumerate() {
            let id = self.layer(layer)?;
            images.push_str(&format!("/I{index} {id}"));
            let matrix: Vec<String> = layer.matrix.iter().map(|&value| number(value)).collect();
            let ink = layer.ink.map(|ink| {
                let [r, g, b] = ink.map(|value| format!("{:.3}", f32::from(value) / 255.0));
                format!("{r} {g} {b} rg ")
            });
            stream.push_str(&format!("q {}{} cm/I{index} Do Q\n", ink.unwrap_or_default(), matrix.join(" ")));
        }
        stream.push_str("EMC\n");
        let mut text = Vec::new();
        let paragraphs = content(&page.lines, &mut self.characters, &mut text);
        let mut stream = stream.into_bytes();
        if paragraphs > 0 {
            stream.extend_from_slice(b"3 Tr\n");
            stream.extend(text);
        }
        let contents = self.file.reserve();
        self.file.deflated(contents, "", &stream)?;

        let id = self.file.reserve();
        let number_in_tree = self.pages.len();
        let font = if paragraphs > 0 { format!("/Font<</F {}>>", self.font) } else { String::new() };
        let rotate = if page.rotate == 0 { String::new() } else { format!("/Rotate {}", page.rotate) };
        let body = format!(
            "<</Type/Page/Parent {}/MediaBox[0 0 {} {}]/Contents {contents}/Resources<</XObject<<{images}>>{font}>>\
             /StructParents {number_in_tree}/Tabs/S{rotate}>>",
            self.page_tree,
            number(page.width),
            number(page.height),
        );
        self.file.object(id, body)?;
        self.structure_of_page(id, paragraphs)?;
        self.pages.push(id);
        Ok(())
    }

    /// The section of a page and its paragraphs (ISO 32000-1, 14.7).
    fn structure_of_page(&mut self, page: Id, paragraphs: usize) -> io::Result<()> {
        let section = self.file.reserve();
        let mut elements = String::new();
        for paragraph in 0..paragraphs {
            let element = self.file.reserve();
            self.file.object(element, format!("<</S/P/P {section}/Pg {page}/K {paragraph}>>"))?;
            elements.push_str(&format!("{element} "));
        }
        let list = format!("[{}]", elements.trim_end());
        self.file.object(section, format!("<</S/Sect/P {}/Pg {page}/K{list}>>", self.body))?;
        let parents = self.file.reserve();
        self.file.object(parents, list)?;
        self.sections.push(section);
        self.parents.push(parents);
        Ok(())
    }

    fn layer(&mut self, layer: &Layer) -> io::Result<Id> {
        let mask = match &layer.mask {
            Some(mask) => format!("/Mask {}", self.image(mask, "")?),
            None => String::new(),
        };
        self.image(&layer.image, &mask)
    }

    fn image(&mut self, image: &EncodedImage, mask: &str) -> io::Result<Id> {
        let id = self.file.reserve();
        let kind = match image.colours {
            Some(colours) => format!("/ColorSpace/{colours}"),
            None => "/ImageMask true".to_owned(),
        };
        let entries = format!(
            "/Type/XObject/Subtype/Image/Width {}/Height {}/BitsPerComponent {}{kind}{}{mask}",
            image.width, image.height, image.bits, image.filter
        );
        self.file.stream(id, &entries, &image.data)?;
        Ok(id)
    }

    /// Writes what belongs to the whole document and ends the file.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.font()?;
        let kids = self.pages.iter().map(|id| format!("{id} ")).collect::<String>();
        let page_tree = format!("<</Type/Pages/Count {}/Kids[{}]>>", self.pages.len(), kids.trim_end());
        self.file.object(self.page_tree, page_tree)?;

        let numbers = self.file.reserve();
        let list = self.parents.iter().enumerate().map(|(page, id)| format!("{page} {id} "));
        let list = list.collect::<String>();
        self.file.object(numbers, format!("<</Nums[{}]>>", list.trim_end()))?;
        let sections = self.sections.iter().map(|id| format!("{id} ")).collect::<String>();
        let body = format!("<</S/Document/P {}/K[{}]>>", self.structure, sections.trim_end());
        self.file.object(self.body, body)?;
        let structure = format!(
            "<</Type/StructTreeRoot/K {}/ParentTree {numbers}/ParentTreeNextKey {}>>",
            self.body,
            self.parents.len()
        );
        self.file.object(self.structure, structure)?;

        let profile = self.file.reserve();
        self.file.deflated(profile, "/N 3", &srgb())?;
        let metadata = self.file.reserve();
        let producer = software();
        // ISO 19005-2, 6.6.2.1: the packet is not compressed by custom, so that anybody can read it.
        self.file.stream(
            metadata,
            "/Type/Metadata/Subtype/XML",
            &xmp::packet(&self.title, LANGUAGE, &producer),
        )?;
        let information = self.file.reserve();
        let title = text_string(&self.title);
        // ISO 19005-2, 6.6.2.3: what stands in both places is equal.
        self.file.object(information, format!("<</Title{title}/Producer{}>>", text_string(&producer)))?;
        let catalogue = format!(
            "<</Type/Catalog/Pages {}/Metadata {metadata}/StructTreeRoot {}/MarkInfo<</Marked true>>/Lang({LANGUAGE})\
             /ViewerPreferences<</DisplayDocTitle true>>/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1\
             /OutputConditionIdentifier(sRGB)/Info(sRGB)/DestOutputProfile {profile}>>]>>",
            self.page_tree, self.structure
        );
        self.file.object(self.catalogue, catalogue)?;
        self.file.finish(self.catalogue, information)
    }

    /// The font without shapes, where text was written.
    fn font(&mut self) -> io::Result<()> {
        let [descendant, descriptor, file, glyphs, to_unicode] = [(); 5].map(|()| self.file.reserve());
        let program = program();
        self.file.deflated(file, &format!("/Length1 {}", program.len()), &program)?;
        self.file.deflated(glyphs, "", &self.characters.glyphs())?;
        self.file.deflated(to_unicode, "", &self.characters.to_unicode())?;
        let name = "AAAAAA+Glyphless";
        let ascent = (ASCENT * 1000.0).round();
        let descriptor_body = format!(
            "<</Type/FontDescriptor/FontName/{name}/Flags 5/FontBBox[0 -220 1000 {ascent}]/ItalicAngle 0\
             /Ascent {ascent}/Descent -220/CapHeight {ascent}/StemV 80/FontFile2 {file}>>"
        );
        self.file.object(descriptor, descriptor_body)?;
        let descendant_body = format!(
            "<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)\
             /Supplement 0>>/FontDescriptor {descriptor}/DW 500/W{}/CIDToGIDMap {glyphs}>>",
            self.characters.widths()
        );
        self.file.object(descendant, descendant_body)?;
        let body = format!(
            "<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/DescendantFonts[{descendant}]\
             /ToUnicode {to_unicode}>>"
        );
        self.file.object(self.font, body)
    }
}

/// The program and version, as provenance and producer say it.
pub(crate) fn software() -> String {
    concat!("muniment-ingest ", env!("CARGO_PKG_VERSION")).to_owned()
}
