//! The allocations in dhat's file, by stack.
//!
//! The file is JSON, `dhatFileVersion` 2, as the crate dhat and valgrind's tool of that name write it. A program point is a stack
//! with the blocks and bytes that were allocated there. Its frames are `address: function (file:line:column)`, innermost first.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::name::{with_file, without_hash};
use crate::stacks::{Stacks, Unit};

/// The used part of the file.
#[derive(Deserialize)]
struct File {
    #[serde(rename = "dhatFileVersion")]
    version: u32,
    pps: Vec<ProgramPoint>,
    ftbl: Vec<String>,
}

#[derive(Deserialize)]
struct ProgramPoint {
    tb: u64,
    tbk: u64,
    fs: Vec<usize>,
}

/// The allocations of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocations {
    frames: Vec<Frame>,
    points: Vec<Point>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Point {
    blocks: u64,
    bytes: u64,
    /// Indices of frames, innermost first.
    stack: Vec<usize>,
}

/// A frame of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Frame {
    /// The function with its file, as bars show it: inlined functions have no path in their names.
    shown: String,
    /// The function without hash; the whole text if it has another form.
    function: String,
    /// The file, as dhat shortens it: its last folders.
    file: String,
    line: u64,
}

/// A function that allocates, and how much of that is allocated by what it calls in other places than the named source files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    /// Blocks, freed or not.
    pub blocks: u64,
    /// Bytes, freed or not.
    pub bytes: u64,
    /// The lines that it happens in, ascending, from 1.
    pub lines: Vec<u64>,
}

/// The site of allocations for which no frame is in the named source files.
pub const ELSEWHERE: &str = "elsewhere";

/// Why a text is no such file.
#[derive(Debug, thiserror::Error)]
pub enum DhatError {
    /// The text is not JSON of this form.
    #[error("{0}")]
    Form(#[from] serde_json::Error),
    /// Another version of the format.
    #[error("`dhatFileVersion` is {0}, and only 2 is known")]
    Version(u32),
    /// A stack has a frame that the table does not have.
    #[error("frame {frame} of stack {stack} is not in the table of {frames} frames")]
    NoFrame {
        /// The stack, from 0.
        stack: usize,
        /// The index that it has.
        frame: usize,
        /// The number of frames in the table.
        frames: usize,
    },
    /// More than 64 bits hold.
    #[error("the blocks or bytes of all stacks are more than 64 bits hold")]
    Overflow,
}

/// Reads a file.
///
/// # Errors
/// If the text is not such a file.
pub fn parse(text: &str) -> Result<Allocations, DhatError> {
    let file: File = serde_json::from_str(text)?;
    if file.version != 2 {
        return Err(DhatError::Version(file.version));
    }
    let (mut blocks, mut bytes) = (0_u64, 0_u64);
    for (stack, point) in file.pps.iter().enumerate() {
        let frames = file.ftbl.len();
        if let Some(&frame) = point.fs.iter().find(|&&frame| frame >= frames) {
            return Err(DhatError::NoFrame { stack, frame, frames });
        }
        blocks = blocks.checked_add(point.tbk).ok_or(DhatError::Overflow)?;
        bytes = bytes.checked_add(point.tb).ok_or(DhatError::Overflow)?;
    }
    let point = |point: ProgramPoint| Point { blocks: point.tbk, bytes: point.tb, stack: point.fs };
    Ok(Allocations {
        frames: file.ftbl.iter().map(|text| Frame::parse(text)).collect(),
        points: file.pps.into_iter().map(point).collect(),
    })
}

impl Frame {
    /// Parses `0x55f7: item<T> (mocks/src/model.rs:73:44)`.
    fn parse(text: &str) -> Self {
        let rest = text.split_once(": ").map_or(text, |(_, rest)| rest);
        let (function, place) = match rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
            Some((function, place)) if text.contains(": ") => (function, place),
            _ => (rest, ""),
        };
        let function = without_hash(function).to_owned();
        let mut parts = place.split(':');
        let file = parts.next().unwrap_or_default().to_owned();
        let line = parts.next().and_then(|line| line.parse().ok()).unwrap_or(0);
        let shown = if file.is_empty() { function.clone() } else { with_file(&function, &file) };
        Self { shown, function, file, line }
    }

