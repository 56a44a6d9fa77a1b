//! Finding what lies near without looking at all of a page.

use super::Frame;

/// Frames by the rows that they fill, so that those near one are found without looking at all.
#[derive(Debug, Default)]
pub(super) struct Rows {
    bands: Vec<Vec<usize>>,
}

impl Rows {
    /// Rows of a band, more than a letter is away from its marks.
    const BAND: i32 = 64;

    pub(super) fn add(&mut self, number: usize, frame: &Frame) {
        for band in Self::bands_of(frame, 0) {
            if self.bands.len() <= band {
                self.bands.resize(band + 1, Vec::new());
            }
            if self.bands[band].last() != Some(&number) {
                self.bands[band].push(number);
            }
        }
    }

    /// The numbers of the frames in the same rows, and in those a band above and below.
    pub(super) fn near(&self, frame: &Frame) -> Vec<usize> {
        let bands = Self::bands_of(frame, 1).filter_map(|band| self.bands.get(band));
        let mut near: Vec<usize> = bands.flatten().copied().collect();
        near.sort_unstable();
        near.dedup();
        near
    }

    fn bands_of(frame: &Frame, around: i32) -> impl Iterator<Item = usize> {
        let (first, last) = (frame.top / Self::BAND - around, (frame.bottom - 1) / Self::BAND + around);
        (first.max(0)..=last.max(0)).filter_map(|band| usize::try_from(band).ok())
    }
}
