//! In WASM: the bindings of `wit/agon.wit`, and what carries the words of this crate over them. The macros of this
//! crate alone name what is here.

pub mod host;
mod words;

use crate::Challenge;
use challenge::{Description, Failure, Outcome, Points, Request, Response, Task, Weighing};
use std::marker::PhantomData;

pub mod challenge {
    //! What a challenge imports and exports.
    wit_bindgen::generate!({
        path: "../../wit",
        world: "challenge",
        pub_export_macro: true,
        default_bindings_module: "agon_sdk::guest::challenge",
    });
}

pub mod agent {
    //! What an agent imports and exports.
    wit_bindgen::generate!({
        path: "../../wit",
        world: "agent",
        pub_export_macro: true,
        default_bindings_module: "agon_sdk::guest::agent",
    });
}

/// A challenge as its component exports it.
pub struct Exported<C>(PhantomData<C>);

impl<C: Challenge> challenge::Guest for Exported<C> {
    fn describe() -> Description {
        let crate::Description { title, summary } = C::describe();
        Description { title, summary }
    }

    fn observe(task: Task) -> Result<Vec<u8>, String> {
        C::observe(&task.into())
    }

    fn score(task: Task, observed: Vec<u8>) -> Result<Outcome, Failure> {
        C::score(&task.into(), &observed).map(Outcome::from).map_err(|fault| match fault {
            crate::Fault::Agent(failure) => failure.into(),
            crate::Fault::Challenge(problem) => {
                crate::log::write(&problem);
                panic!("{problem}")
            }
        })
    }

    fn weigh(weighing: Weighing) -> Result<Vec<Points>, String> {
        let points = C::weigh(&weighing.into())?;
        Ok(points.into_iter().map(Points::from).collect())
    }

    fn serve(request: Request) -> Response {
        C::serve(&request.into()).into()
    }
}
