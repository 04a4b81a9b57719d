//! The parts of an address after `#`.

use std::collections::HashMap;

/// Longest anchor in bytes, before it is escaped.
const MAX_ANCHOR: usize = 200;

/// The anchors of one document: each is given once.
#[derive(Default)]
pub(crate) struct Anchors {
    /// How often each was asked for, and those that were made of others.
    given: HashMap<String, u32>,
}

impl Anchors {
    /// The anchor of a heading, as GitHub makes it: small letters, hyphens for spaces, no punctuation; the second one
    /// with the same text ends in `-1`. (The rule is that of the package github-slugger.)
    pub(crate) fn slug(&mut self, heading: &str) -> String {
        let mut slug = String::new();
        for c in heading.trim().chars().flat_map(char::to_lowercase) {
            match c {
                ' ' => slug.push('-'),
                '-' | '_' => slug.push(c),
                // Letters with their marks, and numbers; what else there is, is punctuation or a symbol.
                _ if c.is_alphanumeric() || is_mark(c) => slug.push(c),
                _ => {}
            }
            if slug.len() >= MAX_ANCHOR {
                break;
            }
        }
        self.unique(slug)
    }

    /// `wanted`, or it with a number where it was given before.
    pub(crate) fn unique(&mut self, mut wanted: String) -> String {
        wanted.truncate(wanted.floor_char_boundary(MAX_ANCHOR));
        let Some(&last) = self.given.get(&wanted) else {
            self.given.insert(wanted.clone(), 0);
            return wanted;
        };
        // The count goes on from where it was, so that a thousand equal headings are a thousand steps.
        let mut number = last;
        let unique = loop {
            number += 1;
            let next = format!("{wanted}-{number}");
            if !self.given.contains_key(&next) {
                break next;
            }
        };
        self.given.insert(wanted, number);
        self.given.insert(unique.clone(), 0);
        unique
    }
}

/// Combining marks of the scripts that write vowels with them, and of decomposed Latin.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e31}'..='\u{e4e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_those_of_github() {
        let mut anchors = Anchors::default();
        assert_eq!(anchors.slug("Getting Started!"), "getting-started");
        assert_eq!(anchors.slug("Getting started"), "getting-started-1");
        assert_eq!(anchors.slug("getting started"), "getting-started-2");
        assert_eq!(anchors.slug("`foo_bar()` & C++"), "foo_bar--c");
        assert_eq!(anchors.slug("Größe: 1.2"), "größe-12");
        assert_eq!(anchors.slug("日本語"), "日本語");
        assert_eq!(anchors.slug("!"), "");
        assert_eq!(anchors.slug("?"), "-1");
    }

    #[test]
    fn a_made_slug_is_not_given_again() {
        let mut anchors = Anchors::default();
        assert_eq!(anchors.slug("a"), "a");
        assert_eq!(anchors.slug("a-1"), "a-1");
        assert_eq!(anchors.slug("a"), "a-2");
        assert_eq!(anchors.slug("a-1"), "a-1-1");
    }
}
