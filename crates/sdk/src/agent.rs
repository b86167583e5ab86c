//! What a miner fills in.

/// An agent. A fresh instance begins with `default`, and keeps what it learns from call to call.
pub trait Agent: Default + 'static {
    /// Answers a method of the challenge. An error is the agent giving up, in its own words.
    fn call(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, String>;
}

/// Makes a type with [`Agent`] what the component of this crate exports. Natively it exports nothing.
#[macro_export]
macro_rules! agent {
    ($agent:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;

            ::std::thread_local! {
                static AGENT: ::core::cell::RefCell<$agent> = ::core::default::Default::default();
            }

            impl $crate::guest::agent::Guest for Exported {
                fn call(method: String, input: Vec<u8>) -> Result<Vec<u8>, String> {
                    AGENT.with_borrow_mut(|agent| $crate::Agent::call(agent, &method, &input))
                }
            }

            $crate::guest::agent::export! { Exported with_types_in $crate::guest::agent }
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() -> $agent = <$agent as ::core::default::Default>::default;
    };
}
