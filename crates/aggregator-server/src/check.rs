//! `aggregator check`: checks settings, documents, index, PDF converter and services.

use std::io::{self, Write};

use aggregator_index::Index;

use crate::command_line::CheckArgs;
use crate::documents::Documents;
use crate::exit::{self, Exit, ProgramError};
use crate::service_check::{self, Check};
use crate::settings::EffectiveSettings;
use crate::terminal;

/// Runs the checks, prints them and returns the exit code of the first problem. Writes no file.
pub fn run(options: &CheckArgs, settings: &EffectiveSettings) -> Result<Exit, ProgramError> {
    let mut found = vec![Check { what: format!("settings: {}", settings.origin()), problem: None }];
    found.extend(service_check::settings(settings));
    let named = &options.documents.folders;
    let has_services = !settings.search.is_empty() || !settings.models.is_empty();
    match Documents::find(named, settings) {
        // Services are enough.
        Err(_) if has_services && named.is_empty() && settings.documents.folders.is_empty() => {}
        Err(failure) => {
            found.push(Check { what: "documents".into(), problem: Some((failure.exit, failure.to_string())) })
        }
        Ok(documents) => {
            for folder in &documents.folders {
                let readable = match folder.is_dir() {
                    true => std::fs::read_dir(folder).map(|_| ()),
                    false => std::fs::File::open(folder).map(|_| ()),
                };
                let problem = readable.err().map(|error| (Exit::Documents, format!("cannot be read: {error}")));
                found.push(Check { what: format!("documents: {}", folder.display()), problem });
            }
            let what = format!("index: {}", documents.index_folder.display());
            found.push(match Index::open(&documents.index_folder) {
                Err(error) => Check { what, problem: Some((Exit::Documents, error.to_string())) },
                Ok(index) => match index.passages() {
                    Ok(passages) => Check { what: format!("{what}, {passages} passages"), problem: None },
                    Err(_) => Check { what: format!("{what}, made by the first question"), problem: None },
                },
            });
        }
    }
    let converter = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join("pdftotext"))
        .find(|program| program.is_file());
    let what = match converter {
        Some(program) => format!("PDF: {}", program.display()),
        None => "PDF: not read, as pdftotext is not installed (package poppler-utils)".to_owned(),
    };
    found.push(Check { what, problem: None });
    if has_services && !options.offline {
        found.extend(service_check::all(settings)?);
    }
    print(&found).map_err(|error| exit::output(&error))?;
    Ok(found.iter().find_map(|found| found.problem.as_ref()).map_or(Exit::Done, |(exit, _)| *exit))
}

fn print(found: &[Check]) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    for Check { what, problem } in found {
        match problem {
            None => writeln!(out, "ok       {}", terminal::clean(what))?,
            Some((_, problem)) => writeln!(out, "problem  {}", terminal::clean(format_args!("{what}: {problem}")))?,
        }
    }
    out.flush()
}
