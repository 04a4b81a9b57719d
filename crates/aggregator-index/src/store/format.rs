//! The format of an index. An index of another format is built anew.

use std::fs::{self, File};
use std::hash::Hasher as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::LazyLock;

use aggregator_documents::MAX_PASSAGE;
use aggregator_words::{Language, detect, is_stop_word, stem, words};
use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::store::schema::Fields;

/// The version of cutting, storing and naming passages.
const FORMAT_VERSION: u32 = 2;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IndexFormat {
    format: u32,
    engine: String,
    /// A digest of how a few words of many languages are analysed, and of the fields.
    analysis: String,
}

/// Words with endings, identifiers, marks and scripts whose analysis may change.
const PROBE: &str = "The runners were running; max_prompt_tokens and HashMap::new() v1.2.3 naïve coöperate ﬁle \
    Die Häuser größerer Städte, talossammekin on taloja, книгами читателей, 東京都の図書館, 서울에서, τα βιβλία, kitapların";

impl IndexFormat {
    /// The format of this version.
    pub(crate) fn current() -> &'static Self {
        static CURRENT: LazyLock<IndexFormat> = LazyLock::new(IndexFormat::new);
        &CURRENT
    }

    fn new() -> Self {
        let mut digest = SipHasher13::new();
        let mut add = |text: &str| {
            digest.write(text.as_bytes());
            digest.write_u8(0xff);
        };
        for word in words(PROBE) {
            add(&word.text);
            for &language in Language::ALL {
                add(&stem(&word.text, language));
                add(if is_stop_word(&word.text, language) { "common" } else { "" });
            }
        }
        add(detect(PROBE).code());
        add(&MAX_PASSAGE.to_string());
        add(&serde_json::to_string(&Fields::schema().0).unwrap_or_default());
        let analysis = format!("{:032x}", digest.finish128().as_u128());
        Self { format: FORMAT_VERSION, engine: tantivy::version_string().to_owned(), analysis }
    }

    /// Reads the format of the index in a folder; `None` if it is unknown.
    pub(crate) fn read(folder: &Path) -> io::Result<Option<Self>> {
        match fs::read(folder.join(FILE_NAME)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let mut file = File::create(folder.join(FILE_NAME))?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()
    }
}

const FILE_NAME: &str = "made-with.json";
