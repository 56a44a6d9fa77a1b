//! Quarter turns by which a page that was laid wrongly is seen upright.

use crate::raster::Orientation;

/// How far a page is turned clockwise to be seen upright: what `/Rotate` says (ISO 32000-1, 7.7.3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Not at all.
    #[default]
    None,
    /// A quarter to the right.
    Right,
    /// Upside down.
    Over,
    /// A quarter to the left.
    Left,
}

impl Turn {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::None, Self::Right, Self::Over, Self::Left];

    /// Degrees clockwise.
    pub(crate) const fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Right => 90,
            Self::Over => 180,
            Self::Left => 270,
        }
    }

    /// The same for pixels.
    pub(crate) const fn orientation(self) -> Orientation {
        Orientation::from_exif(match self {
            Self::None => 1,
            Self::Right => 6,
            Self::Over => 3,
            Self::Left => 8,
        })
    }

    /// A measure across and one down, as they are after the turn, or before it.
    pub(crate) fn swapped<T>(self, across: T, down: T) -> (T, T) {
        match self {
            Self::None | Self::Over => (across, down),
            Self::Right | Self::Left => (down, across),
        }
    }

    /// Where the point `(x, y)` of an upright page of this size, counted from its top left, was before the turn.
    pub(crate) fn before(self, (x, y): (f32, f32), (width, height): (f32, f32)) -> (f32, f32) {
        match self {
            Self::None => (x, y),
            Self::Right => (y, width - x),
            Self::Over => (width - x, height - y),
            Self::Left => (height - y, x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Gray;

    #[test]
    fn pixels_and_points_turn_alike() {
        let samples: Vec<u8> = (0..12).collect();
        for turn in Turn::ALL {
            let page = Gray { width: 3, height: 4, dpi: 100, samples: samples.clone() };
            let upright = page.oriented(turn.orientation());
            let size = (upright.width as f32, upright.height as f32);
            for (at, &sample) in (0_u16..).zip(&upright.samples) {
                let width = upright.width as u16;
                let point = (f32::from(at % width) + 0.5, f32::from(at / width) + 0.5);
                let (x, y) = turn.before(point, size);
                assert_eq!(sample, (y as u8) * 3 + x as u8, "{turn:?} at {point:?}");
            }
        }
    }
}
