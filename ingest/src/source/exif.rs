//! The three Exif facts that matter for a page: orientation and resolution (Exif 2.32, 4.6.4; TIFF 6.0).

use crate::raster::Orientation;

/// What an Exif block says about a page; anything unreadable counts as absent, for it is a hint only.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Exif {
    /// Tag 274.
    pub(crate) orientation: Option<Orientation>,
    /// Tags 282, 283 and 296, in dots an inch.
    pub(crate) dpi: Option<(f32, f32)>,
}

/// The most entries that are looked at in the first directory.
const MOST_ENTRIES: u16 = 256;

impl Exif {
    /// Reads the block that follows `Exif\0\0`.
    pub(crate) fn read(block: &[u8]) -> Self {
        Self::try_read(block).unwrap_or_default()
    }

    fn try_read(block: &[u8]) -> Option<Self> {
        let reader = Reader {
            block,
            little: match block.get(..2)? {
                b"II" => true,
                b"MM" => false,
                _ => return None,
            },
        };
        let directory = reader.long(4)?;
        let count = reader.short(directory)?.min(MOST_ENTRIES);
        let (mut orientation, mut x, mut y, mut unit) = (None, None, None, 2);
        for index in 0..u32::from(count) {
            let entry = directory.checked_add(2)?.checked_add(index * 12)?;
            let value = entry.checked_add(8)?;
            match reader.short(entry)? {
                274 => orientation = reader.short(value),
                282 => x = reader.rational(reader.long(value)?),
                283 => y = reader.rational(reader.long(value)?),
                296 => unit = reader.short(value)?,
                _ => {}
            }
        }
        let inches = if unit == 3 { 2.54 } else { 1.0 };
        Some(Self {
            orientation: orientation.map(Orientation::from_exif),
            dpi: x.zip(y).map(|(x, y)| (x * inches, y * inches)),
        })
    }
}

struct Reader<'a> {
    block: &'a [u8],
    little: bool,
}

impl Reader<'_> {
    fn bytes<const N: usize>(&self, at: u32) -> Option<[u8; N]> {
        let at = usize::try_from(at).ok()?;
        self.block.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn short(&self, at: u32) -> Option<u16> {
        let bytes = self.bytes(at)?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn long(&self, at: u32) -> Option<u32> {
        let bytes = self.bytes(at)?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn rational(&self, at: u32) -> Option<f32> {
        let (above, below) = (self.long(at)?, self.long(at.checked_add(4)?)?);
        (below != 0).then(|| above as f32 / below as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orientation_and_resolution_are_read_from_both_byte_orders() {
        let mut little = b"II*\0\x08\0\0\0\x02\0".to_vec();
        little.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
        little.extend(b"\x1a\x01\x05\0\x01\0\0\0\x00\x00\0\0");
        assert_eq!(Exif::read(&little).orientation, Some(Orientation::from_exif(6)));
        let mut big = b"MM\0*\0\0\0\x08\0\x01".to_vec();
        big.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x03\0\0");
        assert_eq!(Exif::read(&big).orientation, Some(Orientation::from_exif(3)));
    }

    #[test]
    fn a_block_cut_anywhere_is_no_fact_and_no_panic() {
        let block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        for length in 0..block.len() {
            Exif::read(&block[..length]);
        }
    }
}
