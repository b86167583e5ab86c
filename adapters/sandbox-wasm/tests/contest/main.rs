//! What the sandbox promises, shown with the example challenges, the example agents and a few guests written by hand.

#![cfg(test)]

mod bounds;
mod examples;
mod loading;
mod repeat;
mod stage;
