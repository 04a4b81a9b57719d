//! How long a page may take, and how much of it is read.

use std::time::Duration;

/// Limits of one page. Durations are of tokio's clock; sizes are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// From the call until the last byte: names, connections, robots.txt and redirects are part of it. 2 s: an answer waits for
    /// its pages, and most sites send one in less than 1 s. What is above
    /// 1 h is 1 h.
    pub total: Duration,
    /// What is read of a page, after decompression. A longer one is read up to there. 512 KiB: 28 times
    /// the HTML of the median home page as it is sent, 18 KB (HTTP Archive, Web Almanac 2024, "Page Weight").
    pub body: usize,
    /// What is read of a robots.txt; rules beyond it are not seen. 500 KiB, the least that RFC 9309, section 2.5, allows.
    pub robots: usize,
    /// Redirects of a page that are followed. 3: to https, to another host name, and to the place of the page. 0 follows none.
    pub redirects: u32,
}

impl PageLimits {
    /// Those of a page that an answer waits for.
    pub const ANSWER: Self = Self { total: Duration::from_secs(2), body: 512 << 10, robots: 500 << 10, redirects: 3 };
}

/// Longest time of a page, so that times can be added.
pub(crate) const MAX_TOTAL: Duration = Duration::from_secs(3_600);

impl Default for PageLimits {
    fn default() -> Self {
        Self::ANSWER
    }
}
