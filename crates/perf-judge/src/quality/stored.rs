//! The stored file: results with a header that has a digest of them, and the lower values that were accepted.

use perf_gate::Checksum;
use serde::{Deserialize, Serialize};

use super::lines::{self, LineError, SCHEMA};
use super::results::Results;

/// A value that is lower than the one stored before, or a row that is gone, which the last update stored all the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The row as it is shown, such as `offline/answer/noise-0.8@held-out`.
    pub row: String,
    /// The figure before, without unit; absent if the row had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// The figure after; absent if the row is gone or has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// Why that is right (`--reason`).
    pub reason: String,
}

/// The content of the stored file.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The lower values that the last update accepted.
    pub accepted: Vec<Acceptance>,
    /// The stored results.
    pub results: Results,
}

/// The header of the file, on its first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    schema: u32,
    program: String,
    accepted: Vec<Acceptance>,
    digest: Checksum,
}

/// Computes the digest of the lines below the header: FNV-1a. It detects accidental edits; an author can recompute it.
fn digest(body: &str) -> Checksum {
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    Checksum(body.bytes().fold(0xcbf2_9ce4_8422_2325, fnv))
}

impl Stored {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// The first line that is not valid; line 1 if the lines below it do not match the digest.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        // Git on Windows may have changed the ends of lines; no JSON text has them inside.
        let text = &text.replace("\r\n", "\n");
        let (first, body) = text.split_once('\n').unwrap_or((text, ""));
        // A file of another schema, or one that is no such file, is reported as that.
        let results = lines::parse(text);
        let header = lines::parse_json::<Header>(first);
        match header {
            Ok(header) if header.schema == SCHEMA && header.digest != digest(body) => Err(LineError::new(
                1,
                "`digest` does not match the lines below: the file was edited by hand, cut off or merged",
            )),
            Ok(header) => Ok(Self { accepted: header.accepted, results: results? }),
            Err(what) => Err(results.err().unwrap_or_else(|| LineError::new(1, what))),
        }
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let body = lines::write(&self.results);
        let header = Header {
            schema: SCHEMA,
            program: self.results.program.clone(),
            accepted: self.accepted.clone(),
            digest: digest(&body),
        };
        // Texts and finite numbers are always JSON.
        format!("{}\n{body}", serde_json::to_string(&header).unwrap_or_default())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Results of lines without their header.
    pub fn results(lines: &str) -> Results {
        lines::parse(&format!("{{\"schema\":1,\"program\":\"eval\"}}\n{lines}")).unwrap()
    }

    fn stored() -> Stored {
        let lines = "{\"row\":\"offline/answer\",\"about\":\"right answers\"}\n\
                     {\"row\":\"offline/answer\",\"split\":\"tuning\",\"question\":\"a\",\"value\":1,\"of\":1}\n";
        let accepted = Acceptance {
            row: "offline/answer".into(),
            from: Some(1.0),
            to: None,
            reason: "the question was wrong".into(),
        };
        Stored { accepted: vec![accepted], results: results(lines) }
    }

    #[test]
    fn schema_1_on_disk() {
        let text = stored().to_text();
        insta::assert_snapshot!(text, @r#"
        {"schema":1,"program":"eval","accepted":[{"row":"offline/answer","from":1.0,"reason":"the question was wrong"}],"digest":"07d5cfc9b0640107"}
        {"row":"offline/answer","about":"right answers"}
        {"row":"offline/answer","split":"tuning","scores":[["a",1.0]]}
        "#);
        assert_eq!(Stored::parse(&text), Ok(stored()));
    }

    #[test]
    fn an_edited_or_cut_file_is_detected() {
        let text = stored().to_text();
        let edited = text.replace("[\"a\",1.0]", "[\"a\",0.0]");
        for wrong in [edited.as_str(), &text[..text.len() - 2], &format!("{text}\n")] {
            let error = Stored::parse(wrong).unwrap_err();
            assert!(error.line == 1 && error.what.contains("`digest` does not match"), "{error}");
        }
        for cut in 0..text.len() {
            assert!(Stored::parse(&text[..cut]).is_err(), "cut at {cut}");
        }
        assert_eq!(Stored::parse(&text.replace('\n', "\r\n")), Ok(stored()), "as git on Windows may write it");
        let newer = text.replacen("\"schema\":1", "\"schema\":2", 1);
        assert!(Stored::parse(&newer).unwrap_err().what.contains("schema 2 is not"), "{newer}");
        let printed = text.replace(
            ",\"accepted\":[{\"row\":\"offline/answer\",\"from\":1.0,\"reason\":\"the question was wrong\"}]",
            "",
        );
        assert!(Stored::parse(&printed).unwrap_err().what.contains("missing field `accepted`"), "{printed}");
    }
}
