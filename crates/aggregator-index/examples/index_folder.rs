//! Indexes folders, says what it cost, and answers queries that are read from standard input, one a line.
//!
//! ```text
//! cargo run --release -p aggregator-index --example index_folder -- INDEX FOLDER...
//! ```

use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use aggregator_index::{Index, Options, Stage};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let Some(folder) = arguments.next() else {
        return Err("name the folder of the index, and then those to index".into());
    };
    let folders: Vec<_> = arguments.collect();
    let index = Index::open(folder)?;
    let began = Instant::now();
    if !folders.is_empty() {
        let report = index.update(&folders, &Options::default(), |progress| {
            if progress.stage == Stage::Reading && progress.files_done % 500 == 0 {
                eprint!("\r{} of {} bytes", progress.bytes_done, progress.bytes_found);
                let _ = std::io::stderr().flush();
            }
            ControlFlow::Continue(())
        })?;
        eprintln!("\r{report}");
        for skipped in report.skipped.iter().take(20) {
            eprintln!("  {skipped}");
        }
        eprintln!("read {} bytes in {:.2} s; peak memory {}", report.bytes, began.elapsed().as_secs_f64(), peak());
    }
    for line in std::io::stdin().lock().lines() {
        let began = Instant::now();
        let passages = index.search(&line?, 10)?;
        let time = began.elapsed();
        for passage in &passages {
            println!("{:.2}\t{}\t{}", passage.score, passage.full_title(), passage.url);
        }
        println!("{} passages in {:.3} ms\n", passages.len(), time.as_secs_f64() * 1_000.0);
    }
    eprintln!("peak memory {}", peak());
    Ok(())
}

/// The most memory that the process has had, where the system says.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |size| size.trim().to_owned())
}