    /// The frame as `function in path`, if its file is one of `files`. What the compiler makes of `#[global_allocator]` has the file
    /// of that line, and is where all memory comes from; unoptimised it is a frame of its own.
    fn within(&self, files: &[String]) -> Option<String> {
        let is_allocator = self.function.starts_with("__rustc") || self.function.starts_with("__rust_");
        if self.file.is_empty() || is_allocator {
            return None;
        }
        let end = format!("/{}", self.file);
        let path = files.iter().find(|path| **path == self.file || path.ends_with(&end))?;
        // Without types, which may be longer than everything else.
        let name = self.function.split('<').next().filter(|name| !name.is_empty()).unwrap_or(&self.function);
        Some(format!("{name} in {path}"))
    }
}

impl Allocations {
    /// The stacks, by blocks or by bytes. A stack is cut if it does not begin in the outermost function of the shortest one: dhat
    /// keeps the inner frames of a stack only.
    pub fn stacks(&self, unit: Unit) -> Stacks {
        let mut stacks = Stacks::new(unit, 1);
        let outermost = |point: &Point| point.stack.last().map(|&frame| self.frames[frame].function.as_str());
        let shortest = self.points.iter().filter(|point| !point.stack.is_empty()).min_by_key(|point| point.stack.len());
        let root = shortest.and_then(outermost);
        for point in &self.points {
            let cost = if unit == Unit::Bytes { point.bytes } else { point.blocks };
            let names = point.stack.iter().rev().map(|&frame| self.frames[frame].shown.as_str());
            if outermost(point) == root { stacks.add(names, cost) } else { stacks.add_cut(names, cost) }
        }
        stacks
    }

    /// Frames of the longest stack.
    pub fn depth(&self) -> usize {
        self.points.iter().map(|point| point.stack.len()).max().unwrap_or(0)
    }

    /// Allocations by their innermost frame in `files`, the paths of source files with `/`, as `function in path`. What has no
    /// such frame is [`ELSEWHERE`].
    pub fn sites(&self, files: &[String]) -> BTreeMap<String, Site> {
        let within: Vec<Option<String>> = self.frames.iter().map(|frame| frame.within(files)).collect();
        let mut sites: BTreeMap<String, Site> = BTreeMap::new();
        for point in &self.points {
            let innermost =
                point.stack.iter().find_map(|&frame| Some((within[frame].clone()?, self.frames[frame].line)));
            let (name, line) = innermost.unwrap_or_else(|| (ELSEWHERE.to_owned(), 0));
            let site = sites.entry(name).or_default();
            site.blocks += point.blocks;
            site.bytes += point.bytes;
            if line > 0 {
                site.lines.push(line);
            }
        }
        for site in sites.values_mut() {
            site.lines.sort_unstable();
            site.lines.dedup();
        }
        sites
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shortened from dhat 0.3.3.
    const PROFILE: &str = r#"{"dhatFileVersion":2,"mode":"rust-heap",
        "pps":[{"tb":902,"tbk":200,"fs":[1,2,3]},{"tb":10,"tbk":7,"fs":[1,3]},{"tb":4,"tbk":2,"fs":[1]},{"tb":4,"tbk":1,"fs":[2]}],
        "ftbl":["[root]","0x55f75a78745f: <alloc::vec::Vec<u8> as core::clone::Clone>::clone (src/vec/mod.rs:3749:9)",
        "0x55f75a6f2302: item<mocks::model::Deltas> (mocks/src/model.rs:73:44)",
        "0x55f75a7208fb: poll (src/answer/mod.rs:84:31)"]}"#;

