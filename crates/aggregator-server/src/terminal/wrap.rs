//! Text that comes piece by piece, wrapped between words at the width of a terminal.

use std::io::{self, Write};

/// Writes text with lines of a maximum width. A longer word has a line of its own, and a line of code is not broken.
#[derive(Debug)]
pub struct WrapWriter<W> {
    out: W,
    /// The maximum width; `None` writes the text as it is.
    columns: Option<usize>,
    /// Columns of the current line that are written.
    used: usize,
    /// White space before the word that is not complete yet; written only if the word fits behind it.
    space: String,
    word: String,
    /// The beginning of the line, as far as it may be a fence.
    fence: String,
    in_code: bool,
}

impl<W: Write> WrapWriter<W> {
    /// Sets the maximum width in columns; with `None` the text is written as it is.
    pub fn new(out: W, columns: Option<usize>) -> Self {
        let (space, word, fence) = (String::new(), String::new(), String::new());
        Self { out, columns, used: 0, space, word, fence, in_code: false }
    }

    /// Writes the next piece, and all of it that can be told.
    ///
    /// # Errors
    /// Those of what is written to.
    pub fn push(&mut self, text: &str) -> io::Result<()> {
        if self.columns.is_none() {
            if let Some(last) = text.chars().next_back() {
                self.used = usize::from(last != '\n');
            }
            self.out.write_all(text.as_bytes())?;
            return self.out.flush();
        }
        for c in text.chars() {
            if c == '\n' {
                self.word_ends()?;
                // What stands at the end of a line is not seen.
                self.space.clear();
                self.line_ends()?;
            } else if c.is_whitespace() && c != '\u{a0}' {
                self.word_ends()?;
                self.space.push(c);
            } else {
                self.word.push(c);
            }
        }
        self.out.flush()
    }

    /// Writes what is left, ends the line if there is one, and gives back what was written to.
    ///
    /// # Errors
    /// Those of what is written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.word_ends()?;
        if self.used > 0 {
            self.out.write_all(b"\n")?;
        }
        self.out.flush()?;
        Ok(self.out)
    }

    fn word_ends(&mut self) -> io::Result<()> {
        let Some(columns) = self.columns.filter(|_| !self.word.is_empty()) else { return Ok(()) };
        if self.used == 0 && self.fence.is_empty() {
            self.fence.push_str(&self.word);
        }
        let width = |text: &str| console::measure_text_width(text);
        let wanted = width(&self.space) + width(&self.word);
        if self.used > 0 && self.used + wanted > columns && !self.in_code {
            self.out.write_all(b"\n")?;
            self.used = 0;
        } else {
            self.out.write_all(self.space.as_bytes())?;
            self.used += width(&self.space);
        }
        self.out.write_all(self.word.as_bytes())?;
        self.used += width(&self.word);
        self.space.clear();
        self.word.clear();
        Ok(())
    }

    fn line_ends(&mut self) -> io::Result<()> {
        self.in_code ^= self.fence.starts_with("```") || self.fence.starts_with("~~~");
        self.fence.clear();
        self.used = 0;
        self.out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrapped(pieces: &[&str], columns: Option<usize>) -> String {
        let mut out = Vec::new();
        let mut text = WrapWriter::new(&mut out, columns);
        pieces.iter().try_for_each(|piece| text.push(piece)).unwrap();
        text.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_end_between_words() {
        assert_eq!(wrapped(&["one two three four"], Some(9)), "one two\nthree\nfour\n");
        assert_eq!(wrapped(&["a-very-long-word and more"], Some(8)), "a-very-long-word\nand more\n");
        assert_eq!(wrapped(&["  indented\n\nnext"], Some(20)), "  indented\n\nnext\n");
        assert_eq!(wrapped(&["日本語 の 文章"], Some(9)), "日本語 の\n文章\n");
    }

    #[test]
    fn lines_of_code_are_left_alone() {
        let code = "```sh\ncargo run --release -p x -- ask\n```\nand then a word\n";
        assert_eq!(wrapped(&[code], Some(10)), code.replace("a word", "a\nword"));
    }

    #[test]
    fn what_is_no_terminal_gets_the_text_as_it_is() {
        assert_eq!(wrapped(&["one  two", " \nthree\n"], None), "one  two \nthree\n");
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(text in "[a-z \\n`日]{0,60}", at in 0_usize..60, columns in 1_usize..30) {
            let at = text.floor_char_boundary(at.min(text.len()));
            let (before, after) = text.split_at(at);
            prop_assert_eq!(wrapped(&[before, after], Some(columns)), wrapped(&[&text], Some(columns)));
        }

        #[test]
        fn no_word_is_lost(text in "\\PC{0,80}", columns in 1_usize..30) {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&wrapped(&[&text], Some(columns))), words(&text));
        }
    }
}
