//! What a token is and how likely each of its bits is, learnt from the tokens before it.

use range_coder::Coder;

pub const LENGTH_MIN: usize = 4;
pub const LENGTH_MAX: usize = LENGTH_MIN + 255;
/// Each bit moves its probability by this fraction of the error: 1 in 16.
const RATE: u32 = 4;

#[derive(Clone, Copy)]
pub enum Token {
    Literal(u8),
    Match { length: usize, distance: usize },
}

impl Token {
    pub fn length(self) -> usize {
        match self {
            Self::Literal(_) => 1,
            Self::Match { length, .. } => length,
        }
    }
}

/// The probabilities of a number of a fixed width, bit by bit from the top: each prefix has its own.
#[derive(Clone)]
struct Tree {
    ones: Vec<u16>,
    bits: u32,
}

impl Tree {
    fn new(bits: u32) -> Self {
        Self { ones: vec![1 << 15; 1 << bits], bits }
    }

    fn code(&mut self, coder: &mut impl Coder, number: u32) -> u32 {
        let mut prefix = 1;
        for place in (0..self.bits).rev() {
            let one = &mut self.ones[prefix as usize];
            let bit = coder.code(number >> place & 1, u32::from(*one).max(32));
            match bit {
                1 => *one += (u16::MAX - *one) >> RATE,
                _ => *one -= *one >> RATE,
            }
            prefix = prefix << 1 | bit;
        }
        prefix - (1 << self.bits)
    }
}

pub struct Model {
    is_match: Tree,
    /// By the byte before.
    literals: Vec<Tree>,
    length: Tree,
    /// How many bits the distance has; its first bit is always 1, the others are even odds.
    distance_bits: Tree,
}

impl Model {
    pub fn new() -> Self {
        Self {
            is_match: Tree::new(1),
            literals: vec![Tree::new(8); 256],
            length: Tree::new(8),
            distance_bits: Tree::new(5),
        }
    }

    /// Writes the token, or reads the one that is there.
    pub fn code(&mut self, coder: &mut impl Coder, before: Option<u8>, token: Token) -> Token {
        let (byte, length, distance) = match token {
            Token::Literal(byte) => (byte, 0, 1),
            Token::Match { length, distance } => (0, length, distance as u32),
        };
        if self.is_match.code(coder, u32::from(length > 0)) == 0 {
            let tree = &mut self.literals[usize::from(before.unwrap_or(0))];
            return Token::Literal(tree.code(coder, u32::from(byte)) as u8);
        }
        let length = self.length.code(coder, length.wrapping_sub(LENGTH_MIN) as u32 & 0xff);
        let bits = self.distance_bits.code(coder, distance.ilog2());
        let rest =
            (0..bits).rev().fold(1, |high, place| high << 1 | coder.code(distance >> place & 1, 1 << 15));
        Token::Match { length: length as usize + LENGTH_MIN, distance: rest as usize }
    }
}
