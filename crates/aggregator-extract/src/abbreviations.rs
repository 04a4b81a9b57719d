//! Abbreviations that end with a full stop, by the role of that full stop. They are in lower case, without the last full
//! stop and without white space: `z. B.` is `z.b`.

/// The role of a full stop after an abbreviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopRole {
    /// Part of an abbreviation that something always follows in the sentence.
    Never,
    /// Part of an abbreviation where a number follows, else an end.
    BeforeNumber,
    /// An end where what follows looks like a beginning: `etc.`
    BeforeCapital,
    /// An end where what follows is a common word that begins sentences: `Inc.`, `U.S.`
    BeforeStarter,
}

/// Introducing words, titles, connectives, in several languages.
const NEVER: &[&str] = &[
    "a.k.a", "approx", "av", "bijv", "bl.a", "bzw", "ca", "capt", "cf", "col", "d.h", "dhr", "dott", "dr", "dra",
    "e.g", "evtl", "ex", "fr", "frl", "gen", "ggf", "gov", "hr", "i.e", "i.p.v", "i.v.m", "inkl", "insb", "lt", "m.in",
    "mlle", "mme", "mr", "mrs", "ms", "mt", "mw", "np", "o.a", "o.ä", "p.ej", "p.es", "p.ex", "prof", "rev", "sen",
    "sgt", "sig", "sig.ra", "sog", "sr", "sra", "srta", "st", "t.ex", "tzn", "u.a", "v.a", "vgl", "viz", "vs", "z.b",
    "z.t", "zzgl", "дир", "им", "напр", "пр", "проф", "см", "ул", "д-р", "т.е",
];

/// Words before a number.
const BEFORE_NUMBER: &[&str] = &[
    "abb", "abs", "apr", "art", "aug", "bd", "ch", "chap", "dec", "ed", "eq", "feb", "fig", "figs", "hauptstr", "jan",
    "jul", "jun", "kap", "mar", "n", "no", "nos", "nov", "nr", "num", "núm", "nº", "oct", "op", "p", "para", "pp",
    "pt", "ref", "s", "sec", "sect", "sep", "sept", "str", "tab", "v", "ver", "vol", "vols", "§", "гл", "рис", "стр",
    "табл",
];

const BEFORE_CAPITAL: &[&str] =
    &["a.m", "ecc", "enz", "etc", "itd", "itp", "m.m", "osv", "p.m", "u.s.w", "usf", "usw", "и.др", "т.д", "т.п"];

const BEFORE_STARTER: &[&str] = &[
    "a.d", "al", "assn", "b.c", "b.c.e", "bros", "c.e", "co", "corp", "d.c", "dept", "e.u", "ee.uu", "inc", "jr",
    "ltd", "ph.d", "u.k", "u.n", "u.s", "u.s.a", "univ", "г", "др", "млн", "млрд", "руб", "тыс",
];

/// The role of the full stop after a word, if the word is an abbreviation.
pub(crate) fn stop_role(word: &str) -> Option<StopRole> {
    let lists = [
        (NEVER, StopRole::Never),
        (BEFORE_NUMBER, StopRole::BeforeNumber),
        (BEFORE_CAPITAL, StopRole::BeforeCapital),
        (BEFORE_STARTER, StopRole::BeforeStarter),
    ];
    lists.into_iter().find(|(list, _)| list.contains(&word)).map(|(_, stop)| stop)
}

/// Names of months in languages that write a full stop behind the number of a day.
pub(crate) fn is_month(word: &str) -> bool {
    const MONTHS: &[&str] = &[
        "januar",
        "jänner",
        "februar",
        "märz",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "dezember",
        "marts",
        "mars",
        "maj",
        "desember",
        "december",
    ];
    MONTHS.contains(&word)
}
