//! An index brought up to date with the files of folders.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::Hasher as _;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aggregator_core::Settings;
use aggregator_documents::{DecodeResult, DocumentKind, ParsedPassage, decode, parse};
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::error::IndexError;
use crate::files::pdf;
use crate::files::walk::{FileCandidate, FileStamp, WalkEntry, nanoseconds, walk};
use crate::language::LanguageTracker;
use crate::location::address;
use crate::options::{Options, Pdf};
use crate::progress::{Progress, Stage};
use crate::report::{Report, SkipReason};
use crate::store::generation;
use crate::store::lock::Lock;
use crate::store::manifest::Entry;
use crate::store::schema::path_bytes;
use crate::store::snapshot::Snapshot;
use crate::store::writer::Writer;

/// The caller's callback: receives the progress of an update and returns whether to go on.
pub(crate) type ProgressCallback<'a> = &'a mut dyn FnMut(&Progress) -> ControlFlow<()>;

/// Brings the index in `root` up to date.
pub(crate) fn update(
    root: &Path,
    folders: &[PathBuf],
    options: &Options,
    on_progress: ProgressCallback<'_>,
) -> Result<Report, IndexError> {
    options.check()?;
    let folders = resolve(folders)?;
    fs::create_dir_all(root).map_err(IndexError::storage(root, "created"))?;
    let mut progress = Progress::new();
    let _lock = Lock::take(root, || match options.wait {
        true => on_progress(&Progress { stage: Stage::Waiting, ..progress }),
        false => ControlFlow::Break(()),
    })?;
    let before = existing(root)?;
    let rebuilt = before.is_none() && generation::newest(root).map_err(IndexError::storage(root, "opened"))?.is_some();
    let mut report = Report { rebuilt, ..Report::default() };
    let Some(candidates) = find_files(root, &folders, options, &mut progress, &mut report, on_progress) else {
        report.stopped = true;
        if let Some(before) = &before {
            report.files = before.manifest()?.len() as u64;
            report.passages = before.passages();
        }
        return Ok(report);
    };
    let _unpublished = generation::BuildGuard(root);
    let (opened, entries) = match before {
        Some(before) => {
            let entries = before.manifest()?;
            (before, entries)
        }
        None => {
            let building = generation::begin(root).map_err(IndexError::storage(root, "created"))?;
            (Snapshot::create(root, &building)?, BTreeMap::new())
        }
    };
    let new = opened.generation().is_none();
    let mut run = UpdateRun { opened: &opened, writer: None, entries, report, progress };
    run.read(candidates, options, on_progress)?;
    run.progress.stage = Stage::Writing;
    let _ = on_progress(&run.progress);
    // An index without files is published too: a search then finds nothing, instead of failing with `NotBuilt`.
    if new {
        run.writer()?;
    }
    let UpdateRun { writer, mut report, entries, .. } = run;
    if let Some(writer) = writer {
        writer.commit()?;
    }
    report.files = entries.len() as u64;
    report.passages = opened.reloaded()?.passages();
    drop(opened);
    if new {
        generation::publish(root).map_err(IndexError::storage(root, "published"))?;
    }
    Ok(report)
}

