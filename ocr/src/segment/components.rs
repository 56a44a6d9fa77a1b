//! Ink that hangs together.

use super::Frame;
use super::mask::Mask;

/// A piece of ink.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Component {
    pub(crate) frame: Frame,
    /// Its pixels.
    pub(crate) pixels: u32,
}

/// The components of a mask, eight neighbours a pixel, by their left edges.
pub(crate) fn find(mask: &Mask) -> Vec<Component> {
    let mut parents: Vec<u32> = Vec::new();
    let mut pieces: Vec<Component> = Vec::new();
    let (mut above, mut here) = (Vec::<(u32, u32, u32)>::new(), Vec::new());
    for (y, runs) in mask.rows.iter().enumerate() {
        here.clear();
        let mut first = 0;
        for &(from, to) in runs {
            let label = parents.len() as u32;
            parents.push(label);
            pieces.push(Component {
                frame: Frame { left: from as i32, top: y as i32, right: to as i32, bottom: y as i32 + 1 },
                pixels: to - from,
            });
            while above.get(first).is_some_and(|run| run.1 < from) {
                first += 1;
            }
            for run in above[first..].iter().take_while(|run| run.0 <= to) {
                join(&mut parents, label, run.2);
            }
            here.push((from, to, label));
        }
        std::mem::swap(&mut above, &mut here);
    }
    let mut whole: Vec<Option<Component>> = vec![None; pieces.len()];
    for (label, piece) in pieces.iter().enumerate() {
        let root = root(&mut parents, label as u32) as usize;
        whole[root] = Some(whole[root].map_or(*piece, |known| Component {
            frame: known.frame.union(&piece.frame),
            pixels: known.pixels + piece.pixels,
        }));
    }
    let mut found: Vec<Component> = whole.into_iter().flatten().collect();
    found.sort_unstable_by_key(|component| (component.frame.left, component.frame.top));
    found
}

pub(super) fn root(parents: &mut [u32], mut label: u32) -> u32 {
    while parents[label as usize] != label {
        let above = parents[label as usize];
        parents[label as usize] = parents[above as usize];
        label = above;
    }
    label
}

/// The older of two stays.
pub(super) fn join(parents: &mut [u32], one: u32, other: u32) {
    let (one, other) = (root(parents, one), root(parents, other));
    parents[one.max(other) as usize] = one.min(other);
}
