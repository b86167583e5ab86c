//! What somebody meant who misspelt a name in a config.

/// The error as people read it: where a name is nearly a known one, its last line says which.
pub fn told(error: &toml::de::Error) -> String {
    let (whole, message) = (error.to_string(), error.message());
    let whole = whole.trim_end();
    match meant(message) {
        Some((unknown, name)) => whole.replace(message, &format!("{unknown}, did you mean `{name}`?")),
        None => whole.to_owned(),
    }
}

/// What is unknown, and the known name next to it, from "unknown field `a`, expected one of `b`, `c`".
fn meant(message: &str) -> Option<(&str, &str)> {
    let (unknown, expected) = message.split_once(", expected ")?;
    let is_name = ["unknown field `", "unknown variant `"].iter().any(|begin| unknown.starts_with(begin));
    let said = unknown.split('`').nth(1).filter(|_| is_name)?;
    let known = expected.split('`').skip(1).step_by(2);
    let nearest = known.map(|name| (distance(said, name), name)).min()?;
    // One letter in three may be wrong; beyond that it is another name.
    let (letters, name) = nearest;
    (3 * letters <= said.len().max(name.len())).then_some((unknown, name))
}

/// How many letters have to be put in, taken out or replaced to make one name of the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, a) in from.chars().enumerate() {
        let mut corner = line;
        row[0] = line + 1;
        for (column, b) in to.chars().enumerate() {
            let replaced = corner + usize::from(a != b);
            corner = row[column + 1];
            row[column + 1] = replaced.min(corner + 1).min(row[column] + 1);
        }
    }
    row.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_far_apart_as_letters_differ() {
        let cases =
            [("", "", 0), ("", "abc", 3), ("lisen", "listen", 1), ("leader", "reader", 1), ("ab", "ba", 2)];
        for (from, to, expected) in cases {
            assert_eq!(distance(from, to), expected, "{from} {to}");
            assert_eq!(distance(to, from), expected, "{to} {from}");
        }
    }

    #[test]
    fn only_a_misspelt_name_is_explained() {
        assert_eq!(meant("unknown field `hbu`, expected `hub`"), None, "two letters of three differ");
        assert_eq!(meant("unknown field `hubb`, expected `hub`"), Some(("unknown field `hubb`", "hub")));
        assert_eq!(meant("invalid type: integer `1`, expected a string"), None);
        assert_eq!(meant("missing field `hub`"), None);
    }
}
