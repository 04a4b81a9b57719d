//! `aggregator check`: whether everything that a question needs is there.

use std::io::{self, Write};
use std::path::PathBuf;

use aggregator_index::Index;

use crate::documents::Documents;
use crate::exit::{self, Exit, Failure};
use crate::settings::Effective;

/// One thing that was looked at.
struct Found {
    what: String,
    /// What is wrong, if anything is, and how the program would end because of it.
    problem: Option<(Exit, String)>,
}

/// Looks, prints, and says whether something is wrong. Nothing is written.
pub fn run(named: &[PathBuf], settings: &Effective) -> Result<Exit, Failure> {
    let mut found = vec![Found { what: format!("settings: {}", settings.origin()), problem: None }];
    match Documents::find(named, settings) {
        Err(failure) => {
            found.push(Found { what: "documents".into(), problem: Some((failure.exit, failure.to_string())) })
        }
        Ok(documents) => {
            for folder in &documents.folders {
                let readable = match folder.is_dir() {
                    true => std::fs::read_dir(folder).map(|_| ()),
                    false => std::fs::File::open(folder).map(|_| ()),
                };
                let problem = readable.err().map(|error| (Exit::Documents, format!("cannot be read: {error}")));
                found.push(Found { what: format!("documents: {}", folder.display()), problem });
            }
            let what = format!("index: {}", documents.index_folder.display());
            found.push(match Index::open(&documents.index_folder) {
                Err(error) => Found { what, problem: Some((Exit::Documents, error.to_string())) },
                Ok(index) => match index.passages() {
                    Ok(passages) => Found { what: format!("{what}, {passages} passages"), problem: None },
                    Err(_) => Found { what: format!("{what}, made by the first question"), problem: None },
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
    found.push(Found { what, problem: None });
    print(&found).map_err(|error| exit::output(&error))?;
    Ok(found.iter().find_map(|found| found.problem.as_ref()).map_or(Exit::Done, |(exit, _)| *exit))
}

fn print(found: &[Found]) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    for Found { what, problem } in found {
        match problem {
            None => writeln!(out, "ok       {what}")?,
            Some((_, problem)) => writeln!(out, "problem  {what}: {problem}")?,
        }
    }
    out.flush()
}
