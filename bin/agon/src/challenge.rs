//! `agon challenge`: from a new project to a published challenge.

mod build;
mod cage;
mod golden;
mod new;
mod post;
mod project;
mod publish;
mod sources;
mod test;
mod toolchain;

use crate::cli::{ChallengeCommand, Global};
use crate::output::{Failure, Output};
use crate::show;
use agon_types::action::Shift;
use project::Project;

pub async fn run(global: &Global, command: ChallengeCommand, output: Output) -> Result<(), Failure> {
    match command {
        ChallengeCommand::New { folder, .. } => new::run(&folder, output),
        ChallengeCommand::Build { folder } => build::run(&Project::open(&folder)?, output),
        ChallengeCommand::Test { folder, accept } => {
            test::run((&Project::open(&folder)?, accept), output).await
        }
        ChallengeCommand::Publish { folder, wait } => {
            publish::run(global, (&Project::open(&folder)?, wait), output).await
        }
        ChallengeCommand::Post { id, message } => post::run(global, (&id, message), output).await,
        ChallengeCommand::List => show::challenges(global, output).await,
        ChallengeCommand::Show { id } => show::challenge(global, &id, output).await,
        ChallengeCommand::Pause { id } => publish::shift(global, (&id, Shift::Pause), output).await,
        ChallengeCommand::Resume { id } => publish::shift(global, (&id, Shift::Resume), output).await,
        ChallengeCommand::Retire { id } => publish::shift(global, (&id, Shift::Retire), output).await,
    }
}
