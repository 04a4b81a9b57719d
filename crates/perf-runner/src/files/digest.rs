//! Digests of contents, to test them for equality. They are not cryptographic.

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
    let mut hasher = SipHasher13::new();
    for part in parts {
        hasher.write_u64(part.len() as u64);
        hasher.write(part);
    }
    format!("{:016x}", hasher.finish())
}

/// Computes the digest of a file, equal to [`compute_bytes`] of its content. It reads the file in parts: programs have tens of
/// megabytes, and getting the memory for them takes longer than reading and hashing them.
///
/// # Errors
/// If the file cannot be read.
pub fn compute_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = SipHasher13::new();
    hasher.write_u64(file.metadata()?.len());
    let mut part = vec![0; 128 << 10];
    loop {
        match file.read(&mut part) {
            Ok(0) => return Ok(format!("{:016x}", hasher.finish())),
            Ok(length) => hasher.write(&part[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
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
