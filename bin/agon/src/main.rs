//! Agon in one binary: the composition of all parts, and the command line.
//!
//! # Layout
//! * [`cli`]: the commands and their flags; [`output`]: what they print, and their exit codes
//! * [`up`]: the whole network on this machine; [`node`]: one node; [`chain`]: the development chain
//! * [`challenge`]: from a new project to a published challenge
//! * [`key`], [`submit`], [`trial`], [`show`], [`replay`], [`proof`], [`audit`], [`doctor`]: what people do; [`manual`]: how they
//!   find out
//! * [`client`]: the hub as a client sees it; [`sandbox`]: the cages of this program; [`heard`]: what guests
//!   say in them; [`config`]: `agon.toml`
//! * [`examples`]: what `agon up` competes with; [`limits`]: every maximum

mod audit;
mod chain;
mod challenge;
mod cli;
mod client;
mod config;
mod doctor;
mod examples;
mod heard;
mod key;
mod limits;
mod lock;
mod manual;
mod node;
mod output;
mod proof;
mod replay;
mod sandbox;
mod show;
mod submit;
mod trial;
mod up;

use clap::Parser as _;
use cli::{Cli, Command, Global, NodeOptions};
use output::{Failure, Output};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: a cage is a process of one thread.
    agon_sandbox_wasm::enter();
    let cli = Cli::parse();
    if let Err(failure) = output::log_to_stderr(cli.flags.quiet, matches!(cli.command, Command::Up(_))) {
        return failure.report();
    }
    let output = Output::new(cli.flags.json, cli.flags.quiet);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a process can start its own threads");
    match runtime.block_on(run(cli, output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(cli: Cli, output: Output) -> Result<(), Failure> {
    let config = cli.flags.config.clone();
    let global = Global::new(cli.flags)?;
    match cli.command {
        Command::Up(options) => up::run(&global, options, output).await,
        Command::Node(cli::NodeFlags { stop_with_stdin }) => {
            let config = config.unwrap_or_else(|| "agon.toml".into());
            node::run(&global, NodeOptions { config, stop_with_stdin }).await
        }
        Command::Chain(command) => chain::run(&global, command, output).await,
        Command::Key(command) => key::run(&global, command, output),
        Command::Submit(options) => submit::run(&global, options, output).await,
        Command::Submission(command) => show::submission(&global, command, output).await,
        Command::Challenge(command) => challenge::run(&global, command, output).await,
        Command::Board { challenge } => show::board(&global, &challenge, output).await,
        Command::Weights { epoch } => show::weights(&global, epoch, output).await,
        Command::Seal(cli::SealCommand::Show { epoch }) => show::seal(&global, epoch, output).await,
        Command::Proof(options) => proof::get(&global, options, output).await,
        Command::Verify(options) => proof::check(&options, output),
        Command::Replay => replay::run(&global, output).await,
        Command::Audit(command) => audit::run(&global, command, output),
        Command::Doctor => doctor::run(&global, output).await,
        Command::Completions { shell } => {
            manual::completions(shell, output);
            Ok(())
        }
        Command::Man => {
            manual::man(output);
            Ok(())
        }
    }
}
