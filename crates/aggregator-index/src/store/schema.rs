//! The schema of the index.

use tantivy::schema::{
    BytesOptions, FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

use crate::store::tokenizer::NAME;

/// The fields. A document is a passage or a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    /// Of a passage: the code of its language, a line feed, and its text.
    pub(crate) body: Field,
    /// Of a passage: the code of its language, a line feed, and the title, the headings and the name of its file,
    /// between [`SEPARATOR`]s.
    pub(crate) head: Field,
    /// Of a passage: the code of its language.
    pub(crate) language: Field,
    /// Of a passage: what comes after `#` in its address.
    pub(crate) anchor: Field,
    /// Of a passage: the path of its file.
    pub(crate) passage_of: Field,
    /// Of a passage: the line that it begins on.
    pub(crate) line: Field,
    /// Of a passage: a digest of the path, and in the lowest [`ORDINAL_BITS`] bits its number in the file. It orders
    /// passages that are equally good in the same way in every index.
    pub(crate) order: Field,
    /// Of a passage: 1 if its file is a program or configuration, 0 if it is documentation.
    pub(crate) program: Field,
    /// Of a file: its path.
    pub(crate) file: Field,
    pub(crate) size: Field,
    pub(crate) modified: Field,
    pub(crate) hash_high: Field,
    pub(crate) hash_low: Field,
    /// Of a file: when it was read.
    pub(crate) read: Field,
}

/// Between the parts of a head and its headings; not in them, because headings have no control characters.
pub(crate) const SEPARATOR: char = '\u{1f}';
/// Between headings.
pub(crate) const HEADING_SEPARATOR: char = '\u{1e}';
/// Bits of the number of a passage in its file.
pub(crate) const ORDINAL_BITS: u32 = 24;

pub(crate) const LINE: &str = "line";
pub(crate) const ORDER: &str = "order";
pub(crate) const PROGRAM: &str = "program";
pub(crate) const PASSAGE_OF: &str = "passage_of";
pub(crate) const FILE: &str = "file";
pub(crate) const SIZE: &str = "size";
pub(crate) const MODIFIED: &str = "modified";
pub(crate) const HASH_HIGH: &str = "hash_high";
pub(crate) const HASH_LOW: &str = "hash_low";
pub(crate) const READ: &str = "read";

impl Fields {
    pub(crate) fn schema() -> (Schema, Self) {
        let mut builder = Schema::builder();
        let words =
            TextFieldIndexing::default().set_tokenizer(NAME).set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let text = TextOptions::default().set_indexing_options(words).set_stored();
        let path = BytesOptions::default().set_indexed().set_fast();
        let fields = Self {
            body: builder.add_text_field("body", text.clone()),
            head: builder.add_text_field("head", text),
            language: builder.add_text_field("language", STRING),
            anchor: builder.add_text_field("anchor", STORED),
            passage_of: builder.add_bytes_field(PASSAGE_OF, path.clone()),
            line: builder.add_u64_field(LINE, FAST),
            order: builder.add_u64_field(ORDER, FAST),
            program: builder.add_u64_field(PROGRAM, FAST),
            file: builder.add_bytes_field(FILE, path),
            size: builder.add_u64_field(SIZE, FAST),
            modified: builder.add_i64_field(MODIFIED, FAST),
            hash_high: builder.add_u64_field(HASH_HIGH, FAST),
            hash_low: builder.add_u64_field(HASH_LOW, FAST),
            read: builder.add_i64_field(READ, FAST),
        };
        (builder.build(), fields)
    }
}

/// The bytes of a path, which need not be UTF-8.
#[cfg(unix)]
pub(crate) fn path_bytes(path: &std::path::Path) -> &[u8] {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes()
}

/// The path of bytes.
#[cfg(unix)]
pub(crate) fn bytes_path(bytes: &[u8]) -> std::path::PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(bytes).into()
}

/// The bytes of a path; where it is no Unicode, those of a name that no file has, which is then read again each time.
#[cfg(not(unix))]
pub(crate) fn path_bytes(path: &std::path::Path) -> &[u8] {
    path.to_str().unwrap_or("\0").as_bytes()
}

/// The path of bytes.
#[cfg(not(unix))]
pub(crate) fn bytes_path(bytes: &[u8]) -> std::path::PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}
