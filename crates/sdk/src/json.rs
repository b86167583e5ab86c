//! As much JSON as routes need to write.

use std::fmt::Write as _;

/// A value, written already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json(String);

pub fn number(value: impl Into<i128>) -> Json {
    Json(value.into().to_string())
}

pub fn text(value: &str) -> Json {
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c < ' ' => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    Json(quoted)
}

/// `null` where there is none.
pub fn maybe(value: Option<Json>) -> Json {
    value.unwrap_or_else(|| Json("null".to_owned()))
}

pub fn list(items: impl IntoIterator<Item = Json>) -> Json {
    let items: Vec<String> = items.into_iter().map(|item| item.0).collect();
    Json(format!("[{}]", items.join(",")))
}

pub fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
    let fields: Vec<String> =
        fields.into_iter().map(|(name, value)| format!("{}:{}", text(name).0, value.0)).collect();
    Json(format!("{{{}}}", fields.join(",")))
}

impl Json {
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json() {
        let names = list(["a \"b\"", "c\\d", "e\nf"].map(text));
        let written = object([("names", names), ("count", number(3u64)), ("best", maybe(None))]);
        assert_eq!(written.0, r#"{"names":["a \"b\"","c\\d","e\u000af"],"count":3,"best":null}"#);
    }
}
