//! The resident memory of indexing many documents.

use std::fs;

use aggregator_index::Index;

use super::builds::update;
use super::metrics::{FILES, PASSAGES, RESIDENT_ABOVE};
use crate::case::{Operation, Outcome};
use crate::documents;
use crate::fault::Fault;
use crate::scratch::Scratch;

/// MiB that an update may have resident at its peak, however many documents there are. It is a limit and not a measured
/// value, because some MiB differ from run to run: how threads meet decides about them, and the pages of files count too.
const MOST: u64 = 64;

/// Bytes of documents.
const BYTES: u64 = 10_000_000;

/// A new index of 10 MB of documents. The peak is that of the process: it counts in the first operation.
pub fn new(fault: Option<Fault>) -> Operation {
    of(BYTES, fault)
}

/// A new index of a number of bytes of documents.
pub fn of(bytes: u64, fault: Option<Fault>) -> Operation {
    let scratch = Scratch::new();
    let docs = scratch.join("docs");
    documents::write(&docs, bytes.div_ceil(documents::bytes()) as usize);
    Box::new(move || {
        let folder = scratch.join("index");
        let index = Index::open(&folder).expect("there is none yet");
        let kept = (fault == Some(Fault::KeptInMemory)).then(|| vec![1_u8; (MOST << 20) as usize]);
        let report = update(&index, &docs);
        drop((std::hint::black_box(kept), index));
        fs::remove_dir_all(&folder).expect("it is this process's own");
        let above = (peak_kib() / 1024).saturating_sub(MOST);
        Outcome::new(report.bytes, [(FILES, report.files), (PASSAGES, report.passages), (RESIDENT_ABOVE, above)])
    })
}

/// The most memory that this process has had resident, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let size = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    size.expect("Linux says how much memory a process has had")
}
