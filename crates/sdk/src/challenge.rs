//! What the author of a challenge fills in: five phases, of which two have no default.

use crate::{Fault, Outcome, Points, Request, Response, Task, Weighing};

/// The rules of one competition.
///
/// Nothing is kept between two calls but what [`crate::state`] keeps, so there is no `self`.
pub trait Challenge {
    /// What the challenge says of itself.
    fn describe() -> Description;

    /// Judges the agent in seat 0. What `observe` saw is the same bytes for every submission of the epoch.
    fn score(task: &Task, observed: &[u8]) -> Result<Outcome, Fault>;

    /// Looks at the world before agents are judged. An error is nobody's fault: the job is tried again.
    fn observe(_task: &Task) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }

    /// Turns an epoch's agreed scores into points, and changes the state. An error pays nobody and changes nothing.
    fn weigh(_weighing: &Weighing) -> Result<Vec<Points>, String> {
        Err("the challenge has no weight rule of its own".to_owned())
    }

    /// Answers the public on a route of the manifest.
    fn serve(request: &Request) -> Response {
        Response::not_found(&format!("nothing answers on {}", request.route))
    }
}

/// A name and a sentence, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub title: String,
    pub summary: String,
}

impl Description {
    pub fn new(title: &str, summary: &str) -> Self {
        Self { title: title.to_owned(), summary: summary.to_owned() }
    }
}

/// Makes a type with [`Challenge`] what the component of this crate exports. Natively it exports nothing.
#[macro_export]
macro_rules! challenge {
    ($rules:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::guest::Exported<$rules>;
            $crate::guest::challenge::export! { Exported with_types_in $crate::guest::challenge }
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() -> $crate::Description = <$rules as $crate::Challenge>::describe;
    };
}
