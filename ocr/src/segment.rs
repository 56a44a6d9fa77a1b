//! Finds the lines of a page in the order in which they are read.
//!
//! Ink on a mask of about 150 dpi -> connected components -> letters chained to lines -> marks attached -> order. Rules,
//! frames and what is too large for a letter are left out on the way.

mod bridge;
mod cells;
mod chain;
mod components;
mod dots;
mod mask;
mod order;
mod rows;

use crate::page::{Area, Picture};

/// Resolution of the mask, about.
const MASK_DPI: f32 = 150.0;

/// What is to be read of a page.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The areas of its lines in reading order, in pixels of the page.
    pub(crate) lines: Vec<Area>,
    /// What lies in them and is no text: the dots of dotted lines.
    pub(crate) blanks: Vec<Area>,
}

/// Finds the lines of a page.
pub(crate) fn lines(page: &Picture<'_>) -> Found {
    let factor = (page.dpi / MASK_DPI).round().clamp(1.0, 8.0) as usize;
    let unit = page.dpi / factor as f32 / MASK_DPI;
    let mut mask = mask::Mask::of(page, factor);
    let rules = mask.drop_rules(unit);
    let mut found = components::find(&mask);
    found.retain(|component| !rules.have_rest(&component.frame));
    let (level, rules) = (rules.level_frames(), rules.upright);
    let (lines, dotted) = chain::lines(&found, &rules, unit);
    let lines = bridge::bridged(lines, &rules, &mask);
    let scale = factor as f32;
    let to_page = |frame: Frame| Area {
        left: frame.left as f32 * scale,
        top: frame.top as f32 * scale,
        right: frame.right as f32 * scale,
        bottom: frame.bottom as f32 * scale,
    };
    Found {
        lines: order::reading_order(lines, &dotted.lines, &rules, &level).into_iter().map(to_page).collect(),
        blanks: dotted.dots.into_iter().map(to_page).collect(),
    }
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
