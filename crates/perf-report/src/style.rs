//! The style sheet, and the digest by which the policy of the document allows it.

/// The style sheet of a report. It names no file and no other place.
pub const CSS: &str = include_str!("style.css");

/// SHA-256 of [`CSS`] in base64. A browser ignores a style sheet with another digest; the test below says what it
/// should be.
pub const CSS_DIGEST: &str = "apj8v9bROhYEbu+4N2Ujsdemh5TZes3lx7Kuj98Dpf0=";

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 by FIPS 180-4. It is here and not in the program, because the style sheet is known when the program is
    /// built.
    fn sha256(message: &[u8]) -> [u8; 32] {
        let fraction = |root: f64| (root.fract() * 4_294_967_296.0) as u32;
        let primes: Vec<u32> = (2..312_u32).filter(|n| (2..*n).all(|m| n % m != 0)).collect();
        // The fractions of cube roots need more digits than f64 has after the whole part; integers give them exactly.
        let cube_root = |prime: u32| {
            let wanted = u128::from(prime) << 96;
            let (mut low, mut high) = (0_u128, 1 << 36);
            while high - low > 1 {
                let middle = (low + high) / 2;
                if middle * middle * middle <= wanted { low = middle } else { high = middle }
            }
            low as u32
        };
        let rounds: Vec<u32> = primes.iter().take(64).map(|prime| cube_root(*prime)).collect();
        let mut state: Vec<u32> = primes.iter().take(8).map(|prime| fraction(f64::from(*prime).sqrt())).collect();

        let mut padded = message.to_vec();
        padded.push(0x80);
        padded.resize((padded.len() + 8).next_multiple_of(64), 0);
        let length = padded.len();
        padded[length - 8..].copy_from_slice(&(message.len() as u64 * 8).to_be_bytes());
        for block in padded.chunks(64) {
            let mut words: Vec<u32> =
                block.chunks(4).map(|bytes| u32::from_be_bytes(bytes.try_into().unwrap())).collect();
            for n in 16..64 {
                let (a, b) = (words[n - 15], words[n - 2]);
                let a = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
                let b = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
                words.push(words[n - 16].wrapping_add(a).wrapping_add(words[n - 7]).wrapping_add(b));
            }
            let mut s = state.clone();
            for (round, word) in rounds.iter().zip(&words) {
                let (a, e) = (s[0], s[4]);
                let one = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
                let choice = (e & s[5]) ^ (!e & s[6]);
                let first = s[7].wrapping_add(one).wrapping_add(choice).wrapping_add(*round).wrapping_add(*word);
                let zero = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
                let second = zero.wrapping_add((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
                s.rotate_right(1);
                s[0] = first.wrapping_add(second);
                s[4] = s[4].wrapping_add(first);
            }
            state.iter_mut().zip(s).for_each(|(sum, word)| *sum = sum.wrapping_add(word));
        }
        let bytes: Vec<u8> = state.into_iter().flat_map(u32::to_be_bytes).collect();
        bytes.try_into().unwrap()
    }

    fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for part in bytes.chunks(3) {
            let bits = part.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
            for digit in 0..4 {
                let index = (bits >> (18 - 6 * digit) & 63) as usize;
                out.push(if digit <= part.len() { DIGITS[index].into() } else { '=' });
            }
        }
        out
    }

    #[test]
    fn digests_are_those_of_the_standard() {
        let hex = |text: &str| sha256(text.as_bytes()).map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(hex(two_blocks), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        assert_eq!(["", "f", "fo", "foo"].map(|text| base64(text.as_bytes())), ["", "Zg==", "Zm8=", "Zm9v"]);
    }

    #[test]
    fn the_policy_allows_the_style_sheet() {
        assert_eq!(
            CSS_DIGEST,
            base64(&sha256(CSS.as_bytes())),
            "style.css was edited: write the second digest into style.rs"
        );
    }

    #[test]
    fn the_style_sheet_loads_nothing() {
        for forbidden in ["url(", "@import", "http", "</"] {
            assert!(!CSS.contains(forbidden), "style.css has `{forbidden}`");
        }
    }
}
