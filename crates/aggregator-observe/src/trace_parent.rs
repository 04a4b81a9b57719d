//! The header `traceparent`: which span of a client a query belongs to (W3C Trace Context, level 2).

use std::str::FromStr;

/// The span of a client, as the header `traceparent` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    pub(crate) trace: u128,
    pub(crate) span: u64,
    pub(crate) is_sampled: bool,
}

/// A text that is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTraceParent;

impl std::fmt::Display for NoTraceParent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it is no traceparent, such as 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    }
}

impl std::error::Error for NoTraceParent {}

/// Digits of version, trace, span and flags.
const DIGITS: [usize; 4] = [2, 32, 16, 2];
/// Length of what every version has.
const LENGTH: usize = 55;

impl FromStr for TraceParent {
    type Err = NoTraceParent;

    /// # Errors
    /// For all that the specification calls invalid: other lengths, upper case, zeros as an identifier, version `ff`.
    fn from_str(text: &str) -> Result<Self, NoTraceParent> {
        let known = text.get(..LENGTH).ok_or(NoTraceParent)?;
        let mut parts = [0_u128; 4];
        let mut given = known.split('-');
        for (part, digits) in parts.iter_mut().zip(DIGITS) {
            let text = given.next().filter(|text| text.len() == digits && text.bytes().all(is_digit));
            *part = text.and_then(|text| u128::from_str_radix(text, 16).ok()).ok_or(NoTraceParent)?;
        }
        let [version, trace, span, flags] = parts;
        let fits = match version {
            0 => text.len() == LENGTH,
            0xff => false,
            // A later version may have more behind another dash.
            _ => matches!(text.as_bytes().get(LENGTH), None | Some(b'-')),
        };
        let span = u64::try_from(span).map_err(|_| NoTraceParent)?;
        match fits && given.next().is_none() && trace != 0 && span != 0 {
            true => Ok(Self { trace, span, is_sampled: flags & 1 == 1 }),
            false => Err(NoTraceParent),
        }
    }
}

fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn only_what_the_specification_allows_is_read() {
        let parent: TraceParent = VALID.parse().unwrap();
        assert_eq!(
            (parent.trace, parent.span, parent.is_sampled),
            (0x0af7651916cd43dd8448eb211c80319c, 0xb7ad6b7169203331, true)
        );
        assert!(!VALID.replace("-01", "-02").parse::<TraceParent>().unwrap().is_sampled);
        for later in [VALID.replacen("00", "cc", 1), format!("{}-what-comes", VALID.replacen("00", "01", 1))] {
            assert!(later.parse::<TraceParent>().is_ok(), "{later}");
        }
        for wrong in [
            "".to_owned(),
            VALID[..54].to_owned(),
            format!("{VALID}-00"),
            format!("{VALID} "),
            format!(" {VALID}"),
            VALID.to_uppercase(),
            VALID.replacen("00", "ff", 1),
            VALID.replacen("00", "+0", 1),
            format!("{}x", VALID.replacen("00", "01", 1)),
            VALID.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            VALID.replace("b7ad6b7169203331", &"0".repeat(16)),
            VALID.replace('-', "_"),
            VALID.replace("-b", "b-"),
            format!("00-{}", "é".repeat(26)),
        ] {
            assert_eq!(wrong.parse::<TraceParent>(), Err(NoTraceParent), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}", at in 0..55_usize, byte in any::<char>()) {
            let _ = text.parse::<TraceParent>();
            let mut changed = VALID.to_owned();
            changed.replace_range(at..=at, &byte.to_string());
            if let Ok(parent) = changed.parse::<TraceParent>() {
                prop_assert!(parent.trace != 0 && parent.span != 0);
            }
        }
    }
}