/// The newest index, if this version can read it and it is intact. A damaged one is built anew; an error of the system is
/// returned.
fn existing(root: &Path) -> Result<Option<Snapshot>, IndexError> {
    let Some(generation) = generation::readable(root).map_err(IndexError::storage(root, "opened"))? else {
        return Ok(None);
    };
    generation::remove_old(root, generation.number);
    match Snapshot::open(root, generation).and_then(|opened| opened.manifest().map(|_| opened)) {
        Ok(opened) => Ok(Some(opened)),
        Err(IndexError::Engine { .. }) => Ok(None),
        Err(IndexError::Storage { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The absolute paths of the folders.
fn resolve(folders: &[PathBuf]) -> Result<Vec<PathBuf>, IndexError> {
    if folders.is_empty() {
        return Err(IndexError::NoFolders);
    }
    let mut resolved = Vec::new();
    for folder in folders {
        let path =
            fs::canonicalize(folder).map_err(|source| IndexError::Folder { path: folder.as_path().into(), source })?;
        if !resolved.contains(&path) {
            resolved.push(path);
        }
    }
    Ok(resolved)
}

/// The files of the folders; `None` if the caller stopped the update.
fn find_files(
    root: &Path,
    folders: &[PathBuf],
    options: &Options,
    progress: &mut Progress,
    report: &mut Report,
    on_progress: ProgressCallback<'_>,
) -> Option<Vec<FileCandidate>> {
    let own = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let mut candidates = Vec::new();
    let mut flow = on_progress(progress);
    if flow.is_continue() {
        walk(folders, options.max_file_bytes, |found| {
            match found {
                // The index may be in a folder that it indexes.
                WalkEntry::File(file) if file.path.starts_with(&own) => {}
                WalkEntry::File(file) if file.kind == DocumentKind::Pdf && options.pdf == Pdf::Off => {
                    report.skip_kind("pdf".into());
                }
                WalkEntry::File(file) => {
                    progress.files_found += 1;
                    progress.bytes_found += file.stamp.size;
                    candidates.push(file);
                }
                WalkEntry::Skipped(path, reason) => report.skip(path, reason),
                WalkEntry::OtherKind(extension) => report.skip_kind(extension),
            }
            // Each callback has a cost.
            if progress.files_found.is_multiple_of(64) {
                flow = on_progress(progress);
            }
            flow.is_continue()
        });
    }
    flow.is_continue().then_some(candidates)
}

struct UpdateRun<'a> {
    opened: &'a Snapshot,
    /// Made for the first change.
    writer: Option<Writer>,
    /// The files that are indexed.
    entries: BTreeMap<Vec<u8>, Entry>,
    report: Report,
    progress: Progress,
}

/// The content of a file, with its stamp and the time of reading.
struct Content {
    stamp: FileStamp,
    read: i64,
    bytes: Vec<u8>,
}

impl UpdateRun<'_> {
    fn writer(&mut self) -> Result<&Writer, IndexError> {
        match &mut self.writer {
            Some(writer) => Ok(writer),
            empty => Ok(empty.insert(self.opened.writer()?)),
        }
    }

    fn read(
        &mut self,
        candidates: Vec<FileCandidate>,
        options: &Options,
        on_progress: ProgressCallback<'_>,
    ) -> Result<(), IndexError> {
        let program = match &options.pdf {
            Pdf::Auto => pdf::installed(),
            Pdf::Program(program) => Some(program.clone()),
            Pdf::Off => None,
        };
        // What is left at the end was deleted.
        let mut gone = std::mem::take(&mut self.entries);
        let mut stopped = false;
        self.progress.stage = Stage::Reading;
        for candidate in candidates {
            if on_progress(&self.progress).is_break() {
                stopped = true;
                break;
            }
            let before = gone.remove(path_bytes(&candidate.path));
            if let Err(error) = self.file(&candidate, before, options, program.as_deref()) {
                return Err(match self.writer.take() {
                    Some(writer) => writer.cause(error),
                    None => error,
                });
            }
            self.progress.files_done += 1;
            self.progress.bytes_done += candidate.stamp.size;
        }
        if stopped {
            // Files that were not reached keep their entries.
            self.report.stopped = true;
            self.entries.append(&mut gone);
            return Ok(());
        }
        for path in gone.into_keys() {
            self.writer()?.remove(&path);
            self.report.removed += 1;
        }
        Ok(())
    }

    /// Brings one file up to date.
    fn file(
        &mut self,
        candidate: &FileCandidate,
        before: Option<Entry>,
        options: &Options,
        program: Option<&Path>,
    ) -> Result<(), IndexError> {
        let path = &candidate.path;
        let key = path_bytes(path);
        if let Some(entry) = before
            && entry.is_still(candidate.stamp)
        {
            self.entries.insert(key.to_owned(), entry);
            self.report.unchanged += 1;
            return Ok(());
        }
        match self.changed(candidate, before, options, program)? {
            None => {}
            Some(reason) => {
                if before.is_some() {
                    self.writer()?.remove(key);
                    self.report.removed += 1;
                }
                self.report.skip(path.clone(), reason);
            }
        }
        Ok(())
    }

    /// Reads a file that is new or may have changed; returns why it cannot be indexed.
    fn changed(
        &mut self,
        candidate: &FileCandidate,
        before: Option<Entry>,
        options: &Options,
        program: Option<&Path>,
    ) -> Result<Option<SkipReason>, IndexError> {
        let path = &candidate.path;
        // Room for the part after `#`.
        if address(path, None).is_none_or(|url| url.len() > Settings::MAX_URL_BYTES - MAX_FRAGMENT) {
            return Ok(Some(SkipReason::LongPath));
        }
        let content = match read_file(path, options.max_file_bytes) {
            Ok(content) => content,
            Err(reason) => return Ok(Some(reason)),
        };
        self.report.read += 1;
        self.report.bytes += content.bytes.len() as u64;
        let mut digest = SipHasher13::new();
        digest.write(&content.bytes);
        let entry = Entry { stamp: content.stamp, hash: digest.finish128().as_u128(), read: content.read };
        if let Some(before) = before
            && before.hash == entry.hash
        {
            self.report.unchanged += 1;
            return self.touched(path, before, entry).map(|()| None);
        }
        let converted;
        let bytes = match (candidate.kind, program) {
            (DocumentKind::Pdf, None) => {
                // Counted, not listed: there may be thousands, with one remedy for all.
                self.report.pdf_without_program += 1;
                if before.is_some() {
                    self.writer()?.remove(path_bytes(path));
                    self.report.removed += 1;
                }
                return Ok(None);
            }
            (DocumentKind::Pdf, Some(program)) => {
                match pdf::text(program, path, options.max_file_bytes, options.pdf_timeout) {
                    Ok(text) => converted = text,
                    Err(error) => return Ok(Some(SkipReason::Pdf(error))),
                }
                &converted
            }
            _ => &content.bytes,
        };
        let text = match decode(bytes, candidate.kind == DocumentKind::Html) {
            DecodeResult::Binary => return Ok(Some(SkipReason::Binary)),
            DecodeResult::Text { text, lossy } => {
                self.report.lossy += u64::from(lossy);
                text
            }
        };
        let writer = self.writer()?;
        if before.is_some() {
            writer.remove(path_bytes(path));
        }
        let passages = add_document(writer, path, candidate.kind, &text)?;
        writer.record(path_bytes(path), &entry)?;
        self.entries.insert(path_bytes(path).to_owned(), entry);
        self.report.indexed += 1;
        self.progress.passages += passages;
        Ok(None)
    }

    /// Records the new time of a file with unchanged content, if that saves reading it the next time.
    fn touched(&mut self, path: &Path, before: Entry, now: Entry) -> Result<(), IndexError> {
        let entry = match now.is_settled() && now != before {
            true => {
                let writer = self.writer()?;
                writer.forget(path_bytes(path));
                writer.record(path_bytes(path), &now)?;
                now
            }
            false => before,
        };
        self.entries.insert(path_bytes(path).to_owned(), entry);
        Ok(())
    }
}

/// Maximum number of passages of a file that are held in memory.
const MAX_BATCH_PASSAGES: usize = 512;

/// Adds the passages of a document; returns how many there are.
fn add_document(writer: &Writer, path: &Path, kind: DocumentKind, text: &str) -> Result<u64, IndexError> {
    let mut languages = LanguageTracker::new();
    let mut ordinal = 0;
    let mut result = Ok(());
    let mut flush = |pieces: &mut Vec<ParsedPassage>| {
        for (piece, language) in pieces.iter().zip(languages.assign(pieces)) {
            if result.is_ok() {
                result = writer.passage(path, ordinal, piece, language);
            }
            ordinal += 1;
        }
        pieces.clear();
    };
    let mut pieces = Vec::new();
    parse(kind, text, &mut |piece| {
        pieces.push(piece);
        if pieces.len() == MAX_BATCH_PASSAGES {
            flush(&mut pieces);
        }
    });
    flush(&mut pieces);
    result.map(|()| ordinal)
}

/// Maximum length in bytes of the fragment of an address: an anchor of 200 bytes, each escaped.
const MAX_FRAGMENT: usize = 640;

fn read_file(path: &Path, largest: u64) -> Result<Content, SkipReason> {
    let unreadable = |error: std::io::Error| SkipReason::Unreadable(error.to_string());
    let read = nanoseconds(SystemTime::now());
    let file = File::open(path).map_err(unreadable)?;
    // The metadata of the opened file: the path may name another file by now.
    let metadata = file.metadata().map_err(unreadable)?;
    let stamp = FileStamp::from_metadata(&metadata);
    let mut bytes = Vec::with_capacity(stamp.size.min(largest) as usize + 1);
    file.take(largest + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > largest {
        return Err(SkipReason::TooLarge { bytes: stamp.size.max(bytes.len() as u64), largest });
    }
    Ok(Content { stamp, read, bytes })
}
