/// Collects bits, highest first, stuffing a zero byte after each 0xff (T.81, F.1.2.3).
pub(super) struct BitWriter<'a> {
    file: &'a mut Vec<u8>,
    buffer: u64,
    filled: u32,
}

impl<'a> BitWriter<'a> {
    pub(super) fn new(file: &'a mut Vec<u8>) -> Self {
        Self { file, buffer: 0, filled: 0 }
    }

    /// Appends the lowest `length` bits of `value`, at most 16.
    pub(super) fn put(&mut self, value: u32, length: u8) {
        self.buffer = self.buffer << length | u64::from(value);
        self.filled += u32::from(length);
        while self.filled >= 8 {
            self.filled -= 8;
            let byte = (self.buffer >> self.filled & 0xff) as u8;
            self.file.push(byte);
            if byte == 0xff {
                self.file.push(0);
            }
        }
    }

    /// Fills the last byte with ones.
    pub(super) fn finish(mut self) {
        let missing = (8 - self.filled % 8) % 8;
        self.put((1 << missing) - 1, missing as u8);
    }
}
