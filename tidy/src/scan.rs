//! Rust without its comments and strings, line for line, so that rules see code and nothing that looks like it.

/// The same lines: every character of a comment is a space, every one of a string or character literal is a `~`.
pub fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let (bytes, cover) = match (comment(rest), literal(rest, before)) {
            (Some(bytes), _) => (bytes, Some(' ')),
            (None, Some(bytes)) => (bytes, Some('~')),
            (None, None) => (next.len_utf8(), None),
        };
        let (taken, left) = rest.split_at(bytes);
        out.extend(taken.chars().map(|c| if c == '\n' { c } else { cover.unwrap_or(c) }));
        before = taken.chars().next_back().unwrap_or(' ');
        rest = left;
    }
    out
}

/// The index of the brace that closes the one at `open`; the end of the code if none does.
pub fn block_end(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return index;
        }
    }
    code.len()
}

/// The line in which a byte stands; the first is 1.
pub fn line_of(text: &str, index: usize) -> usize {
    text.bytes().take(index).filter(|byte| *byte == b'\n').count() + 1
}

/// The identifiers and keywords of a text with the indices at which they begin.
pub fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let parts = text.split(|c: char| !is_in_word(c));
    parts.filter(|word| !word.is_empty()).map(|word| (word.as_ptr().addr() - text.as_ptr().addr(), word))
}

pub fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// How long the comment is that begins here, if one does.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    let mut depth = 0_usize;
    let mut at = 0;
    while text.starts_with("/*") {
        let rest = &text.as_bytes()[at..];
        match rest {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            [] => return Some(at),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// How long the string or character literal is that begins here, if one does.
fn literal(text: &str, before: char) -> Option<usize> {
    match text.as_bytes().first()? {
        b'"' => Some(quoted(text)),
        b'\'' => character(text),
        b'r' | b'b' | b'c' if !is_in_word(before) => raw(text),
        _ => None,
    }
}

fn quoted(text: &str) -> usize {
    let mut escaped = true;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw(text: &str) -> Option<usize> {
    let marks =
        text.strip_prefix("br").or_else(|| text.strip_prefix("cr")).or_else(|| text.strip_prefix('r'))?;
    let body = marks.trim_start_matches('#');
    let hashes = &marks[..marks.len() - body.len()];
    let body = body.strip_prefix('"')?;
    let end = body.find(&format!("\"{hashes}")).map_or(body.len(), |at| at + 1 + hashes.len());
    Some(text.len() - body.len() + end)
}

/// A quote also begins a lifetime, which no second quote follows after one character.
fn character(text: &str) -> Option<usize> {
    let mut inside = text.char_indices().skip(1);
    let (_, first) = inside.next()?;
    let (second_at, second) = inside.next()?;
    if first == '\\' {
        let after_escaped = second_at + second.len_utf8();
        return text[after_escaped..].find('\'').map(|at| after_escaped + at + 1);
    }
    (second == '\'').then_some(second_at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(desc: &str, text: &str, expected: &str) {
        assert_eq!(code(text), expected, "{desc}");
    }

    #[test]
    fn comments_and_literals_are_covered_and_code_is_not() {
        check("a line comment", "a // {\nb", "a     \nb");
        check("a nested comment", "a /* /* { */\n} */ b", "a           \n     b");
        check("a comment in a string", r#"f("//", x)"#, "f(~~~~, x)");
        check("an escaped quote", r#"f("\"{", x)"#, "f(~~~~~, x)");
        check("an escaped backslash at the end", r#"f("\\") // }"#, "f(~~~~)     ");
        check("a raw string", r###"f(r#"a"{"#) }"###, "f(~~~~~~~~) }");
        check("a raw string of bytes", r#"f(br"\") }"#, "f(~~~~~) }");
        check("a raw identifier", "r#fn + r", "r#fn + r");
        check("a name before a string", r#"bar"{""#, "bar~~~");
        check("a brace as a character", "f('{') }", "f(~~~) }");
        check("a quote as a character", r"f('\'') }", "f(~~~~) }");
        check("an escaped code point", r"f('\u{7d}') }", "f(~~~~~~~~) }");
        check("lifetimes", "f<'a, 'b>(x: &'a str) {", "f<'a, 'b>(x: &'a str) {");
        check("a string over two lines", "f(\"a\n{\")", "f(~~\n~~)");
        check("a string without an end", "f(\"{", "f(~~");
        check("a comment without an end", "f /* {", "f     ");
    }

    #[test]
    fn a_block_ends_at_its_own_brace() {
        let code = "fn f() { if x { y } } z";
        assert_eq!(&code[7..=block_end(code, 7)], "{ if x { y } }");
        assert_eq!(block_end("{ {", 0), 3);
    }

    #[test]
    fn words_keep_their_places() {
        let found: Vec<_> = words("pub fn a_b(c: D)").collect();
        assert_eq!(found, [(0, "pub"), (4, "fn"), (7, "a_b"), (11, "c"), (14, "D")]);
        assert_eq!(line_of("a\nb\nc", 4), 3);
    }
}
