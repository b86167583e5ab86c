//! The part of structured fields (RFC 9651) that signatures need, read strictly: what is odd is not read at all.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A value without its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bare {
    Text(String),
    Integer(i64),
    Bytes(Vec<u8>),
    /// A token, a boolean, a decimal or a date: none of them has a place in a signature of ours.
    Other,
}

pub(super) type Parameters<'a> = Vec<(&'a str, Bare)>;

/// One signature that a request says it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Input<'a> {
    pub label: &'a str,
    /// Every component; one with parameters of its own is none that we know, and is kept as none.
    pub components: Vec<Option<String>>,
    pub parameters: Parameters<'a>,
    /// All of it after the label, as it was received.
    pub raw: &'a str,
}

impl Input<'_> {
    pub fn parameter(&self, name: &str) -> Option<&Bare> {
        self.parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// A `signature-input` header; none if anything about it is malformed, or anything in it is there twice.
pub(super) fn inputs(text: &str) -> Option<Vec<Input<'_>>> {
    let inputs = dictionary(text, |cursor, label| {
        let from = cursor.at;
        let components = cursor.components()?;
        let parameters = cursor.parameters()?;
        Some(Input { label, components, parameters, raw: cursor.text.get(from..cursor.at)? })
    })?;
    unique(inputs.iter().map(|input| input.label)).then_some(inputs)
}

/// A header of byte sequences by label: `signature`, `content-digest`.
pub(super) fn sequences(text: &str) -> Option<Vec<(&str, Vec<u8>)>> {
    let sequences = dictionary(text, |cursor, label| {
        let Bare::Bytes(bytes) = cursor.bare()? else { return None };
        cursor.parameters()?;
        Some((label, bytes))
    })?;
    unique(sequences.iter().map(|(label, _)| *label)).then_some(sequences)
}

fn unique<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair.first() != pair.last())
}

