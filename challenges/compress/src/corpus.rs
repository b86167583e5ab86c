//! The corpora: bytes with the kinds of order that bytes in the world have, new with every seed.

use agon_sdk::Dice;

/// A corpus of exactly so many bytes.
pub fn make(kind: &str, bytes: usize, dice: &mut Dice) -> Vec<u8> {
    let mut corpus = match kind {
        "text" => text(bytes, dice),
        "records" => records(bytes, dice),
        "waves" => waves(bytes, dice),
        "noise" => noise(bytes, dice),
        _ => panic!("there is no corpus {kind:?}"),
    };
    corpus.truncate(bytes);
    corpus
}

/// Sentences in a language of its own: few words are frequent, and some phrases return.
fn text(bytes: usize, dice: &mut Dice) -> Vec<u8> {
    let words: Vec<String> = (0..600).map(|_| word(dice)).collect();
    let mut text = String::new();
    let mut phrases: Vec<String> = Vec::new();
    while text.len() < bytes {
        if !phrases.is_empty() && dice.chance(6) {
            text.push_str(dice.pick::<String>(&phrases));
        } else {
            let count = 3 + dice.below(5);
            let chosen: Vec<&str> = (0..count).map(|_| words[rank(dice, words.len())].as_str()).collect();
            phrases.push(chosen.join(" "));
            text.push_str(&phrases[phrases.len() - 1]);
        }
        text.push_str(*dice.pick(&[", ", ", ", ". ", ". ", ".\n"]));
    }
    text.into_bytes()
}

/// A place in a list, the first ones by far the most likely.
fn rank(dice: &mut Dice, count: usize) -> usize {
    let end = dice.skewed(count as u64) + 1;
    dice.skewed(end) as usize
}

fn word(dice: &mut Dice) -> String {
    const ONSETS: [&str; 14] = ["b", "br", "d", "f", "g", "k", "l", "m", "n", "p", "s", "st", "t", "v"];
    const VOWELS: [&str; 7] = ["a", "e", "i", "o", "u", "ai", "ou"];
    let syllables = 1 + dice.skewed(4);
    (0..syllables).map(|_| format!("{}{}", dice.pick(&ONSETS), dice.pick(&VOWELS))).collect()
}

/// Lines of a log: fields of fixed width, rising times, few hosts, paths and codes.
fn records(bytes: usize, dice: &mut Dice) -> Vec<u8> {
    let hosts: Vec<String> = (0..12).map(|_| word(dice)).collect();
    let paths: Vec<String> = (0..20).map(|_| format!("/{}/{}", word(dice), word(dice))).collect();
    let mut time = dice.below(1 << 30);
    let mut lines = String::new();
    while lines.len() < bytes {
        time += dice.skewed(90);
        let host = &hosts[dice.skewed(12) as usize];
        let path = &paths[dice.skewed(20) as usize];
        let code = dice.pick(&[200, 200, 200, 200, 304, 404, 500]);
        let size = dice.skewed(50_000);
        lines.push_str(&format!("{time:012},{host:<12},GET,{path:<20},{code},{size:08}\n"));
    }
    lines.into_bytes()
}

/// A measured value: two slow triangle waves, held for a few samples, with a little noise.
fn waves(bytes: usize, dice: &mut Dice) -> Vec<u8> {
    let triangle = |at: u64, period: u64, height: u64| (at % period).abs_diff(period / 2) * height / period;
    let (slow, fast) = (700 + dice.below(900), 90 + dice.below(120));
    let mut samples = Vec::new();
    while samples.len() < bytes {
        let at = samples.len() as u64;
        let value = 20 + triangle(at, slow, 300) + triangle(at, fast, 80) + dice.below(3);
        samples.resize(samples.len() + 3 + dice.below(5) as usize, value as u8);
    }
    samples
}

/// Hardly any order: one byte in eight repeats the one 64 places before.
fn noise(bytes: usize, dice: &mut Dice) -> Vec<u8> {
    let mut noise: Vec<u8> = Vec::with_capacity(bytes);
    for at in 0..bytes {
        let fresh = dice.word() as u8;
        let repeats = at >= 64 && dice.chance(8);
        noise.push(if repeats { noise[at - 64] } else { fresh });
    }
    noise
}
