//! Fax coding (ITU-T T.4 and T.6) as TIFF holds it, which the TIFF reader does not decode.

use hayro_ccitt::{DecodeSettings, Decoder, DecoderContext, EncodingMode, decode};

/// Collects decoded rows as bytes, 0 black and 255 white, or the reverse.
struct Rows {
    width: usize,
    height: usize,
    black: u8,
    samples: Vec<u8>,
}

impl Decoder for Rows {
    fn push_row(&mut self, changes: &[u32]) {
        let start = self.samples.len();
        if start >= self.width * self.height {
            return;
        }
        self.samples.resize(start + self.width, !self.black);
        let Some(row) = self.samples.get_mut(start..) else {
            return;
        };
        for run in changes.chunks(2) {
            let from = usize::try_from(run[0]).unwrap_or(usize::MAX).min(row.len());
            let to =
                run.get(1).map_or(row.len(), |&to| usize::try_from(to).unwrap_or(usize::MAX).min(row.len()));
            if from < to {
                row[from..to].fill(self.black);
            }
        }
    }
}

/// How a strip is coded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coding {
    pub(crate) mode: EncodingMode,
    /// Whether rows start at byte boundaries: TIFF compression 2, or an option of T.4.
    pub(crate) aligned: bool,
    /// Whether end-of-line codes stand between rows: T.4.
    pub(crate) end_of_line: bool,
    /// The sample that stands for black.
    pub(crate) black: u8,
}

/// Decodes one strip of `width` x `height` pixels; what it does not cover stays white, and the rows that it does
/// cover are counted.
pub(crate) fn strip(data: &[u8], width: usize, height: usize, coding: Coding) -> (Vec<u8>, usize) {
    let mut rows = Rows { width, height, black: coding.black, samples: Vec::with_capacity(width * height) };
    let mut context = DecoderContext::new(DecodeSettings {
        columns: u32::try_from(width).unwrap_or(u32::MAX),
        rows: u32::try_from(height).unwrap_or(u32::MAX),
        end_of_block: true,
        end_of_line: coding.end_of_line,
        rows_are_byte_aligned: coding.aligned,
        encoding: coding.mode,
        strict: false,
    });
    // An error leaves the rows decoded so far: the caller judges by their number.
    let _ = decode(data, &mut rows, &mut context);
    let decoded = rows.samples.len().checked_div(width).unwrap_or(0);
    rows.samples.resize(width * height, !coding.black);
    (rows.samples, decoded)
}
