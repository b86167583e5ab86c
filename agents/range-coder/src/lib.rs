//! Turns bits and their probabilities into bytes and back. A likely bit takes less than one bit of output.
//!
//! Both directions implement [`Coder`], so a model is written once: it hands over the bit that it wants to write and
//! continues with the bit that comes back. When reading, the bit that was handed over is ignored.

/// Writes or reads bits.
pub trait Coder {
    /// `one` is the probability that the bit is 1, in 65,536ths, from 1 to 65,535.
    fn code(&mut self, bit: u32, one: u32) -> u32;
}

/// The interval of 32-bit numbers that all bits so far have left over.
struct Interval {
    low: u32,
    high: u32,
}

impl Interval {
    const WHOLE: Self = Self { low: 0, high: u32::MAX };

    /// The last number of the part that stands for a 1.
    fn middle(&self, one: u32) -> u32 {
        self.low + ((u64::from(self.high - self.low) * u64::from(one)) >> 16) as u32
    }

    fn narrow(&mut self, bit: u32, middle: u32) {
        match bit {
            1 => self.high = middle,
            _ => self.low = middle + 1,
        }
    }

    /// Whether the first byte is decided; if so it is shifted out.
    fn shift(&mut self) -> Option<u8> {
        let first = (self.high >> 24) as u8;
        if (self.low ^ self.high) >> 24 != 0 {
            return None;
        }
        self.low <<= 8;
        self.high = self.high << 8 | 0xff;
        Some(first)
    }
}

pub struct Encoder {
    interval: Interval,
    bytes: Vec<u8>,
}

impl Encoder {
    /// An encoder that appends to these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { interval: Interval::WHOLE, bytes }
    }

    /// One more byte, continued by zeros when it is read, names a number inside the interval.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.push((self.interval.high >> 24) as u8);
        self.bytes
    }
}

impl Coder for Encoder {
    fn code(&mut self, bit: u32, one: u32) -> u32 {
        let middle = self.interval.middle(one);
        self.interval.narrow(bit, middle);
        while let Some(byte) = self.interval.shift() {
            self.bytes.push(byte);
        }
        bit
    }
}

pub struct Decoder<'a> {
    interval: Interval,
    /// The part of the input that lies in the interval.
    value: u32,
    bytes: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut decoder = Self { interval: Interval::WHOLE, value: 0, bytes };
        (0..4).for_each(|_| decoder.take());
        decoder
    }

    fn take(&mut self) {
        let (byte, rest) = self.bytes.split_first().map_or((0, self.bytes), |(byte, rest)| (*byte, rest));
        self.value = self.value << 8 | u32::from(byte);
        self.bytes = rest;
    }
}

impl Coder for Decoder<'_> {
    fn code(&mut self, _ignored: u32, one: u32) -> u32 {
        let middle = self.interval.middle(one);
        let bit = u32::from(self.value <= middle);
        self.interval.narrow(bit, middle);
        while self.interval.shift().is_some() {
            self.take();
        }
        bit
    }
}