    #[test]
    fn sites_are_the_innermost_frames_of_the_files() {
        let files = ["crates/mocks/src/model.rs", "crates/engine/src/answer/mod.rs"].map(str::to_owned);
        let sites = parse(PROFILE).unwrap().sites(&files);
        let shown: Vec<_> =
            sites.iter().map(|(name, site)| (name.as_str(), site.blocks, site.bytes, &site.lines[..])).collect();
        let expected: [(&str, u64, u64, &[u64]); 3] = [
            (ELSEWHERE, 2, 4, &[]),
            ("item in crates/mocks/src/model.rs", 201, 906, &[73]),
            ("poll in crates/engine/src/answer/mod.rs", 7, 10, &[84]),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_line_of_the_global_allocator_is_no_site() {
        for allocator in ["__rustc::__rust_alloc", "__rustc[5224e6b81cd82a8f]::__rust_alloc", "__rust_alloc_zeroed"] {
            let text = format!(
                r#"{{"dhatFileVersion":2,"ftbl":["[root]","0x1: {allocator} (benches/heap.rs:3:1)","0x2: f (src/f.rs:2:1)"],
                "pps":[{{"tb":8,"tbk":1,"fs":[1,2]}}]}}"#
            );
            let sites = parse(&text).unwrap().sites(&["a/benches/heap.rs".to_owned(), "a/src/f.rs".to_owned()]);
            assert_eq!(sites.keys().collect::<Vec<_>>(), ["f in a/src/f.rs"], "{allocator}");
        }
    }

    #[test]
    fn stacks_that_begin_elsewhere_are_cut() {
        let text = r#"{"dhatFileVersion":2,"ftbl":["[root]","0x1: main (src/main.rs:1:1)","0x2: f (f.rs:2:1)","0x3: g"],
            "pps":[{"tb":8,"tbk":1,"fs":[2,1]},{"tb":16,"tbk":1,"fs":[3,2,1]},{"tb":1,"tbk":2,"fs":[3,3,2]}]}"#;
        let allocations = parse(text).unwrap();
        let (blocks, bytes) = (allocations.stacks(Unit::Blocks), allocations.stacks(Unit::Bytes));
        assert_eq!((blocks.root.total, blocks.cut, bytes.root.total, bytes.cut), (4, 2, 25, 1));
        assert_eq!(bytes.root.callees["main (src/main.rs)"].callees["f (f.rs)"].total, 24);
        assert_eq!((blocks.unit, bytes.unit, allocations.depth()), (Unit::Blocks, Unit::Bytes, 3));
    }

    #[test]
    fn frames_of_any_form_are_kept() {
        for (text, function, file, line) in [
            ("0x1: f::h0123456789abcdef (a.rs:7:1)", "f", "a.rs", 7),
            ("0x1: ???", "???", "", 0),
            ("[root]", "[root]", "", 0),
            ("0x1: f (a b) (c.rs)", "f (a b)", "c.rs", 0),
            ("", "", "", 0),
        ] {
            let frame = Frame::parse(text);
            assert_eq!((frame.function.as_str(), frame.file.as_str(), frame.line), (function, file, line), "{text}");
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        for (text, says) in [
            ("{}", "missing field"),
            ("", "EOF"),
            (r#"{"dhatFileVersion":1,"pps":[],"ftbl":[]}"#, "`dhatFileVersion` is 1"),
            (r#"{"dhatFileVersion":2,"pps":[{"tb":1,"tbk":1,"fs":[1]}],"ftbl":["[root]"]}"#, "frame 1 of stack 0"),
            (
                r#"{"dhatFileVersion":2,"pps":[{"tb":1,"tbk":1,"fs":[]},{"tb":18446744073709551615,"tbk":1,"fs":[]}],"ftbl":[]}"#,
                "64 bits",
            ),
            (r#"{"dhatFileVersion":2,"pps":[{"tb":-1,"tbk":1,"fs":[]}],"ftbl":[]}"#, "-1"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
        let empty = parse(r#"{"dhatFileVersion":2,"pps":[],"ftbl":[]}"#).unwrap();
        assert_eq!((empty.stacks(Unit::Blocks).root.total, empty.sites(&[]).len(), empty.depth()), (0, 0, 0));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}", frame in "\\PC{0,40}") {
            let _ = parse(&text);
            let _ = Frame::parse(&frame);
            let file = serde_json::json!({"dhatFileVersion": 2, "ftbl": [frame], "pps": [{"tb": 3, "tbk": 2, "fs": [0, 0]}]});
            let found = parse(&file.to_string()).unwrap();
            proptest::prop_assert_eq!(found.stacks(Unit::Bytes).root.total, 3);
            proptest::prop_assert_eq!(found.sites(&[]).values().map(|site| site.blocks).sum::<u64>(), 2);
        }
    }
}
