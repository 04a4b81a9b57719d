//! The resident memory of indexing many documents.

use super::builds::update;
use super::metrics::{FILES, PASSAGES, RESIDENT_ABOVE};
use super::{Operation, Outcome};
use crate::documents;
use crate::fault::Fault;
use crate::scratch::Scratch;

use aggregator_index::Index;

/// MiB that an update may have resident at its peak, however many documents there are. It is a limit and not a measured
/// value, because some MiB differ from run to run: how threads meet decides about them, and the pages of files count too.
const MOST: u64 = 80;

/// Bytes of documents.
const BYTES: u64 = 40_000_000;

/// An index of 40 MB of documents, made once.
pub fn new(fault: Option<Fault>) -> Operation {
    of(BYTES, fault)
}

/// An index of so many documents, made once.
pub fn of(bytes: u64, fault: Option<Fault>) -> Operation {
    let scratch = Scratch::new();
    let docs = scratch.join("docs");
    documents::write(&docs, bytes.div_ceil(documents::bytes()) as usize);
    let mut made = None;
    Box::new(move || {
        // Once: a second one in the same process has the peak of the first.
        *made.get_or_insert_with(|| {
            let index = Index::open(scratch.join("index")).expect("there is none yet");
            let kept = (fault == Some(Fault::KeptInMemory)).then(|| vec![1_u8; (MOST << 20) as usize]);
            let report = update(&index, &docs);
            drop(std::hint::black_box(kept));
            let above = (peak_kib() / 1024).saturating_sub(MOST);
            Outcome::new(report.bytes, [(FILES, report.files), (PASSAGES, report.passages), (RESIDENT_ABOVE, above)])
        })
    })
}

/// The most memory that this process has had resident, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let size = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    size.expect("Linux says how much memory a process has had")
}
