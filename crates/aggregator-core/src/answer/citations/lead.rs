//! What the word before brackets says of what is in them.

/// What a word leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// Nothing is known.
    Any,
    /// No number in brackets is a citation: it is what a program returns, or behind a command of TeX.
    Code,
    /// A list of numbers is an interval, a vector, a result.
    List,
    /// A list of numbers may be one.
    PerhapsList,
    /// A number may be that of a table, a paragraph, a key.
    Place,
}

/// Longest word that is known, in bytes.
const LONGEST: usize = 16;

/// What the last word of a text leads to. The text ends in no white space.
pub(super) fn lead(before: &str) -> Lead {
    let (text, mark) = match before.as_bytes().last() {
        Some(b':') => (&before[..before.len() - 1], ':'),
        Some(b'.') => (&before[..before.len() - 1], '.'),
        _ => (before, ' '),
    };
    let word = &text[text.trim_end_matches(char::is_alphabetic).len()..];
    if text[..text.len() - word.len()].ends_with('\\') {
        return Lead::Code;
    }
    let starts_large = word.starts_with(|c: char| c.is_ascii_uppercase());
    let mut lower = [0; LONGEST];
    let known = match lower.get_mut(..word.len()) {
        Some(lower) if word.is_ascii() => {
            lower.copy_from_slice(word.as_bytes());
            lower.make_ascii_lowercase();
            of_ascii(lower, starts_large, mark)
        }
        Some(_) => of_others(word),
        None => Lead::Any,
    };
    match (known, mark) {
        (Lead::Any | Lead::PerhapsList, ':') => Lead::PerhapsList,
        (Lead::List | Lead::PerhapsList, '.') => Lead::Any,
        (known, _) => known,
    }
}

/// A word in lower case, whether it begins with a capital, and what follows it.
fn of_ascii(word: &[u8], starts_large: bool, mark: char) -> Lead {
    match word {
        b"array" | b"arrays" | b"axis" | b"bereich" | b"box" | b"ci" | b"class" | b"domain" | b"iqr" | b"index"
        | b"indices" | b"intervall" | b"intervalle" | b"intervalo" | b"interval" | b"intervals" | b"ki" | b"list"
        | b"liste" | b"lists" | b"matrix" | b"pattern" | b"point" | b"points" | b"range" | b"ranges" | b"regex"
        | b"row" | b"rows" | b"scale" | b"sequence" | b"set" | b"shape" | b"shapes" | b"size" | b"skala" | b"slice"
        | b"tuple" | b"vecteur" | b"vector" | b"vectors" | b"vektor" => Lead::List,
        b"return" if mark == ' ' => Lead::Code,
        b"equals" | b"gives" | b"outputs" | b"prints" | b"returns" | b"yields" => Lead::List,
        b"are" | b"between" | b"for" | b"from" | b"in" | b"is" | b"on" | b"over" | b"was" | b"were" | b"within" => {
            Lead::PerhapsList
        }
        // Abbreviations, which are words of a sentence without a dot, or at its end.
        b"abb" | b"art" | b"eq" | b"fig" | b"nr" | b"par" | b"para" | b"paras" | b"rn" | b"rz" if mark == '.' => {
            Lead::Place
        }
        _ if mark == '.' => Lead::Any,
        b"at" | b"para" | b"paragraph" | b"paragraphs" | b"paras" | b"press" | b"rn" | b"rz" => Lead::Place,
        // In small letters they are words of a sentence more often.
        b"button" | b"chapter" | b"equation" | b"example" | b"exercise" | b"fig" | b"figure" | b"item" | b"key"
        | b"line" | b"option" | b"page" | b"question" | b"rule" | b"section" | b"step" | b"table" | b"theorem"
        | b"verse"
            if starts_large =>
        {
            Lead::Place
        }
        _ => Lead::Any,
    }
}

fn of_others(word: &str) -> Lead {
    let is = |known: &str| known.chars().eq(word.chars().flat_map(char::to_lowercase));
    if ["интервал", "вектор"].into_iter().any(is) { Lead::List } else { Lead::Any }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_and_its_mark_decide() {
        for (before, leads) in [
            ("", Lead::Any),
            ("so it is said", Lead::Any),
            ("on the Interval", Lead::List),
            ("a wide range.", Lead::Any),
            ("Интервал", Lead::List),
            ("(95 % CI:", Lead::List),
            ("values:", Lead::PerhapsList),
            ("it prints", Lead::List),
            ("return", Lead::Code),
            ("for x in", Lead::PerhapsList),
            ("so it is.", Lead::Any),
            ("Smith v Jones, at", Lead::Place),
            ("see Rn.", Lead::Place),
            ("modern art", Lead::Any),
            ("on the table.", Lead::Any),
            ("on the table", Lead::Any),
            ("see Table", Lead::Place),
            (r"$t \in", Lead::Code),
            ("incomprehensibility", Lead::Any),
        ] {
            assert_eq!(lead(before), leads, "{before}");
        }
    }
}
