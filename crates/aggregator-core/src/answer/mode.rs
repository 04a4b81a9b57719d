//! What kind of answer is wanted.

/// What kind of answer is wanted: how the model is instructed to write, and which models suit best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Mode {
    /// A full account from the sources.
    #[default]
    Research,
    /// Code that works, and what is needed to use it.
    Coding,
    /// A judgement of what the sources say.
    Analysis,
    /// A text in a form of its own, whose facts are still those of the sources.
    Creative,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 4] = [Self::Research, Self::Coding, Self::Analysis, Self::Creative];

    /// The instructions for the model on how to write.
    pub(super) fn instructions(self) -> &'static str {
        match self {
            Self::Research => {
                "Give a full and plain account. Begin with the answer, then its reasons; say what remains uncertain."
            }
            Self::Coding => {
                "Give code that works, in one block, for the versions that the sources are about, and name these. Keep the \
                 prose around it short; put citations into the prose, not into the code."
            }
            Self::Analysis => {
                "Weigh the sources against each other. Keep facts and what is concluded from them apart, say how strong the \
                 evidence is, and end with what follows from it."
            }
            Self::Creative => {
                "Choose the form freely, and write for pleasure. What is stated as a fact still comes from a source and is \
                 cited."
            }
        }
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Research => "research",
            Self::Coding => "coding",
            Self::Analysis => "analysis",
            Self::Creative => "creative",
        })
    }
}

/// A word that names no mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no mode; there are research, coding, analysis and creative")]
pub struct UnknownMode {
    given: crate::text::CleanText,
}

impl std::str::FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        let unknown = || {
            let mut given = crate::text::CleanText::single_line(text);
            given.truncate(40);
            UnknownMode { given }
        };
        Self::ALL.into_iter().find(|mode| mode.to_string() == text).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_read_by_their_names() {
        for mode in Mode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
        let error = "poetry\u{1b}[2J".parse::<Mode>().unwrap_err().to_string();
        assert_eq!(error, "`poetry[2J` is no mode; there are research, coding, analysis and creative");
    }
}
