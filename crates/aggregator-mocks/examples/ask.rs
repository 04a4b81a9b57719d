//! Watches a scenario in the terminal, in real time: `cargo run -p aggregator-mocks --example ask -- standard`

use std::error::Error;
use std::io::{self, Write};

use aggregator_core::event::EventKind;
use aggregator_mocks::{Pace, library};
use futures::StreamExt as _;

fn main() -> Result<(), Box<dyn Error>> {
    match watch(&mut io::stdout().lock()) {
        // Whoever reads has seen enough.
        Err(error) if error.downcast_ref().is_some_and(|e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe) => Ok(()),
        done => done,
    }
}

fn watch(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "standard".to_owned());
    let names: Vec<_> = library::scenario_names().collect();
    if !names.contains(&name.as_str()) {
        return Err(format!("no scenario is named `{name}`; there are: {}", names.join(" ")).into());
    }
    let scenario = library::scenario(&name);
    writeln!(out, "{}\n\n{}\n", scenario.purpose, scenario.query)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let mut events = scenario.engine(&library::corpus(), Pace::Scripted, None).run(scenario.query());
        while let Some(event) = events.next().await {
            let at = event.elapsed().as_millis();
            match &event.kind {
                EventKind::AnswerDelta { text } => {
                    write!(out, "{text}")?;
                    out.flush()?;
                }
                EventKind::Citation { .. } => {}
                EventKind::Status { stage } => writeln!(out, "{at:>6} ms  {stage}")?,
                EventKind::ProviderStarted { provider } => writeln!(out, "{at:>6} ms  asking {provider}")?,
                EventKind::ProviderFinished(report) => {
                    writeln!(
                        out,
                        "{at:>6} ms  {} is through: {:?}, {} hits",
                        report.provider, report.outcome, report.hits
                    )?;
                }
                EventKind::Result { id, rank, source, .. } => {
                    writeln!(out, "{at:>6} ms  new result {} at rank {rank}: {}", id.0, source.title)?;
                }
                EventKind::ResultRevised { id, rank, .. } => {
                    writeln!(out, "{at:>6} ms  result {} was confirmed, now at rank {rank}", id.0)?;
                }
                EventKind::Sources { list } => {
                    writeln!(out, "{at:>6} ms  final order:")?;
                    for source in list.iter() {
                        writeln!(
                            out,
                            "           [{}] {} <{}>",
                            source.number, source.source.title, source.source.url
                        )?;
                    }
                }
                EventKind::Usage(usage) => writeln!(out, "\n{at:>6} ms  {usage:?}")?,
                EventKind::Failed { error, .. } => writeln!(out, "\n{at:>6} ms  failed: {error}")?,
                last => {
                    if let Some(summary) = last.summary() {
                        let (hits, sources) = (summary.hits, summary.sources.len());
                        let (yielded, emitted) = (hits.yielded, hits.emitted);
                        writeln!(out, "{at:>6} ms  through: {yielded} hits, {emitted} results, {sources} sources")?;
                    }
                }
            }
        }
        Ok(())
    })
}
