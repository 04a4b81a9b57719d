//! Runs a query and prints its events, as text for a terminal or as lines of JSON.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aggregator_core::event::{EventKind, ExecutionError, Outcome, RankedSource, Summary, Truncation};
use aggregator_core::{Engine, PolicyAction, PolicyReport, Query, QueryStream};
use futures::StreamExt as _;

use crate::command_line::QueryArgs;
use crate::exit::{self, Exit, ProgramError};
use crate::interrupt::Interrupt;
use crate::location;
use crate::terminal;
use crate::terminal::wrap::WrapWriter;

/// Maximum number of sources that are listed if the answer cites none.
const MAX_CLOSEST: usize = 3;

/// Maximum number of characters of a passage in a list.
const EXCERPT_CHARS: usize = 160;

/// Maximum number of characters of a passage if there is no answer: the reader looks for one in them.
const LONG_EXCERPT_CHARS: usize = 480;

/// Shortest wait for a limit that is said: shorter ones are not noticed.
const NOTICED_WAIT: Duration = Duration::from_millis(500);

/// A query, and how its output is shown.
pub struct Question<'a> {
    /// The query, with the limits of the command line.
    pub query: Query,
    /// Whether an answer is wanted; else the passages are listed.
    pub answers: bool,
    /// Options of the command.
    pub args: &'a QueryArgs,
    /// The folder that the program was called in.
    pub here: PathBuf,
}

/// Builds a query from the words of the command line.
///
/// # Errors
/// When it is empty or too long, or a limit is out of its range.
pub fn query(words: &[String], args: &QueryArgs, limit: Option<u32>) -> Result<Query, ProgramError> {
    let usage = |error| ProgramError::new(Exit::Usage, error);
    let mut query = Query::new(words.join(" ")).map_err(usage)?;
    if let Some(deadline) = args.deadline {
        query = query.with_deadline(deadline).map_err(usage)?;
    }
    if let Some(limit) = limit {
        query = query.with_max_sources(limit).map_err(usage)?;
    }
    Ok(query)
}

/// Runs the query and prints its output as it arrives.
pub fn run(engine: &Engine, question: Question<'_>, interrupt: &Interrupt) -> Result<Exit, ProgramError> {
    let answers = question.answers;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| ProgramError::new(Exit::Failed, format!("no runtime can be made: {error}")))?;
    runtime.block_on(async {
        let mut events = engine.run(question.query);
        interrupt.cancels(events.canceller());
        let end = match question.args.json {
            true => print_json(events).await,
            false => text(events, answers, &question.here).await,
        };
        end.map_err(|error| exit::output(&error))
    })
}

async fn print_json(mut events: QueryStream) -> io::Result<Exit> {
    let mut out = io::stdout().lock();
    let mut exit = Exit::Failed;
    while let Some(event) = events.next().await {
        writeln!(out, "{}", aggregator_wire::to_json_line(&event))?;
        out.flush()?;
        if event.kind.is_terminal() {
            exit = exit_of(&event.kind);
        }
    }
    Ok(exit)
}

/// The exit code for the last event of a query.
fn exit_of(last: &EventKind) -> Exit {
    match last {
        EventKind::Done { summary } => match &summary.answer {
            Some(answer) if answer.has_citations => Exit::Done,
            None if !summary.sources.is_empty() => Exit::Done,
            _ => Exit::Nothing,
        },
        EventKind::Cancelled { .. } => Exit::Interrupted,
        _ => Exit::Failed,
    }
}

/// What a query has produced so far.
#[derive(Default)]
struct QueryProgress {
    first_result: Option<Duration>,
    cited: Vec<u32>,
    wrote: bool,
}

async fn text(mut events: QueryStream, answers: bool, here: &Path) -> io::Result<Exit> {
    let started = Instant::now();
    let columns = terminal::columns();
    let mut progress = QueryProgress::default();
    let mut answer = WrapWriter::new(anstream::stdout(), columns);
    while let Some(event) = events.next().await {
        match &event.kind {
            EventKind::Result { .. } => {
                progress.first_result.get_or_insert_with(|| started.elapsed());
            }
            EventKind::AnswerDelta { text } => {
                progress.wrote = true;
                answer.push(text.as_str())?;
            }
            EventKind::Policy(report) => policy(report)?,
            EventKind::Citation { number, .. } if !progress.cited.contains(number) => progress.cited.push(*number),
            last if last.is_terminal() => {
                // The engine always sends a last event.
                answer.finish()?;
                return end(last, answers, &progress, started.elapsed(), here);
            }
            _ => {}
        }
    }
    Ok(Exit::Failed)
}

/// Says at once what a reader would wonder about: that a service is waited for, or asked again.
fn policy(report: &PolicyReport) -> io::Result<()> {
    let service = &report.service;
    let mut notes = anstream::stderr().lock();
    match report.action {
        PolicyAction::Waiting { wait } if wait >= NOTICED_WAIT => {
            writeln!(notes, "{service}: waits {:.1} s, because its limit is reached", wait.as_secs_f64())
        }
        PolicyAction::Retrying { wait, error, .. } => {
            let when = match wait.as_millis() {
                0..50 => "at once".to_owned(),
                _ => format!("in {:.1} s", wait.as_secs_f64()),
            };
            writeln!(notes, "{service}: {error}, is asked again {when}")
        }
        PolicyAction::LimitIsLocal { servers } => {
            writeln!(notes, "{service}: the shared limit cannot be read, so this is one of {servers} that share it")
        }
        _ => Ok(()),
    }
}

