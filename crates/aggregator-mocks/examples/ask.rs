//! Watches a scenario in the terminal, in real time: `cargo run -p aggregator-mocks --example ask -- standard`

use std::io::{Write as _, stdout};

use aggregator_core::event::EventKind;
use aggregator_mocks::{Pace, library};
use futures::StreamExt as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "standard".to_owned());
    let names: Vec<_> = library::scenario_names().collect();
    if !names.contains(&name.as_str()) {
        return Err(format!("no scenario is named `{name}`; there are: {}", names.join(" ")).into());
    }
    let scenario = library::scenario(&name);
    println!("{}\n\n{}\n", scenario.purpose, scenario.query);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let mut events = scenario.engine(&library::corpus(), Pace::Scripted, None).run(scenario.query());
        while let Some(event) = events.next().await {
            let at = event.elapsed().as_millis();
            match &event.kind {
                EventKind::AnswerDelta { text } => {
                    print!("{text}");
                    stdout().flush()?;
                }
                EventKind::Citation { .. } => {}
                EventKind::Status { stage } => println!("{at:>6} ms  {stage}"),
                EventKind::ProviderStarted { provider } => println!("{at:>6} ms  asking {provider}"),
                EventKind::ProviderFinished(report) => {
                    println!("{at:>6} ms  {} is through: {:?}, {} hits", report.provider, report.outcome, report.hits);
                }
                EventKind::Result { id, rank, source, .. } => {
                    println!("{at:>6} ms  new result {} at rank {rank}: {}", id.0, source.title);
                }
                EventKind::ResultRevised { id, rank, .. } => {
                    println!("{at:>6} ms  result {} was confirmed, now at rank {rank}", id.0);
                }
                EventKind::Sources { list } => {
                    println!("{at:>6} ms  final order:");
                    for source in list.iter() {
                        println!("           [{}] {} <{}>", source.number, source.source.title, source.source.url);
                    }
                }
                EventKind::Usage(usage) => println!("\n{at:>6} ms  {usage:?}"),
                EventKind::Failed { error, .. } => println!("\n{at:>6} ms  failed: {error}"),
                last => {
                    println!("{at:>6} ms  through: {:?}", last.summary().map(|summary| (summary.hits, summary.answer)))
                }
            }
        }
        Ok(())
    })
}
