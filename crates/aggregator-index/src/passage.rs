//! A passage: a part of a document.

use std::path::PathBuf;

use aggregator_words::Language;

/// A passage: a part of a document, with its address and its score.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// File that the passage is in.
    pub path: PathBuf,
    /// Address of the passage: `file:///…`, and after `#` the anchor.
    pub url: String,
    /// The title of the document; the name of the file, where it has none.
    pub title: String,
    /// The headings that it stands under, from the outermost.
    pub headings: Vec<String>,
    /// What comes after `#` in its address: the anchor of a heading, `L10` for a line, `page=3`.
    pub anchor: Option<String>,
    /// Text of the passage, at most 1,800 bytes; code is between fences.
    pub text: String,
    /// The language of its prose.
    pub language: Language,
    /// Number of the passage in the file, counted from 0.
    pub ordinal: u32,
    /// The line of the file that it begins on, counted from 1.
    pub line: u32,
    /// How well it answers the query; comparable within one search only.
    pub score: f32,
}

impl Passage {
    /// The title and the headings below it: `Guide › Install › Linux`.
    pub fn full_title(&self) -> String {
        let mut title = self.title.clone();
        let repeated = self.headings.first().is_some_and(|heading| *heading == self.title);
        for heading in self.headings.iter().skip(usize::from(repeated)) {
            title.extend([" › ", heading]);
        }
        title
    }
}
