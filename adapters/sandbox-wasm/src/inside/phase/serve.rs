//! `serve`: the challenge answers the public. What it says goes to browsers, so its form is strict.

use super::{Session, within};
use crate::inside::abi;
use crate::inside::desk::Kind;
use crate::inside::fault::Fault;
use crate::limits::{MEDIA_TYPE_BYTES_MAX, SERVED_BYTES_MAX};
use agon_port::sandbox::{Done, Request, Response};

pub type Params<'a> = (abi::Request<'a>,);
pub type Served = (abi::Response,);

pub fn run(mut session: Session<'_>, of: &Request) -> Result<Done, Fault> {
    let request = abi::Request {
        route: &of.route,
        path: &of.path,
        parameters: pairs(&of.parameters),
        query: pairs(&of.query),
    };
    let (response,): Served = session.call(Kind::Serve, (request,))?;
    let abi::Response { status, content_type, body } = response;
    within(body.len(), SERVED_BYTES_MAX, "answer")?;
    within(content_type.len(), MEDIA_TYPE_BYTES_MAX, "content type")?;
    // A redirection says where to, and there is no place to say it.
    if !(200..=299).contains(&status) && !(400..=599).contains(&status) {
        return Err(Fault::Misuse(format!("its status {status} is neither 2xx, 4xx nor 5xx")));
    }
    if !is_media_type(&content_type) {
        return Err(Fault::Misuse("its content type is none, such as application/json".to_owned()));
    }
    Ok(Done::Served(Response { status, content_type, body }))
}

fn pairs(pairs: &[(String, String)]) -> abi::Pairs<'_> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// A type and a subtype, and parameters without quotes after them.
fn is_media_type(text: &str) -> bool {
    let byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte);
    let token = |text: &str| !text.is_empty() && text.bytes().all(byte);
    let mut parts = text.split(';');
    let both = |text: &str, by: char| text.split_once(by).is_some_and(|(a, b)| token(a) && token(b));
    parts.next().is_some_and(|first| both(first, '/'))
        && parts.all(|parameter| both(parameter.trim_matches(' '), '='))
}

#[cfg(test)]
mod tests {
    use super::is_media_type;

    #[test]
    fn a_media_type_is_tokens() {
        for good in
            ["text/plain", "application/json", "text/plain; charset=utf-8", "image/svg+xml", "a/b;c=d;e=f"]
        {
            assert!(is_media_type(good), "{good}");
        }
        for bad in [
            "",
            "text",
            "/",
            "text/",
            "text/plain;",
            "text/plain; x",
            "a/b\r\nset-cookie: c=d",
            "a/b c",
            "ä/b",
            "a/b;c=\"d\"",
        ] {
            assert!(!is_media_type(bad), "{bad}");
        }
    }
}
