/// A generator of pseudo-random numbers (SplitMix64): the same seed gives the same numbers on every machine and with every
/// version of every library. Not for secrets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Random(u64);

impl Random {
    /// Starts the stream that belongs to `seed` and a place in its run.
    pub(crate) fn new(seed: u64, place: u64) -> Self {
        let mut random = Self(seed);
        let mixed = random.next() ^ place.wrapping_mul(0xd134_2543_de82_ef95);
        Self(mixed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn whole(&mut self, low: u32, high: u32) -> u32 {
        let span = u64::from(high.saturating_sub(low)) + 1;
        let offset = ((self.next() >> 32) * span) >> 32;
        low + u32::try_from(offset).unwrap_or(0)
    }

    /// A number from `low` up to `high`.
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        let unit = self.whole(0, 0x00ff_ffff) as f32 / 16_777_216.0;
        low + (high - low) * unit
    }

    /// Whether something that happens once in `times` happens now.
    pub(crate) fn once_in(&mut self, times: u32) -> bool {
        self.whole(1, times) == 1
    }

    /// An element of `choices`, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let last = u32::try_from(choices.len().saturating_sub(1)).unwrap_or(u32::MAX);
        &choices[self.whole(0, last) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_the_same_from_version_to_version() {
        let mut random = Random::new(7, 0);
        let drawn: Vec<u32> = (0..5).map(|_| random.whole(1, 1000)).collect();
        assert_eq!(drawn, [722, 650, 550, 605, 349]);
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let mut random = Random::new(1, 2);
        for _ in 0..1000 {
            assert!((3..=5).contains(&random.whole(3, 5)));
            assert!((-1.5..1.5).contains(&random.between(-1.5, 1.5)));
        }
        assert_eq!(random.whole(9, 9), 9);
    }
}
