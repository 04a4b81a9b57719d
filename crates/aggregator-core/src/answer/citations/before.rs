//! The last bytes of the answer so far: `decide` needs the text before a marker to distinguish a citation from an index.

/// Bytes that are kept at least.
const KEPT: usize = super::decide::CONTEXT;

/// The last bytes of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    bytes: [u8; 2 * KEPT],
    length: u8,
}

impl Before {
    pub(super) fn new() -> Self {
        Self { bytes: [0; 2 * KEPT], length: 0 }
    }

    /// Adds to the text.
    #[inline]
    pub(super) fn push(&mut self, text: &str) {
        let text = text.as_bytes();
        let text = text.last_chunk::<KEPT>().map_or(text, |end| &end[..]);
        let mut length = usize::from(self.length);
        if length + text.len() > self.bytes.len() {
            self.bytes.copy_within(length - KEPT..length, 0);
            length = KEPT;
        }
        self.bytes[length..length + text.len()].copy_from_slice(text);
        self.length = (length + text.len()) as u8;
    }

    /// With more behind it: its end, of whole characters.
    pub(super) fn and<R>(mut self, more: &str, look: impl FnOnce(&str) -> R) -> R {
        self.push(more);
        let bytes = &self.bytes[..usize::from(self.length)];
        let bytes = bytes.last_chunk::<KEPT>().map_or(bytes, |end| &end[..]);
        let start = bytes.iter().position(|byte| byte & 0xc0 != 0x80).unwrap_or(bytes.len());
        look(str::from_utf8(&bytes[start..]).unwrap_or_default())
    }
}
