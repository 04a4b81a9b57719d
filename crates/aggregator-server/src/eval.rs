//! Measures the quality of answers to labelled questions.

use std::io::{self, BufWriter, Write as _};
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::{Chunk, Prompt, ProviderError};
use aggregator_eval::{EvalError, Judge, RealModel};
use aggregator_policies::Guarded;
use aggregator_providers::model::PromptedModel;
use futures::TryStreamExt as _;
use tokio::time::Instant;

use crate::command_line::EvalArgs;
use crate::engine;
use crate::exit::{self, Exit, ProgramError};
use crate::services;
use crate::settings::EffectiveSettings;

/// Longest time that a judge may take for one answer.
const JUDGE_TIME: Duration = Duration::from_secs(60);

/// Measures what the options name, and prints a table or lines of JSON.
pub fn run(args: &EvalArgs, settings: &EffectiveSettings) -> Result<Exit, ProgramError> {
    let real = real_model(args, settings)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let measured = aggregator_eval::run(&args.options, &real, &mut out, &mut anstream::stderr());
    match measured.and_then(|()| out.flush().map_err(EvalError::Output)) {
        Ok(()) => Ok(Exit::Done),
        Err(EvalError::Output(error)) => Err(exit::output(&error)),
        Err(error @ (EvalError::NoDataset | EvalError::NoModel)) => Err(ProgramError::new(Exit::Usage, error)),
        Err(error @ EvalError::ModelFailed(_)) => Err(ProgramError::new(Exit::Failed, error)),
        Err(error) => Err(ProgramError::new(Exit::Documents, error)),
    }
}

/// The model of the settings or the program that is measured, and the one that judges.
fn real_model(args: &EvalArgs, settings: &EffectiveSettings) -> Result<RealModel, ProgramError> {
    let mut real = RealModel::of_commands(&args.options);
    if args.model.is_some() || args.judge.is_some() {
        engine::check_limits(settings)?;
        let (client, policies) = (services::client()?, services::policies(settings)?);
        if let Some(name) = &args.model {
            let model = engine::named_model(name, settings, &client)?;
            let policies = policies.of(name).map_err(|what| ProgramError::new(Exit::Usage, what))?;
            real.model = Some(Arc::new(Guarded::new(model, policies)));
        }
        if let Some(name) = &args.judge {
            let judge: Arc<dyn PromptedModel> = engine::named_model(name, settings, &client)?.into();
            real.judge = Some(Judge::new(move |prompt| verdict(Arc::clone(&judge), prompt)));
        }
    }
    Ok(real)
}

async fn verdict(judge: Arc<dyn PromptedModel>, prompt: String) -> Result<String, ProviderError> {
    let prompt = Prompt::new("You check answers to questions.", prompt);
    let pieces = judge.write(&prompt, Instant::now() + JUDGE_TIME);
    let text = |chunk| if let Chunk::Text(text) = chunk { text } else { String::new() };
    pieces.map_ok(text).try_collect().await
}
