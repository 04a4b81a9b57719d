//! Forms of English verbs that no rule for endings leads back to their base.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use aggregator_words::{Language, stem};

/// The stem of a folded word, of its base form where it is an irregular form.
pub(crate) fn base_stem(word: &str, language: Language) -> Cow<'_, str> {
    let base = if language == Language::English { IRREGULAR.get(word).copied() } else { None };
    stem(base.unwrap_or(word), language)
}

/// From form to base. Forms that are as often another word (`left`, `saw`, `found`, `ground`) are not among them.
static IRREGULAR: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let pairs = "\
        ate eat, beaten beat, became become, began begin, begun begin, bit bite, bitten bite, blew blow, blown blow, \
        born bear, bought buy, bred breed, broke break, broken break, brought bring, built build, burnt burn, \
        came come, caught catch, chose choose, chosen choose, crept creep, dealt deal, drank drink, drawn draw, \
        drew draw, driven drive, drove drive, drunk drink, dug dig, eaten eat, fallen fall, fed feed, fell fall, \
        fled flee, flew fly, flown fly, forbidden forbid, forgot forget, forgotten forget, fought fight, froze freeze, \
        frozen freeze, gave give, given give, gone go, grew grow, grown grow, heard hear, held hold, hid hide, \
        hidden hide, hung hang, kept keep, knew know, known know, laid lay, learnt learn, led lead, lent lend, \
        lost lose, made make, meant mean, met meet, paid pay, proven prove, ran run, rang ring, ridden ride, \
        risen rise, rode ride, said say, sang sing, sank sink, sent send, shaken shake, shone shine, shook shake, \
        shot shoot, shown show, shrank shrink, slept sleep, sold sell, sought seek, spent spend, spoken speak, \
        sprang spring, stolen steal, stood stand, struck strike, stuck stick, sung sing, sunk sink, swam swim, \
        swept sweep, swore swear, sworn swear, taken take, taught teach, threw throw, thrown throw, told tell, \
        took take, tore tear, torn tear, understood understand, went go, wept weep, won win, wore wear, worn wear, \
        woven weave, written write, wrote write\
        ";
    pairs.split(',').filter_map(|pair| pair.trim().split_once(' ')).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn irregular_forms_lead_to_their_base_in_english_only() {
        assert_eq!(IRREGULAR.len(), 114);
        assert_eq!(base_stem("fell", Language::English), base_stem("falls", Language::English));
        assert_eq!(base_stem("written", Language::English), base_stem("writes", Language::English));
        assert_eq!(base_stem("fell", Language::German), stem("fell", Language::German));
    }
}
