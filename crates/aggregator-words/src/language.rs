//! Languages with stems.

/// A language whose words have stems here: one that Snowball has an algorithm for, and that can be detected.
///
/// The order is that of the declaration, so a table may be indexed with `language as usize`.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names of the variants are the names of the languages")]
pub enum Language {
    English,
    German,
    French,
    Spanish,
    Italian,
    Portuguese,
    Dutch,
    Swedish,
    /// Bokmål and Nynorsk.
    Norwegian,
    Danish,
    Finnish,
    Russian,
    Turkish,
    Arabic,
    Hungarian,
    Romanian,
    Greek,
    Polish,
    Czech,
    Catalan,
    Indonesian,
    Armenian,
    Esperanto,
    Estonian,
    Hindi,
    Lithuanian,
    Nepali,
    Persian,
    Serbian,
    Tamil,
    Yiddish,
    /// Any other language, several at once, or none.
    Other,
}

impl Language {
    /// Every language, in the order of the declaration.
    pub const ALL: &[Self] = &[
        Self::English,
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Italian,
        Self::Portuguese,
        Self::Dutch,
        Self::Swedish,
        Self::Norwegian,
        Self::Danish,
        Self::Finnish,
        Self::Russian,
        Self::Turkish,
        Self::Arabic,
        Self::Hungarian,
        Self::Romanian,
        Self::Greek,
        Self::Polish,
        Self::Czech,
        Self::Catalan,
        Self::Indonesian,
        Self::Armenian,
        Self::Esperanto,
        Self::Estonian,
        Self::Hindi,
        Self::Lithuanian,
        Self::Nepali,
        Self::Persian,
        Self::Serbian,
        Self::Tamil,
        Self::Yiddish,
        Self::Other,
    ];

    /// Code of the language in ISO 639-1; `und` (undetermined, of ISO 639-2) for [`Other`](Self::Other).
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Italian => "it",
            Self::Portuguese => "pt",
            Self::Dutch => "nl",
            Self::Swedish => "sv",
            Self::Norwegian => "no",
            Self::Danish => "da",
            Self::Finnish => "fi",
            Self::Russian => "ru",
            Self::Turkish => "tr",
            Self::Arabic => "ar",
            Self::Hungarian => "hu",
            Self::Romanian => "ro",
            Self::Greek => "el",
            Self::Polish => "pl",
            Self::Czech => "cs",
            Self::Catalan => "ca",
            Self::Indonesian => "id",
            Self::Armenian => "hy",
            Self::Esperanto => "eo",
            Self::Estonian => "et",
            Self::Hindi => "hi",
            Self::Lithuanian => "lt",
            Self::Nepali => "ne",
            Self::Persian => "fa",
            Self::Serbian => "sr",
            Self::Tamil => "ta",
            Self::Yiddish => "yi",
            Self::Other => "und",
        }
    }

    /// The language of a code or of a tag that begins with one (`de`, `DE`, `de-AT`, `nb`, `und`), if it is one of
    /// these.
    pub fn from_code(code: &str) -> Option<Self> {
        let primary = code.split(['-', '_']).next()?;
        // Both written forms of Norwegian have one stemmer.
        let primary = match primary.eq_ignore_ascii_case("nb") || primary.eq_ignore_ascii_case("nn") {
            true => "no",
            false => primary,
        };
        Self::ALL.iter().copied().find(|language| language.code().eq_ignore_ascii_case(primary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_is_listed_once_and_found_by_its_code() {
        for (index, &language) in Language::ALL.iter().enumerate() {
            assert_eq!(language as usize, index);
            assert_eq!(Language::from_code(language.code()), Some(language));
            assert_eq!(Language::from_code(&language.code().to_uppercase()), Some(language));
        }
        assert_eq!(Language::ALL.last(), Some(&Language::Other));
    }

    #[test]
    fn tags_begin_with_a_code_and_what_is_unknown_is_none() {
        for (tag, language) in [
            ("de-AT", Some(Language::German)),
            ("pt_BR", Some(Language::Portuguese)),
            ("nb", Some(Language::Norwegian)),
            ("nn-NO", Some(Language::Norwegian)),
            ("zh-Hant", None),
            ("", None),
            ("-de", None),
            ("english", None),
        ] {
            assert_eq!(Language::from_code(tag), language, "{tag:?}");
        }
    }
}
