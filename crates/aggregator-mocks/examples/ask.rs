//! Watches a scenario in the terminal, in real time: `cargo run -p aggregator-mocks --example ask -- standard`, and with a
//! file of settings behind it, what these turn on.

use std::error::Error;
use std::io::{self, Write};

use aggregator_core::event::{EventKind, Outcome};
use aggregator_mocks::{Pace, catalog};
use futures::StreamExt as _;
use tokio::time::sleep;

/// Characters after which a line of the answer ends.
const WIDTH: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    match watch(&mut io::stdout().lock()) {
        // The reader closed the pipe.
        Err(error) if error.downcast_ref().is_some_and(|e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe) => Ok(()),
        done => done,
    }
}

fn watch(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "standard".to_owned());
    let names: Vec<_> = catalog::scenario_names().collect();
    if !names.contains(&name.as_str()) {
        return Err(format!("no scenario is named `{name}`; there are: {}", names.join(" ")).into());
    }
    let mut scenario = catalog::scenario(&name);
    if let Some(file) = std::env::args_os().nth(2) {
        let settings = aggregator_settings::read_file(file).map_err(|error| error.to_string())?;
        scenario = scenario.with_settings(|of_scenario| *of_scenario = settings);
    }
    writeln!(out, "{}\n\n{}\n", scenario.purpose, scenario.query)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let mut events = scenario.engine(&catalog::corpus(), Pace::Scripted, None).run(scenario.query());
        let (mut first_result, mut first_text, mut deltas) = (None, None, 0_u32);
        let (mut column, mut behind_word) = (0, false);
        while let Some(event) = events.next().await {
            let at = event.elapsed().as_millis();
            match &event.kind {
                EventKind::AnswerDelta { text } => {
                    first_text.get_or_insert(event.elapsed());
                    deltas += 1;
                    if column > WIDTH && behind_word {
                        writeln!(out)?;
                        column = 0;
                    }
                    write!(out, "{text}")?;
                    column = text.rsplit_once('\n').map_or(column, |_| 0);
                    column += text.rsplit('\n').next().map_or(0, |line| line.chars().count());
                    behind_word = text.ends_with(' ');
                    out.flush()?;
                }
                EventKind::Citation { .. } => {}
                EventKind::Status { stage } => writeln!(out, "{at:>6} ms  {stage}")?,
                EventKind::Analysis(analysis) => {
                    let (kind, level) = (analysis.input.input_type, analysis.complexity.level);
                    writeln!(out, "{at:>6} ms  {kind}, {level}")?;
                    if let Some((reason, suggestions)) = analysis.suitability.explanation() {
                        let suggestions: Vec<String> = suggestions.iter().map(ToString::to_string).collect();
                        writeln!(out, "           {reason}; {}", suggestions.join(", or "))?;
                    }
                }
                EventKind::Interim(interim) => {
                    let domains: Vec<_> = interim.patterns.domains.iter().map(|domain| &*domain.name).collect();
                    let (results, confirmed) = (interim.results, interim.patterns.confirmed);
                    writeln!(
                        out,
                        "{at:>6} ms  {results} results so far, {confirmed} of several providers: {domains:?}"
                    )?;
                }
                EventKind::PartialSynthesis(partial) => writeln!(out, "{at:>6} ms  so far: {}", partial.text)?,
                EventKind::Contradictions(found) => {
                    for pair in found {
                        let [a, b] = &pair.given;
                        writeln!(out, "{at:>6} ms  {:?} differ in {:?}: {a} | {b}", pair.sources, pair.matter)?;
                    }
                }
                EventKind::ModelFinished(report) => {
                    writeln!(out, "\n{at:>6} ms  {} ({:?}): {:?}", report.model, report.role, report.outcome)?;
                }
                EventKind::ProviderStarted { provider } => writeln!(out, "{at:>6} ms  asking {provider}")?,
                EventKind::ProviderFinished(report) => {
                    let outcome = match &report.outcome {
                        Outcome::Ok => String::new(),
                        Outcome::Error(error) => format!(": {error}"),
                        other => format!(": {other:?}"),
                    };
                    writeln!(out, "{at:>6} ms  {} is through with {} hits{outcome}", report.provider, report.hits)?;
                }
                EventKind::Result { id, rank, source, .. } => {
                    first_result.get_or_insert(event.elapsed());
                    writeln!(out, "{at:>6} ms  new result {} at rank {rank}: {}", id.0, source.title)?;
                }
                EventKind::ResultRevised { id, rank, .. } => {
                    writeln!(out, "{at:>6} ms  result {} was confirmed, now at rank {rank}", id.0)?;
                }
                EventKind::Sources { list, .. } => {
                    writeln!(out, "{at:>6} ms  final order:")?;
                    for source in list.iter() {
                        writeln!(
                            out,
                            "           [{}] {} <{}>",
                            source.number, source.source.title, source.source.url
                        )?;
                    }
                }
                EventKind::Usage(usage) => {
                    let (read, written) = (usage.input_tokens, usage.output_tokens);
                    writeln!(out, "\n\n{at:>6} ms  {read} tokens were read and {written} written")?;
                    column = 0;
                }
                last => {
                    if column > 0 {
                        writeln!(out, "\n")?;
                    }
                    if let EventKind::Failed { error, .. } = last {
                        writeln!(out, "{at:>6} ms  failed: {error}")?;
                    }
                    if let Some(summary) = last.summary() {
                        let (hits, sources) = (summary.hits, summary.sources.len());
                        let (yielded, emitted) = (hits.yielded, hits.emitted);
                        writeln!(out, "{at:>6} ms  through: {yielded} hits, {emitted} results, {sources} sources")?;
                    }
                    if let Some(first) = first_result {
                        writeln!(out, "\nfirst result after {} ms", first.as_millis())?;
                    }
                    if let Some(first) = first_text {
                        let rate = f64::from(deltas - 1) / (event.elapsed() - first).as_secs_f64().max(0.001);
                        writeln!(out, "first text after {} ms, then {rate:.0} pieces a second", first.as_millis())?;
                    }
                }
            }
            if let Some(wait) = scenario.reader_delay() {
                sleep(wait).await;
            }
        }
        Ok(())
    })
}
