//! Scripts that are written without spaces between words.

/// Whether a character is of a script whose words are indexed as character bigrams: Chinese and Japanese, Thai, Lao,
/// Khmer, Burmese and Tibetan, which have no spaces between words; and Korean, whose words carry their particles.
pub(crate) fn uses_bigrams(c: char) -> bool {
    // Fast path: most text is below the first of these scripts.
    if c < '\u{e01}' {
        return false;
    }
    matches!(c,
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}'                  // Thai, without digits and signs
        | '\u{e81}'..='\u{ecf}' | '\u{edc}'..='\u{edf}'               // Lao
        | '\u{f40}'..='\u{f84}' | '\u{f88}'..='\u{fbc}'               // Tibetan, without tsheg
        | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{108f}' | '\u{109a}'..='\u{109d}' // Burmese and its neighbours
        | '\u{aa60}'..='\u{aa7f}' | '\u{a9e0}'..='\u{a9ef}' | '\u{a9fa}'..='\u{a9fe}'
        | '\u{1780}'..='\u{17d3}' | '\u{17d7}' | '\u{17dc}' | '\u{17dd}' // Khmer
        | '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}' // Hangul
        | '\u{3130}'..='\u{318f}' | '\u{ffa1}'..='\u{ffdc}'
        | '\u{2e80}'..='\u{2fd5}'                                     // radicals
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3031}'..='\u{3035}' | '\u{3038}'..='\u{303c}'
        | '\u{3041}'..='\u{3096}' | '\u{3099}' | '\u{309a}' | '\u{309d}'..='\u{309f}' // Hiragana
        | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' // Katakana
        | '\u{ff66}'..='\u{ff9f}' | '\u{1aff0}'..='\u{1b16f}'
        | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}'           // Bopomofo
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' // Han
        | '\u{20000}'..='\u{3ffff}')
}

/// Whether a character continues a run of bigrams: one of such a script, a combining mark or an invisible character.
pub(crate) fn continues_run(c: char) -> bool {
    uses_bigrams(c)
        || matches!(c, '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{e0100}'..='\u{e01ef}')
}
