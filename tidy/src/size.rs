//! How long a file and a function may be: what does not fit on a few screens is two things.

use crate::scan::{block_end, code, line_of, words};
use crate::{Finding, Tree};

const RULE: &str = "size";
const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(|(path, text)| of_file(path, &code(text))).collect()
}

fn of_file(path: &str, code: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lines = lines_of_code(&without_tests(code));
    if lines > FILE_LINES_MAX {
        let advice = format!("{lines} lines of code, at most {FILE_LINES_MAX}: split it by noun");
        findings.push(Finding::new(path, 1, RULE, advice));
    }
    for function in functions(code).filter(|function| function.lines > FUNCTION_LINES_MAX) {
        let Function { name, line, lines } = function;
        let advice =
            format!("`{name}` has {lines} lines of code, at most {FUNCTION_LINES_MAX}: split it by step");
        findings.push(Finding::new(path, line, RULE, advice));
    }
    findings
}

/// Comments are blank in scanned code, so what is not blank is code.
fn lines_of_code(code: &str) -> usize {
    code.lines().filter(|line| !line.trim().is_empty()).count()
}

/// The code without the modules that only tests have, where their bodies stand in the same file.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::new();
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        let after = &rest[at + MARK.len()..];
        let head = after.find(['{', ';']).unwrap_or(after.len());
        let is_inline_module =
            words(&after[..head]).any(|(_, word)| word == "mod") && after[head..].starts_with('{');
        let end = if is_inline_module { (block_end(after, head) + 1).min(after.len()) } else { 0 };
        kept.push_str(&rest[..at]);
        rest = &after[end..];
    }
    kept + rest
}

struct Function<'a> {
    name: &'a str,
    line: usize,
    /// Lines of code between the braces.
    lines: usize,
}

fn functions(code: &str) -> impl Iterator<Item = Function<'_>> {
    let pairs = words(code).zip(words(code).skip(1));
    pairs.filter(|((_, word), _)| *word == "fn").filter_map(|((at, _), (name_at, name))| {
        // `fn(u8) -> u8` is a type.
        let is_named = code[at + "fn".len()..name_at].trim().is_empty();
        let open = body(code, name_at + name.len()).filter(|_| is_named)?;
        let inside = &code[open + 1..block_end(code, open).max(open + 1)];
        Some(Function { name, line: line_of(code, at), lines: lines_of_code(inside) })
    })
}

/// Where the body of a function begins, if it has one: a semicolon may end its signature, but not within brackets.
fn body(code: &str, from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'{' if depth == 0 => return Some(index),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::finds;

    const PATH: &str = "crates/x/src/board.rs";

    fn function(lines: usize) -> String {
        format!("fn rank() {{\n{}}}\n", "    step();\n".repeat(lines))
    }

    #[test]
    fn a_long_file_is_to_be_split() {
        let code = "let a = 1;\n".repeat(500);
        finds(check, &[(PATH, &code)], &[]);
        let expected = format!("{PATH}:1: size: 501 lines of code, at most 500");
        finds(check, &[(PATH, &format!("{code}let b = 2;"))], &[&expected]);
    }

    #[test]
    fn comments_blank_lines_and_tests_do_not_count() {
        let code = "let a = 1;\n".repeat(500);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{code}}}\n");
        finds(check, &[(PATH, &format!("{code}\n// a comment\n/* {{ */\n{tests}"))], &[]);
        let expected = format!("{PATH}:1: size: 502 lines");
        finds(check, &[(PATH, &format!("{code}{tests}fn after() {{}}\nfn more() {{}}"))], &[&expected]);
    }

    #[test]
    fn what_follows_a_test_module_in_another_file_counts() {
        let code = "#[cfg(test)]\nmod tests;\n".to_owned() + &"let a = 1;\n".repeat(500);
        finds(check, &[(PATH, &code)], &[&format!("{PATH}:1: size: 501 lines")]);
    }

    #[test]
    fn a_long_function_is_to_be_split() {
        finds(check, &[(PATH, &function(70))], &[]);
        let expected = format!("{PATH}:2: size: `rank` has 71 lines of code, at most 70");
        finds(check, &[(PATH, &format!("\n{}", function(71)))], &[&expected]);
    }

    #[test]
    fn a_function_is_told_from_a_type_and_from_a_signature() {
        let names = |code: &str| functions(code).map(|f| (f.name.to_owned(), f.lines)).collect::<Vec<_>>();
        assert_eq!(names("type F = fn(u8) -> u8;\nstruct S {\n}"), []);
        assert_eq!(
            names("trait T { fn a(&self) -> [u8; 32];\nfn b() -> [u8; 2] {\nx\n} }"),
            [("b".to_owned(), 1)]
        );
        assert_eq!(names("fn a() { x }"), [("a".to_owned(), 1)]);
    }
}
