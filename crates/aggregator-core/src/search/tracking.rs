//! Query parameters that say where a visitor came from and not which page it is.
//!
//! Their names are in `tracking/names.txt`, taken from four public lists; the file says which, when they were read, and
//! what was left out and why.
//!
//! What must stay, because on some site it selects the page (reported in samnodehi/n8n-nodes-duckduckgo#55 and
//! searxng/searxng#4602): `ref`, `source`, `src`, `id`, `sid`, `s`, `t`, `v`, `q`, `p`, `page`, `si`, `ct`, `lang`,
//! and everything that is not in the table.

/// A name, a space and who names it; a line that begins with `#` is a comment.
const TEXT: &[u8] = include_bytes!("tracking/names.txt");

/// Names of fewer bytes are not in the table: most parameters that select a page are shorter than any that track.
const SHORTEST: usize = 3;

/// The whole names, found by hash; a place is 0 or one more than where in the text its name begins.
const NAMES: [u16; 1 << SLOT_BITS] = place_names();
const SLOT_BITS: u32 = 11;

/// The beginnings of names; as many as there are.
const BEGINNINGS: [&[u8]; 6] = beginnings();
/// The first four bytes of each.
const HEADS: [u32; 6] = heads();

/// Whether a parameter, given by its percent-normalised name, is for tracking only. Case does not matter.
#[inline]
pub fn is_tracking(name: &str) -> bool {
    #[cfg(feature = "seeded-faults")]
    {
        use crate::seeded_fault::{Fault, is_active};
        if is_active(Fault::TrackingKept) || is_active(Fault::QueriesDropped) {
            return is_active(Fault::QueriesDropped);
        }
    }
    let name = name.as_bytes();
    if name.len() < SHORTEST {
        return false;
    }
    let mut slot = slot(name);
    while NAMES[slot] != 0 {
        if is_at(name, usize::from(NAMES[slot]) - 1) {
            return true;
        }
        slot = (slot + 1) % NAMES.len();
    }
    match name.first_chunk() {
        Some(head) if HEADS.contains(&lower_case(*head)) => begins_like_one(name),
        _ => false,
    }
}

/// Whether this name, in any case, is the one that begins there.
fn is_at(name: &[u8], start: usize) -> bool {
    let Some((known, rest)) = TEXT[start..].split_at_checked(name.len()) else { return false };
    rest.first() == Some(&b' ') && known.eq_ignore_ascii_case(name)
}

#[cold]
fn begins_like_one(name: &[u8]) -> bool {
    let begins = |known: &&[u8]| name.len() > known.len() && name[..known.len()].eq_ignore_ascii_case(known);
    BEGINNINGS.iter().any(begins)
}

/// Where a name is looked for: by its length, its first two and its last two bytes.
#[inline]
const fn slot(name: &[u8]) -> usize {
    let ends = lower_case([name[0], name[1], name[name.len() - 2], name[name.len() - 1]]);
    (ends ^ (name.len() as u32) << 13).wrapping_mul(0x9e37_79b1) as usize >> (u32::BITS - SLOT_BITS)
}

/// Four bytes in one number, letters in lower case; other bytes may become equal.
const fn lower_case(bytes: [u8; 4]) -> u32 {
    u32::from_le_bytes(bytes) | 0x2020_2020
}

// --- What follows runs when the crate is compiled. ---

/// The name on the first line at or behind `at` that has one, where it begins, and where the next line does. The text ends
/// in a line break.
const fn next_name(mut at: usize) -> Option<(&'static [u8], usize, usize)> {
    while at < TEXT.len() {
        let start = at;
        let mut end = 0;
        while TEXT[at] != b'\n' {
            if TEXT[at] == b' ' && end == 0 {
                end = at;
            }
            at += 1;
        }
        at += 1;
        if TEXT[start] != b'#' && end > start {
            let (_, from_start) = TEXT.split_at(start);
            let (name, _) = from_start.split_at(end - start);
            return Some((name, start, at));
        }
    }
    None
}

const fn place_names() -> [u16; 1 << SLOT_BITS] {
    let mut slots = [0; 1 << SLOT_BITS];
    let mut at = 0;
    while let Some((name, start, next)) = next_name(at) {
        if name[name.len() - 1] != b'*' {
            assert!(name.len() >= SHORTEST && start + 1 < u16::MAX as usize);
            let mut slot = slot(name);
            while slots[slot] != 0 {
                slot = (slot + 1) % slots.len();
            }
            slots[slot] = start as u16 + 1;
        }
        at = next;
    }
    slots
}

const fn beginnings() -> [&'static [u8]; 6] {
    let mut found: [&[u8]; 6] = [&[]; 6];
    let (mut count, mut at) = (0, 0);
    while let Some((name, _, next)) = next_name(at) {
        if let [beginning @ .., b'*'] = name {
            found[count] = beginning;
            count += 1;
        }
        at = next;
    }
    assert!(count == found.len());
    found
}

const fn heads() -> [u32; 6] {
    let mut heads = [0; 6];
    let mut index = 0;
    while index < heads.len() {
        let name = BEGINNINGS[index];
        heads[index] = lower_case([name[0], name[1], name[2], name[3]]);
        index += 1;
    }
    heads
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the file says: names, and what is left out.
    fn listed() -> (Vec<&'static str>, Vec<&'static str>) {
        let text = std::str::from_utf8(TEXT).unwrap();
        let (taken, left_out) = text.split_once("\n# Left out.\n").unwrap();
        let names = taken.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let left_out = left_out.lines().filter_map(|line| line.strip_prefix("#   "));
        let name = |line: &'static str| line.split(' ').next().unwrap();
        (names.map(name).collect(), left_out.map(name).collect())
    }

    #[test]
    fn every_name_of_the_table_is_known_in_any_case() {
        let (names, left_out) = listed();
        assert!(names.is_sorted() && names.len() > 250);
        for name in names {
            let name = name.replace('*', "x");
            assert!(is_tracking(&name) && is_tracking(&name.to_uppercase()), "{name}");
            for other in [format!("{name}~"), format!("~{name}"), name.replacen(|c: char| c.is_alphabetic(), "~", 1)] {
                let begins = BEGINNINGS.iter().any(|known| other.as_bytes().starts_with(known));
                assert!(begins || !is_tracking(&other), "{other}");
            }
        }
        for name in left_out {
            assert!(!is_tracking(&name.replace('*', "x")), "{name} is left out");
        }
    }

    #[test]
    fn few_names_share_a_slot() {
        let longest = NAMES.split(|&place| place == 0).map(<[u16]>::len).max();
        assert!(longest.is_some_and(|longest| longest <= 8), "{longest:?} places in a row are taken");
    }

    #[test]
    fn what_selects_a_page_stays() {
        for name in
            ["utm_source", "UTM_Medium", "utm_a_long_name_of_no_standard", "matomo_x", "fbclid", "_ga", "mtm_kwd"]
        {
            assert!(is_tracking(name), "{name}");
        }
        for name in [
            "", "ref", "source", "src", "id", "sid", "s", "t", "v", "q", "p", "page", "si", "ct", "lang", "utm",
            "utm_", "pk_id", "fbclid ", "fbcli", "___",
        ] {
            assert!(!is_tracking(name), "{name}");
        }
    }
}
