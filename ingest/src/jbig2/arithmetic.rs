//! The arithmetic coder of ITU-T T.88, annex E.

/// A row of table E.1: probability, the next rows, and whether the sense of the more probable symbol changes.
struct State {
    probability: u32,
    after_more: u8,
    after_less: u8,
    switches: bool,
}

const fn state(probability: u32, after_more: u8, after_less: u8, switches: bool) -> State {
    State { probability, after_more, after_less, switches }
}

/// T.88, table E.1.
const STATES: [State; 47] = [
    state(0x5601, 1, 1, true),
    state(0x3401, 2, 6, false),
    state(0x1801, 3, 9, false),
    state(0x0ac1, 4, 12, false),
    state(0x0521, 5, 29, false),
    state(0x0221, 38, 33, false),
    state(0x5601, 7, 6, true),
    state(0x5401, 8, 14, false),
    state(0x4801, 9, 14, false),
    state(0x3801, 10, 14, false),
    state(0x3001, 11, 17, false),
    state(0x2401, 12, 18, false),
    state(0x1c01, 13, 20, false),
    state(0x1601, 29, 21, false),
    state(0x5601, 15, 14, true),
    state(0x5401, 16, 14, false),
    state(0x5101, 17, 15, false),
    state(0x4801, 18, 16, false),
    state(0x3801, 19, 17, false),
    state(0x3401, 20, 18, false),
    state(0x3001, 21, 19, false),
    state(0x2801, 22, 19, false),
    state(0x2401, 23, 20, false),
    state(0x2201, 24, 21, false),
    state(0x1c01, 25, 22, false),
    state(0x1801, 26, 23, false),
    state(0x1601, 27, 24, false),
    state(0x1401, 28, 25, false),
    state(0x1201, 29, 26, false),
    state(0x1101, 30, 27, false),
    state(0x0ac1, 31, 28, false),
    state(0x09c1, 32, 29, false),
    state(0x08a1, 33, 30, false),
    state(0x0521, 34, 31, false),
    state(0x0441, 35, 32, false),
    state(0x02a1, 36, 33, false),
    state(0x0221, 37, 34, false),
    state(0x0141, 38, 35, false),
    state(0x0111, 39, 36, false),
    state(0x0085, 40, 37, false),
    state(0x0049, 41, 38, false),
    state(0x0025, 42, 39, false),
    state(0x0015, 43, 40, false),
    state(0x0009, 44, 41, false),
    state(0x0005, 45, 42, false),
    state(0x0001, 45, 43, false),
    state(0x5601, 46, 46, false),
];

/// What is known of a context: its row of the table, and the more probable symbol in the highest bit.
type Context = u8;

/// The encoder, with the registers of figure E.2.
pub(super) struct Encoder {
    contexts: Vec<Context>,
    interval: u32,
    code: u32,
    /// Shifts until a byte is complete.
    left: u32,
    /// Bytes written; the first stands for the one before the data and is dropped.
    bytes: Vec<u8>,
}

impl Encoder {
    /// INITENC, figure E.10.
    pub(super) fn new(contexts: usize) -> Self {
        Self { contexts: vec![0; contexts], interval: 0x8000, code: 0, left: 12, bytes: vec![0] }
    }

    /// ENCODE, figures E.3 to E.7.
    #[inline]
    pub(super) fn put(&mut self, context: usize, symbol: u8) {
        let known = self.contexts[context];
        let (row, more) = (known & 0x7f, known >> 7);
        let state = &STATES[usize::from(row)];
        self.interval -= state.probability;
        if symbol == more {
            if self.interval & 0x8000 != 0 {
                self.code += state.probability;
                return;
            }
            if self.interval < state.probability {
                self.interval = state.probability;
            } else {
                self.code += state.probability;
            }
            self.contexts[context] = state.after_more | more << 7;
        } else {
            if self.interval < state.probability {
                self.code += state.probability;
            } else {
                self.interval = state.probability;
            }
            let more = if state.switches { 1 - more } else { more };
            self.contexts[context] = state.after_less | more << 7;
        }
        self.renormalise();
    }

    /// Puts one symbol so many times.
    pub(super) fn put_run(&mut self, context: usize, symbol: u8, count: u32) {
        let mut left = count;
        while left > 0 {
            let known = self.contexts[context];
            let probability = STATES[usize::from(known & 0x7f)].probability;
            // So many of the more probable symbol take their part of the interval and nothing else happens.
            let plain = ((self.interval - 0x8000) / probability).min(left - 1);
            if symbol == known >> 7 && plain > 0 {
                self.interval -= plain * probability;
                self.code += plain * probability;
                left -= plain;
            }
            self.put(context, symbol);
            left -= 1;
        }
    }

    /// RENORME, figure E.8, in as large steps as bytes allow.
    fn renormalise(&mut self) {
        let mut shifts = self.interval.leading_zeros() - 16;
        self.interval <<= shifts;
        while shifts >= self.left {
            self.code <<= self.left;
            shifts -= self.left;
            self.byte_out();
        }
        self.code <<= shifts;
        self.left -= shifts;
    }

    /// BYTEOUT, figure E.9.
    fn byte_out(&mut self) {
        let last = self.bytes.last().copied().unwrap_or(0);
        if last == 0xff {
            self.stuffed();
        } else if self.code < 0x800_0000 {
            self.plain();
        } else {
            if let Some(last) = self.bytes.last_mut() {
                *last += 1;
            }
            if last == 0xfe {
                self.code &= 0x7ff_ffff;
                self.stuffed();
            } else {
                self.plain();
            }
        }
    }

    fn stuffed(&mut self) {
        self.bytes.push((self.code >> 20 & 0xff) as u8);
        self.code &= 0xf_ffff;
        self.left = 7;
    }

    fn plain(&mut self) {
        self.bytes.push((self.code >> 19 & 0xff) as u8);
        self.code &= 0x7_ffff;
        self.left = 8;
    }

    /// FLUSH, figure E.11, with the marker that every decoder accepts as the end.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let upper = self.code + self.interval;
        self.code |= 0xffff;
        if self.code >= upper {
            self.code -= 0x8000;
        }
        self.code <<= self.left;
        self.byte_out();
        self.code <<= self.left;
        self.byte_out();
        if self.bytes.last() != Some(&0xff) {
            self.bytes.push(0xff);
        }
        self.bytes.push(0xac);
        self.bytes.remove(0);
        self.bytes
    }
}
