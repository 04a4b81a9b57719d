//! Words that make a question one that goes on, in English, German and Spanish, in lower case.

/// Whether a list has a word.
pub(super) fn is_one_of(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// Words that are no subject.
pub(super) const FUNCTION: &str = "a an the of to in on at by for from with without about as into is are was were be been am do does did \
     has have had can could will would should may might must i you we me my your our how what which who whom whose when where \
     why many much more less cost costs if and or but so then now please ok thanks thank only just also too \
     der die das den dem des ein eine einen einem einer eines und oder aber ist sind war wird werden hat haben man mich mir ich \
     wir du mit ohne von vom zu zum zur im am an auf bei für aus nach als auch wie was wer wen wem wann wo warum welche welcher \
     welches welchen wieviel viel mehr weniger kostet kosten nur noch gibt kann kannst nein bitte \
     el la los las un una unos unas y e o de del al en con sin por para es son fue está están hay ha han se me mi qué que cuál \
     cuáles quién quiénes cómo cuándo dónde cuánto cuánta cuántos cuántas más menos cuesta cuestan sólo solo también no";

/// Words for something that was named before.
pub(super) const PRONOUNS: &str = "he she it they them him her his its their theirs these those there one ones \
     er sie ihn ihm ihr ihre ihren ihrem seiner seine dort davon damit dafür dazu daran darin darauf deren \
     su sus eso esto esos esas ahí allí allá ello él ella ellos ellas";

/// Words that may stand for something that was named before, and have other uses.
pub(super) const MAYBE_PRONOUNS: &str = "that this das es da lo";

/// Two words of which the pronoun stands for nothing: `there is`.
pub(super) const EXPLETIVES: [[&str; 2]; 12] = [
    ["is", "there"],
    ["are", "there"],
    ["was", "there"],
    ["were", "there"],
    ["there", "is"],
    ["there", "are"],
    ["there", "was"],
    ["there", "were"],
    ["gibt", "es"],
    ["es", "gibt"],
    ["ist", "es"],
    ["is", "it"],
];

/// Words with which a question goes on from the one before.
pub(super) const CONNECTIVES: &str = "and but so or und aber oder y e pero o";

/// Words that take back a reading of the question before.
pub(super) const CORRECTIONS: &str = "no nein";

/// Words that narrow or widen the question before.
pub(super) const LIMITS: &str = "only just too also nur auch sólo solo también";

/// Question words of a circumstance: with one more word they ask about what was named before.
pub(super) const CIRCUMSTANCES: &str = "when where how why wann wo wie warum wieso woher wohin cuándo dónde cómo cuánto cuánta cuántos \
     cuántas adónde";

/// Words before something that is named for the first time, or asked for as such.
pub(super) const BEFORE_A_NEW_SUBJECT: &str = "a an ein eine einen einem einer un una is are ist sind es son to zu";

/// Words that choose among what was named.
pub(super) const CHOICES: &str = "which welche welcher welches cuál cuáles";

/// Verbs and question words of a whole question.
pub(super) const OF_A_WHOLE_QUESTION: &str =
    "is are was were do does did ist sind war hat wird heißt es son fue who wer quién";

/// Words before a place, a time or another circumstance, which can be replaced.
pub(super) const PREPOSITIONS: &str =
    "in for from to with on at by under für in aus nach von mit bei im en para de con desde hasta";

/// Numbers of a list, of which one replaces another.
pub(super) const ORDINALS: &str = "first second third fourth fifth last erste ersten zweite zweiten dritte dritten letzte letzten \
     primera primero segunda segundo tercera tercero última último";

/// What at the beginning of a question says only that it goes on.
pub(super) const OPENINGS: [&[&str]; 23] = [
    &["and"],
    &["but"],
    &["so"],
    &["or"],
    &["ok"],
    &["thanks"],
    &["no"],
    &["well"],
    &["what", "about"],
    &["how", "about"],
    &["i", "meant"],
    &["i", "mean"],
    &["und"],
    &["aber"],
    &["oder"],
    &["nein"],
    &["ich", "meinte"],
    &["ich", "meine"],
    &["was", "ist", "mit"],
    &["y"],
    &["pero"],
    &["me", "refiero", "a"],
    &["me", "refiero", "al"],
];