fn dictionary<'a, T>(
    text: &'a str,
    mut member: impl FnMut(&mut Cursor<'a>, &'a str) -> Option<T>,
) -> Option<Vec<T>> {
    let mut cursor = Cursor { text: text.trim_matches([' ', '\t']), at: 0 };
    let mut members = Vec::new();
    loop {
        let label = cursor.key()?;
        cursor.expect(b'=')?;
        members.push(member(&mut cursor, label)?);
        cursor.skip(|byte| byte == b' ' || byte == b'\t');
        if cursor.is_at_end() {
            return Some(members);
        }
        cursor.expect(b',')?;
        cursor.skip(|byte| byte == b' ' || byte == b'\t');
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.takes(byte).then_some(())
    }

    /// Everything from here on that is such, at once.
    fn skip(&mut self, is: impl Fn(u8) -> bool) -> &'a str {
        let from = self.at;
        while self.peek().is_some_and(&is) {
            self.at += 1;
        }
        self.text.get(from..self.at).unwrap_or_default()
    }

    fn key(&mut self) -> Option<&'a str> {
        self.peek().filter(|byte| byte.is_ascii_lowercase() || *byte == b'*')?;
        let of_key = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.' | b'*')
        };
        Some(self.skip(of_key))
    }

    /// `("@method" "@path";req)`
    fn components(&mut self) -> Option<Vec<Option<String>>> {
        self.expect(b'(')?;
        let mut components = Vec::new();
        loop {
            let spaces = self.skip(|byte| byte == b' ');
            if self.takes(b')') {
                return Some(components);
            }
            if spaces.is_empty() && !components.is_empty() {
                return None;
            }
            let Bare::Text(name) = self.bare()? else { return None };
            let is_plain = self.parameters()?.is_empty();
            components.push(is_plain.then_some(name));
        }
    }

    /// `;created=1;nonce="n"`; one that is there twice is refused, though the standard lets the last one count.
    fn parameters(&mut self) -> Option<Parameters<'a>> {
        let mut parameters = Parameters::new();
        while self.takes(b';') {
            self.skip(|byte| byte == b' ');
            let name = self.key()?;
            let value = if self.takes(b'=') { self.bare()? } else { Bare::Other };
            parameters.push((name, value));
        }
        unique(parameters.iter().map(|(name, _)| *name)).then_some(parameters)
    }

    fn bare(&mut self) -> Option<Bare> {
        match self.peek()? {
            b'"' => self.string().map(Bare::Text),
            b':' => self.bytes().map(Bare::Bytes),
            b'-' | b'0'..=b'9' => self.number(),
            b'?' => {
                self.next()?;
                self.next().filter(|byte| matches!(byte, b'0' | b'1')).map(|_| Bare::Other)
            }
            b'@' => {
                self.next()?;
                self.number().filter(|date| matches!(date, Bare::Integer(_))).map(|_| Bare::Other)
            }
            byte if byte.is_ascii_alphabetic() || byte == b'*' => {
                self.skip(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte));
                Some(Bare::Other)
            }
            _ => None,
        }
    }

    fn string(&mut self) -> Option<String> {
        self.expect(b'"')?;
        let mut text = String::new();
        loop {
            match self.next()? {
                b'"' => return Some(text),
                b'\\' => text.push(self.next().filter(|byte| matches!(byte, b'"' | b'\\'))?.into()),
                byte @ 0x20..=0x7e => text.push(byte.into()),
                _ => return None,
            }
        }
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        self.expect(b':')?;
        let text = self.skip(|byte| byte != b':');
        self.expect(b':')?;
        STANDARD.decode(text).ok()
    }

    fn number(&mut self) -> Option<Bare> {
        let from = self.at;
        self.takes(b'-');
        let whole = self.skip(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 15 {
            return None;
        }
        if self.takes(b'.') {
            let rest = self.skip(|byte| byte.is_ascii_digit());
            return (1..=3).contains(&rest.len()).then_some(Bare::Other);
        }
        self.text.get(from..self.at)?.parse().ok().map(Bare::Integer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_strictly() {
        let cases = [
            ("one", r#"a=("@method" "@path");created=7;nonce="n\"";keyid=token;alg"#, Some(1)),
            ("two, with space around the comma", r#"a=("x") ,  b=();c=?1;d=1.5;e=@7;f=:AA==:"#, Some(2)),
            ("a component with a parameter", r#"a=("@query-param";name="x" "y")"#, Some(1)),
            ("empty", "", None),
            ("no list", "a=1", None),
            ("an open list", r#"a=("x""#, None),
            ("components that touch", r#"a=("x""y")"#, None),
            ("a tab between components", "a=(\"x\"\t\"y\")", None),
            ("a component that is no string", "a=(x)", None),
            ("an open string", r#"a=("x"#, None),
            ("an odd escape", r#"a=("\x")"#, None),
            ("the same label twice", "a=(),a=()", None),
            ("the same parameter twice", "a=();b=1;b=2", None),
            ("a parameter in capitals", "a=();B=1", None),
            ("a parameter without a value", "a=();b=", None),
            ("a comma at the end", "a=(),", None),
            ("something after the end", "a=() b", None),
            ("a number that is too long", "a=();b=1234567890123456", None),
            ("a sign without a number", "a=();b=-", None),
        ];
        for (desc, text, expected) in cases {
            assert_eq!(inputs(text).map(|inputs| inputs.len()), expected, "{desc}");
        }
        let read = inputs(r#"sig=("a" "b";req);created=-7;nonce="x\"y", other=()"#).unwrap();
        assert_eq!(read[0].components, [Some("a".to_owned()), None]);
        assert_eq!(read[0].parameter("created"), Some(&Bare::Integer(-7)));
        assert_eq!(read[0].parameter("nonce"), Some(&Bare::Text("x\"y".to_owned())));
        assert_eq!(read[0].raw, r#"("a" "b";req);created=-7;nonce="x\"y""#);
    }

    #[test]
    fn byte_sequences_have_one_spelling() {
        let cases = [
            ("one", "a=:AAE=:", Some(vec![("a", vec![0, 1])])),
            ("with a parameter", "a=:AA==:;b=1", Some(vec![("a", vec![0])])),
            ("none", "a=::", Some(vec![("a", vec![])])),
            ("without padding", "a=:AAE:", None),
            ("with bits after the end", "a=:AAF=:", None),
            ("of another alphabet", "a=:__8=:", None),
            ("an open end", "a=:AAE=", None),
            ("a string", "a=\"AAE=\"", None),
            ("twice", "a=:AA==:, a=:AA==:", None),
        ];
        for (desc, text, expected) in cases {
            assert_eq!(sequences(text), expected, "{desc}");
        }
    }
}
