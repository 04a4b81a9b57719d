//! Digests of contents, to test them for equality. They are not cryptographic.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

/// Computes a digest of texts, as 16 hexadecimal digits. The boundaries count: `ab, c` and `a, bc` differ.
pub fn compute<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    compute_bytes(parts.into_iter().map(str::as_bytes))
}

/// Computes a digest of byte strings, otherwise as [`compute`].
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
    fn boundaries_of_parts_count() {
        assert_ne!(compute(["ab", "c"]), compute(["a", "bc"]));
        assert_ne!(compute([""]), compute([]));
        assert_eq!(compute(["a"]).len(), 16);
    }
}
