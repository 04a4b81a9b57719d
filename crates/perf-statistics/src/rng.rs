//! Reproducible pseudorandom numbers from a seed.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), as in Vigna's
/// reference `splitmix64.c`.
///
/// Each seed is valid, 0 included, and adjacent seeds give unrelated numbers. Not for secrets.
#[derive(Debug, Clone)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// Creates a generator; equal seeds give equal numbers.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number, uniform over all 64-bit values.
    pub fn next_u64(&mut self) -> u64 {
        // The odd number nearest to 2^64 divided by the golden ratio; then a mixer of Stafford's family (variant 13).
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.state;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number uniform over `0..n`; 0 if `n` is 0.
    ///
    /// Lemire, "Fast random integer generation in an interval", ACM TOMACS 29(1), 2019: the high half of a product;
    /// the few low halves that would bias the result are drawn again.
    pub fn below(&mut self, n: usize) -> usize {
        let n = n as u64;
        if n == 0 {
            return 0;
        }
        let surplus = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= surplus {
                return (product >> 64) as usize;
            }
        }
    }

    /// Shuffles the items; each order is equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// An item, each with the same probability; `None` if there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The numbers that implementations in many languages are checked with: for 1234567 those of Rosetta Code
    /// ("Pseudo-random numbers/Splitmix64"), for 0 those that seed xoshiro256 in its reference implementations.
    #[test]
    fn agrees_with_published_numbers() {
        let first = |seed| {
            let mut random = SplitMix64::new(seed);
            [(); 5].map(|()| random.next_u64())
        };
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(first(1_234_567), published);
        let published = [
            0xe220_a839_7b1d_cdaf,
            0x6e78_9e6a_a1b9_65f4,
            0x06c4_5d18_8009_454f,
            0xf88b_b8a8_724c_81ec,
            0x1b39_896a_51a8_749b,
        ];
        assert_eq!(first(0), published);
    }

    #[test]
    fn below_gives_every_value_equally_often_and_no_other() {
        let mut random = SplitMix64::new(1);
        assert_eq!((random.below(0), random.below(1)), (0, 0));
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[random.below(7)] += 1;
        }
        // Chi square with 6 degrees of freedom exceeds 22.46 once in a thousand seeds; this seed is fixed.
        let chi: f64 = counts.iter().map(|&count| (f64::from(count) - 10_000.0).powi(2) / 10_000.0).sum();
        assert!(chi < 22.46, "{counts:?}");
        // With three quarters of 2^64, a plain product would give multiples of three twice as often as others.
        let n = (1_usize << 63) + (1 << 62);
        let multiples = (0..30_000).filter(|_| random.below(n).is_multiple_of(3)).count();
        assert!((9_700..10_300).contains(&multiples), "{multiples}");
        assert!((0..1000).all(|_| random.below(n) < n));
    }

    #[test]
    fn every_order_is_equally_likely() {
        let mut random = SplitMix64::new(2);
        let mut counts = BTreeMap::new();
        for _ in 0..24_000 {
            let mut items = [0, 1, 2, 3];
            random.shuffle(&mut items);
            *counts.entry(items).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        // 23 degrees of freedom, one in a thousand.
        let chi: f64 = counts.values().map(|&count| (f64::from(count) - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi < 49.73, "{counts:?}");
        random.shuffle::<u8>(&mut []);
    }

    #[test]
    fn one_of_the_items_is_picked() {
        let mut random = SplitMix64::new(3);
        let picked: std::collections::BTreeSet<_> = (0..100).filter_map(|_| random.pick(&["a", "b", "c"])).collect();
        assert_eq!(picked.into_iter().copied().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(random.pick::<u8>(&[]), None);
    }
}
