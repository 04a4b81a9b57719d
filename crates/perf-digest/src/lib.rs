//! Digests of contents, to test them for equality. They are not cryptographic.
//!
//! A crate of its own, so that only the hasher is compiled optimised: a run of the gate digests each of its programs, which have tens
//! of megabytes.

use std::fs::File;
use std::hash::Hasher as _;
use std::io::{self, Read as _};
use std::path::Path;

use siphasher::sip::SipHasher13;

/// Computes a digest of texts, as 16 hexadecimal digits. The boundaries count: `ab, c` and `a, bc` differ.
pub fn compute<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    compute_bytes(parts.into_iter().map(str::as_bytes))
}

/// Computes a digest of byte strings, otherwise as [`compute`].
pub fn compute_bytes<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut digest = Digest(SipHasher13::new());
    for part in parts {
        digest.length(part.len() as u64);
        digest.content(part);
    }
    digest.text()
}

/// Computes the digest of a file, equal to [`compute_bytes`] of its content. It reads the file in parts: getting memory for a whole
/// program takes longer than reading and hashing it.
///
/// # Errors
/// If the file cannot be read.
pub fn compute_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Digest(SipHasher13::new());
    digest.length(file.metadata()?.len());
    let mut part = vec![0; 128 << 10];
    loop {
        match file.read(&mut part) {
            Ok(0) => return Ok(digest.text()),
            Ok(length) => digest.content(&part[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A digest that is being computed. What is generic or inlined is compiled where it is used, so these methods are neither.
struct Digest(SipHasher13);

impl Digest {
    #[inline(never)]
    fn length(&mut self, length: u64) {
        self.0.write_u64(length);
    }

    #[inline(never)]
    fn content(&mut self, content: &[u8]) {
        self.0.write(content);
    }

    fn text(&self) -> String {
        format!("{:016x}", self.0.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::{compute, compute_bytes, compute_file};

    #[test]
    fn a_file_has_the_digest_of_its_content() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        assert!(compute_file(&file).is_err());
        // With parts of 128 KiB: none, one that is not whole, whole ones, and a rest.
        for length in [0, 1, 131_071, 131_072, 262_144, 300_001] {
            let content: Vec<u8> = (0..length).map(|at: u32| (at % 251) as u8).collect();
            std::fs::write(&file, &content).unwrap();
            assert_eq!(compute_file(&file).unwrap(), compute_bytes([content.as_slice()]), "{length}");
        }
    }

    #[test]
    fn boundaries_of_parts_count() {
        assert_ne!(compute(["ab", "c"]), compute(["a", "bc"]));
        assert_ne!(compute([""]), compute([]));
        assert_eq!(compute(["a"]).len(), 16);
    }
}
