/// How often each symbol occurs.
pub(super) struct Frequencies([u32; 256]);

impl Default for Frequencies {
    fn default() -> Self {
        Self([0; 256])
    }
}

/// A Huffman table as a file carries it, and the codes that follow from it.
pub(super) struct Table {
    /// Symbols of each code length from 1 to 16.
    pub(super) counts: [u8; 16],
    /// The symbols by increasing code length.
    pub(super) symbols: Vec<u8>,
    codes: [(u16, u8); 256],
}

impl Frequencies {
    pub(super) fn count(&mut self, symbol: u8) {
        let count = &mut self.0[usize::from(symbol)];
        *count = count.saturating_add(1);
    }

    /// The best table with no code over 16 bits and none of only ones (T.81, K.2).
    pub(super) fn table(self) -> Table {
        // Symbol 256 takes the code of only ones.
        let mut frequencies: Vec<u64> = self.0.iter().map(|&count| u64::from(count)).collect();
        frequencies.push(1);
        let lengths = lengths(&frequencies);
        let counts = limited(&lengths);
        let mut by_length: Vec<usize> = (0..256).filter(|&symbol| frequencies[symbol] > 0).collect();
        by_length.sort_by_key(|&symbol| (lengths[symbol], symbol));
        Table::new(counts, by_length.into_iter().map(|symbol| symbol as u8).collect())
    }
}

/// The code length of every symbol in an unlimited Huffman tree; 0 for those that do not occur.
fn lengths(frequencies: &[u64]) -> Vec<usize> {
    let mut trees: Vec<(u64, Vec<usize>)> = frequencies
        .iter()
        .enumerate()
        .filter(|&(_, &count)| count > 0)
        .map(|(symbol, &count)| (count, vec![symbol]))
        .collect();
    let mut lengths = vec![0; frequencies.len()];
    if trees.len() == 1 {
        lengths[trees[0].1[0]] = 1;
    }
    while trees.len() > 1 {
        trees.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.cmp(&a.1)));
        let (Some(least), Some(next)) = (trees.pop(), trees.pop()) else { break };
        let mut members = least.1;
        members.extend(next.1);
        members.iter().for_each(|&symbol| lengths[symbol] += 1);
        trees.push((least.0 + next.0, members));
    }
    lengths
}

/// The number of codes of each length after cutting to 16 bits, without the reserved code (T.81, figure K.3).
fn limited(lengths: &[usize]) -> [u8; 16] {
    let longest = lengths.iter().copied().max().unwrap_or(0).max(16);
    let mut counts = vec![0_u16; longest + 1];
    lengths.iter().filter(|&&length| length > 0).for_each(|&length| counts[length] += 1);
    for length in (17..=longest).rev() {
        while counts[length] > 0 {
            let mut shorter = length - 2;
            while counts[shorter] == 0 {
                shorter -= 1;
            }
            counts[length] -= 2;
            counts[length - 1] += 1;
            counts[shorter + 1] += 2;
            counts[shorter] -= 1;
        }
    }
    if let Some(last) = (1..=16).rev().find(|&length| counts[length] > 0) {
        counts[last] -= 1;
    }
    let mut limited = [0; 16];
    for (to, &from) in limited.iter_mut().zip(&counts[1..]) {
        *to = u8::try_from(from).unwrap_or(u8::MAX);
    }
    limited
}

impl Table {
    /// Assigns codes in order (T.81, annex C).
    fn new(counts: [u8; 16], symbols: Vec<u8>) -> Self {
        let mut codes = [(0, 0); 256];
        let (mut code, mut at) = (0_u32, 0);
        for (length, &count) in (1_u8..).zip(&counts) {
            for _ in 0..count {
                if let Some(&symbol) = symbols.get(at) {
                    codes[usize::from(symbol)] = (u16::try_from(code).unwrap_or(u16::MAX), length);
                }
                code += 1;
                at += 1;
            }
            code <<= 1;
        }
        Self { counts, symbols, codes }
    }

    /// The code of a symbol and its length.
    pub(super) fn code(&self, symbol: u8) -> (u16, u8) {
        self.codes[usize::from(symbol)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_prefix_free_and_at_most_sixteen_bits_long() {
        let mut frequencies = Frequencies::default();
        // Fibonacci numbers give the deepest tree.
        let (mut a, mut b) = (1, 1);
        for symbol in 0..40 {
            frequencies.0[symbol] = a;
            (a, b) = (b, a + b);
        }
        let table = frequencies.table();
        assert_eq!(table.symbols.len(), 40);
        assert_eq!(table.counts.iter().map(|&count| usize::from(count)).sum::<usize>(), 40);
        let kraft: u32 =
            (1_u32..).zip(&table.counts).map(|(length, &count)| u32::from(count) << (16 - length)).sum();
        assert!(kraft < 1 << 16, "the code of only ones is taken");
    }
}
