//! Short names of contents, to tell whether they are the same. Not against somebody who wants them to collide.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

/// A digest of parts that keeps them apart: `ab, c` and `a, bc` differ. 16 hexadecimal digits.
pub fn compute<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    compute_bytes(parts.into_iter().map(str::as_bytes))
}

/// The same of parts that need not be text.
pub fn compute_bytes<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = SipHasher13::new();
    for part in parts {
        hasher.write_u64(part.len() as u64);
        hasher.write(part);
    }
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::compute;

    #[test]
    fn parts_are_kept_apart() {
        assert_ne!(compute(["ab", "c"]), compute(["a", "bc"]));
        assert_ne!(compute([""]), compute([]));
        assert_eq!(compute(["a"]).len(), 16);
    }
}
