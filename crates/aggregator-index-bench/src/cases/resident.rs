//! Resident memory while many documents are indexed.

use std::fs;

use aggregator_index::Index;

use super::builds::update_index;
use super::metrics::{FILES, PASSAGES, RESIDENT_ABOVE};
use crate::case::{Operation, Outcome};
use crate::documents;
use crate::fault::Fault;
use crate::scratch::ScratchDir;

/// Limit of the peak of resident memory in MiB, for any number of documents. The record is the excess over a limit, because
/// the peak varies by some MiB from run to run: it depends on thread scheduling and includes mapped pages of files.
const MAX_RESIDENT_MIB: u64 = 64;

/// Size of the documents in bytes.
const DOCUMENT_BYTES: u64 = 10_000_000;

/// Sets up the build of an index of 10 MB of documents. The peak is that of the process, so only the first operation of a
/// process is meaningful.
pub fn prepare(fault: Option<Fault>) -> Operation {
    prepare_with_bytes(DOCUMENT_BYTES, fault)
}

/// Sets up the build of an index of at least `bytes` bytes of documents.
pub fn prepare_with_bytes(bytes: u64, fault: Option<Fault>) -> Operation {
    let scratch = ScratchDir::new();
    let docs = scratch.join("docs");
    documents::write_copies(&docs, bytes.div_ceil(documents::total_bytes()) as usize);
    Box::new(move || {
        let folder = scratch.join("index");
        let index = Index::open(&folder).expect("there is none yet");
        let retained = (fault == Some(Fault::RetainedMemory)).then(|| vec![1_u8; (MAX_RESIDENT_MIB << 20) as usize]);
        let report = update_index(&index, &docs);
        drop((std::hint::black_box(retained), index));
        fs::remove_dir_all(&folder).expect("it is this process's own");
        let above = (peak_kib() / 1024).saturating_sub(MAX_RESIDENT_MIB);
        Outcome::new(report.bytes, [(FILES, report.files), (PASSAGES, report.passages), (RESIDENT_ABOVE, above)])
    })
}

/// Peak of resident memory of this process in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let size = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    size.expect("Linux says how much memory a process has had")
}
