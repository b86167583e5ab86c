//! What the engine in a cage promises, shown with the example challenges and agents, and with guests
//! written by hand. They run in this process.

#![cfg(test)]

mod bounds;
mod examples;
mod loading;
mod phases;
mod reach;
mod repeat;
mod script;
mod stage;
