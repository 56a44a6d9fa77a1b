//! Where the ink is.

use crate::page::{INK, Picture};

/// A run of ink this long is a rule or dark ground, not a letter (0.6 inches at 150 dpi).
const RULE: f32 = 90.0;

/// Ink in rows, as runs.
#[derive(Debug)]
pub(crate) struct Mask {
    /// By row, from left to right: first column, and the one behind the last.
    pub(crate) rows: Vec<Vec<(u32, u32)>>,
}

impl Mask {
    /// The ink of a page, the mean of `factor` by `factor` pixels to one.
    pub(crate) fn of(page: &Picture<'_>, factor: usize) -> Self {
        let width = page.width / factor;
        let most = u32::from(INK) * (factor * factor) as u32;
        let mut sums = vec![0_u16; page.width];
        let mut rows = Vec::with_capacity(page.height / factor);
        for strip in page.samples.chunks_exact(page.width * factor) {
            sums.fill(0);
            for row in strip.chunks_exact(page.width) {
                sums.iter_mut().zip(row).for_each(|(sum, &sample)| *sum += u16::from(sample));
            }
            let mut runs = Vec::new();
            let mut start = None;
            for (column, group) in sums.chunks_exact(factor).enumerate() {
                let is_ink = group.iter().map(|&sum| u32::from(sum)).sum::<u32>() < most;
                match (is_ink, start) {
                    (true, None) => start = Some(column as u32),
                    (false, Some(from)) => {
                        runs.push((from, column as u32));
                        start = None;
                    }
                    _ => {}
                }
            }
            if let Some(from) = start {
                runs.push((from, width as u32));
            }
            rows.push(runs);
        }
        Self { rows }
    }

    /// Drops rules: runs that are too long for letters.
    pub(crate) fn drop_rules(&mut self, unit: f32) {
        let least = (RULE * unit) as u32;
        for runs in &mut self.rows {
            runs.retain(|(from, to)| to - from < least);
        }
    }
}
