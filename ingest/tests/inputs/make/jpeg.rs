//! JPEG (ITU-T T.81) of flat blocks: only DC coefficients, so that every frame type is a few lines.

use super::{COLOURS, GRAYS, Rgb, SIDE, quarter};

/// How a file is written.
#[derive(Clone)]
pub(crate) struct Jpeg {
    /// The second byte of the frame marker: 0xc0 baseline, 0xc2 progressive.
    pub(crate) frame: u8,
    pub(crate) precision: u8,
    /// The samples of a quarter, one a component.
    pub(crate) colours: [Vec<u8>; 4],
    /// The transform of an Adobe segment.
    pub(crate) adobe: Option<u8>,
    /// The orientation of an Exif segment.
    pub(crate) orientation: Option<u8>,
}

impl Jpeg {
    fn new(colours: [Vec<u8>; 4]) -> Self {
        Self { frame: 0xc0, precision: 8, colours, adobe: None, orientation: None }
    }

    /// Colour, as YCbCr.
    pub(crate) fn colour() -> Self {
        Self::new(COLOURS.map(|colour| ycc(colour).to_vec()))
    }

    /// Gray.
    pub(crate) fn gray() -> Self {
        Self::new(GRAYS.map(|gray| vec![gray[0]]))
    }

    /// CMYK whose ink is white where it is full, as Adobe writes it, with or without a transform to YCCK.
    pub(crate) fn cmyk(transform: u8) -> Self {
        let colours = COLOURS.map(|colour| match transform {
            // What is transformed is the ink that is left to lay down.
            2 => [&ycc(colour.map(|part| 255 - part))[..], &[255]].concat(),
            _ => [&colour[..], &[255]].concat(),
        });
        Self { adobe: Some(transform), ..Self::new(colours) }
    }

    /// The file.
    pub(crate) fn file(&self) -> Vec<u8> {
        let count = u8::try_from(self.colours[0].len()).unwrap();
        let side = u16::try_from(SIDE).unwrap().to_be_bytes();
        let mut file = vec![0xff, 0xd8];
        segment(&mut file, 0xe0, &[&b"JFIF\0\x01\x01\x01"[..], &[0, 100, 0, 100, 0, 0]].concat());
        if let Some(orientation) = self.orientation {
            let entry =
                [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", &[orientation][..], b"\0\0"].concat();
            segment(&mut file, 0xe1, &[b"Exif\0\0", &entry[..]].concat());
        }
        if let Some(transform) = self.adobe {
            segment(&mut file, 0xee, &[&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat());
        }
        segment(&mut file, 0xdb, &[&[0][..], &[1; 64]].concat());
        let components: Vec<u8> = (1..=count).flat_map(|id| [id, 0x11, 0]).collect();
        let header = [&[self.precision][..], &side, &side, &[count], &components].concat();
        segment(&mut file, self.frame, &header);
        // DC: twelve codes of four bits, for the categories 0 to 11. AC: the end of a block is one bit.
        let categories: Vec<u8> = (0..12).collect();
        segment(&mut file, 0xc4, &[&[0x00, 0, 0, 0, 12][..], &[0; 12], &categories].concat());
        segment(&mut file, 0xc4, &[&[0x10, 1][..], &[0; 15], &[0]].concat());
        let all: Vec<u8> = (1..=count).collect();
        if self.frame == 0xc2 {
            self.scan(&mut file, &all, (0, 0));
            all.iter().for_each(|id| self.scan(&mut file, &[*id], (1, 63)));
        } else {
            self.scan(&mut file, &all, (0, 63));
        }
        file.extend_from_slice(&[0xff, 0xd9]);
        file
    }

    /// A scan of the coefficients `band` of some components.
    fn scan(&self, file: &mut Vec<u8>, ids: &[u8], band: (u8, u8)) {
        let selectors: Vec<u8> = ids.iter().flat_map(|id| [*id, 0]).collect();
        let count = u8::try_from(ids.len()).unwrap();
        segment(file, 0xda, &[&[count][..], &selectors, &[band.0, band.1, 0]].concat());
        let mut bits = Bits::default();
        let mut before = [0; 4];
        for block in 0..(SIDE / 8) * (SIDE / 8) {
            let colour = &self.colours[quarter(block % (SIDE / 8) * 8, block / (SIDE / 8) * 8)];
            for id in ids {
                let at = usize::from(id - 1);
                if band.0 == 0 {
                    let level = 8 * (i32::from(colour[at]) - 128);
                    bits.difference(level - before[at]);
                    before[at] = level;
                }
                if band.1 > 0 {
                    bits.put(0, 1);
                }
            }
        }
        file.extend(bits.finish());
    }
}

fn segment(file: &mut Vec<u8>, marker: u8, content: &[u8]) {
    file.extend_from_slice(&[0xff, marker]);
    file.extend_from_slice(&u16::try_from(content.len() + 2).unwrap().to_be_bytes());
    file.extend_from_slice(content);
}

/// JFIF's YCbCr.
fn ycc([r, g, b]: Rgb) -> [u8; 3] {
    let [r, g, b] = [r, g, b].map(f32::from);
    let y = 0.299 * r + 0.587 * g + 0.114 * b;
    [y, 128.0 + (b - y) / 1.772, 128.0 + (r - y) / 1.402].map(|value| value.round() as u8)
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    waiting: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for at in (0..count).rev() {
            self.waiting = self.waiting << 1 | (value >> at & 1);
            self.count += 1;
            if self.count == 8 {
                let byte = u8::try_from(self.waiting).unwrap();
                self.bytes.push(byte);
                // T.81, B.1.1.5: a zero is stuffed behind 0xff.
                self.bytes.extend((byte == 0xff).then_some(0));
                (self.waiting, self.count) = (0, 0);
            }
        }
    }

    /// T.81, F.1.2.1: the category, and then the bits of the difference or of one less.
    fn difference(&mut self, value: i32) {
        let category = 32 - value.unsigned_abs().leading_zeros();
        self.put(category, 4);
        let bits = if value < 0 { value - 1 } else { value };
        self.put(bits.cast_unsigned() & ((1 << category) - 1), category);
    }

    fn finish(mut self) -> Vec<u8> {
        while self.count > 0 {
            self.put(1, 1);
        }
        self.bytes
    }
}
