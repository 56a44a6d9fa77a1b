//! Finds the lines of a page in the order in which they are read.
//!
//! Ink on a mask of about 150 dpi -> connected components -> letters chained to lines -> marks attached -> order. Rules,
//! frames and what is too large for a letter are left out on the way.

mod chain;
mod components;
mod mask;
mod order;

use crate::page::{Area, Picture};

/// Resolution of the mask, about.
const MASK_DPI: f32 = 150.0;

/// The areas of the lines of a page in reading order, in pixels of the page.
pub(crate) fn lines(page: &Picture<'_>) -> Vec<Area> {
    let factor = (page.dpi / MASK_DPI).round().clamp(1.0, 8.0) as usize;
    let unit = page.dpi / factor as f32 / MASK_DPI;
    let mut mask = mask::Mask::of(page, factor);
    mask.drop_rules(unit);
    let found = components::find(&mask);
    let lines = chain::lines(&found, unit);
    let ordered = order::reading_order(lines);
    let scale = factor as f32;
    let to_page = |line: Frame| Area {
        left: line.left as f32 * scale,
        top: line.top as f32 * scale,
        right: line.right as f32 * scale,
        bottom: line.bottom as f32 * scale,
    };
    ordered.into_iter().map(to_page).collect()
}

/// A rectangle in pixels of the mask; right and bottom are not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) right: i32,
    pub(crate) bottom: i32,
}

impl Frame {
    pub(crate) fn width(&self) -> i32 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> i32 {
        self.bottom - self.top
    }

    /// Rows that both have.
    pub(crate) fn rows_shared(&self, other: &Self) -> i32 {
        self.bottom.min(other.bottom) - self.top.max(other.top)
    }

    /// Columns between the two; negative where they overlap.
    pub(crate) fn gap(&self, other: &Self) -> i32 {
        self.left.max(other.left) - self.right.min(other.right)
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}