/// Prints the sources below the answer, and the notes.
fn end(last: &EventKind, answers: bool, progress: &QueryProgress, total: Duration, here: &Path) -> io::Result<Exit> {
    let mut out = anstream::stdout().lock();
    let summary = last.summary();
    let sources: &[RankedSource] = summary.map_or(&[], |summary| &summary.sources);
    if progress.wrote {
        writeln!(out)?;
    }
    match answers {
        true => cited(&mut out, sources, progress, here)?,
        false => passages(&mut out, sources, EXCERPT_CHARS, here)?,
    }
    out.flush()?;
    drop(out);
    let mut notes = anstream::stderr().lock();
    match last {
        EventKind::Failed { error, .. } => writeln!(notes, "{error}")?,
        EventKind::Cancelled { .. } => writeln!(notes, "interrupted; this is what there was")?,
        _ if sources.is_empty() => {
            writeln!(notes, "nothing was found: try other words, or more documents with --docs")?;
        }
        _ => {}
    }
    // The error has the reasons of all providers.
    let is_said =
        matches!(last, EventKind::Failed { error, .. } if matches!(**error, ExecutionError::AllProvidersFailed { .. }));
    if let Some(summary) = summary.filter(|_| !is_said && !matches!(last, EventKind::Cancelled { .. })) {
        shortcomings(&mut notes, summary)?;
    }
    writeln!(notes, "{}", times(progress, total, summary))?;
    Ok(exit_of(last))
}

/// Prints the sources that the answer cites; if it cites none, the closest ones.
fn cited(out: &mut impl Write, sources: &[RankedSource], progress: &QueryProgress, here: &Path) -> io::Result<()> {
    let is_cited = |source: &&RankedSource| progress.cited.contains(&source.number);
    let listed: Vec<_> = sources.iter().filter(is_cited).collect();
    if sources.is_empty() {
        return Ok(());
    }
    let title = if listed.is_empty() { "Closest passages" } else { "Sources" };
    writeln!(out, "{}{title}{}", BOLD.render(), BOLD.render_reset())?;
    if listed.is_empty() {
        return passages(out, &sources[..sources.len().min(MAX_CLOSEST)], LONG_EXCERPT_CHARS, here);
    }
    for RankedSource { number, source, .. } in listed {
        writeln!(out, "  [{number}] {}", source.title)?;
        writeln!(out, "      {}{}{}", DIM.render(), location::display(source.url.as_str(), here), DIM.render_reset())?;
    }
    Ok(())
}

/// Prints passages in order, each with its first `beginning` characters.
fn passages(out: &mut impl Write, sources: &[RankedSource], beginning: usize, here: &Path) -> io::Result<()> {
    for RankedSource { number, source, .. } in sources {
        writeln!(out, "{}{number:>3}. {}{}", BOLD.render(), source.title, BOLD.render_reset())?;
        writeln!(out, "     {}{}{}", DIM.render(), location::display(source.url.as_str(), here), DIM.render_reset())?;
        let snippet = source.snippet.as_str().split_whitespace().collect::<Vec<_>>().join(" ");
        let beginning = match snippet.char_indices().nth(beginning) {
            None => snippet,
            Some((end, _)) => {
                let end = snippet[..end].rfind(' ').unwrap_or(end);
                format!("{} …", &snippet[..end])
            }
        };
        let mut wrapped =
            WrapWriter::new(Vec::new(), terminal::columns().map(|columns| columns.saturating_sub(5).max(15)));
        wrapped.push(&beginning)?;
        for line in String::from_utf8_lossy(&wrapped.finish()?).lines() {
            writeln!(out, "     {line}")?;
        }
    }
    Ok(())
}

/// What providers did not give, and what models cost.
fn shortcomings(notes: &mut impl Write, summary: &Summary) -> io::Result<()> {
    for report in &summary.providers {
        let provider = &report.provider;
        match &report.outcome {
            Outcome::Error(error) => writeln!(notes, "{provider}: {error}")?,
            Outcome::Timeout => writeln!(notes, "{provider}: no answer within its time")?,
            Outcome::Partial(Truncation::Error(error)) => {
                writeln!(notes, "{provider}: {} results, then {error}", report.hits)?;
            }
            Outcome::Partial(Truncation::Timeout) => {
                writeln!(notes, "{provider}: {} results, then its time was up", report.hits)?;
            }
            _ => {}
        }
    }
    if summary.answer.is_some_and(|answer| answer.truncated) {
        writeln!(notes, "the answer is cut: there was more to say")?;
    }
    if let Some(cost) = summary.cost() {
        let usage = summary.usage();
        let is_estimated = summary.answer.is_some_and(|answer| answer.usage_is_estimated);
        let about = if is_estimated { "about " } else { "" };
        writeln!(notes, "{about}{} tokens in, {} out: {cost}", usage.input_tokens, usage.output_tokens)?;
    }
    Ok(())
}

fn times(progress: &QueryProgress, total: Duration, summary: Option<&Summary>) -> String {
    let ms = |duration: Duration| match duration.as_micros() {
        micros @ 0..10_000 => format!("{:.1} ms", micros as f64 / 1e3),
        micros => format!("{} ms", micros / 1_000),
    };
    let found = summary.map_or(0, |summary| summary.sources.len());
    let passages = if found == 1 { "passage" } else { "passages" };
    let first = progress.first_result.map(|first| format!("first result after {}, ", ms(first))).unwrap_or_default();
    format!("{found} {passages}, {first}total {}", ms(total))
}

const BOLD: anstyle::Style = anstyle::Style::new().bold();
const DIM: anstyle::Style = anstyle::Style::new().dimmed();
