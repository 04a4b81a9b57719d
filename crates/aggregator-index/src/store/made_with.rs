//! What an index was made with: where that is another, the index is made anew.

use std::fs::{self, File};
use std::hash::Hasher as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::LazyLock;

use aggregator_words::{Language, detect, is_common, stem, words};
use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::parse::MAX_PASSAGE;
use crate::store::schema::Fields;

/// Raised when passages are cut, stored or named in another way.
const FORMAT: u32 = 2;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MadeWith {
    format: u32,
    engine: String,
    /// A digest of how a few words of many languages are analysed, and of the fields.
    analysis: String,
}

/// Words with endings, identifiers, marks and scripts whose analysis may change.
const PROBE: &str = "The runners were running; max_prompt_tokens and HashMap::new() v1.2.3 naïve coöperate ﬁle \
    Die Häuser größerer Städte, talossammekin on taloja, книгами читателей, 東京都の図書館, 서울에서, τα βιβλία, kitapların";

impl MadeWith {
    /// This version.
    pub(crate) fn this() -> &'static Self {
        static THIS: LazyLock<MadeWith> = LazyLock::new(MadeWith::new);
        &THIS
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
                add(if is_common(&word.text, language) { "common" } else { "" });
            }
        }
        add(detect(PROBE).code());
        add(&MAX_PASSAGE.to_string());
        add(&serde_json::to_string(&Fields::schema().0).unwrap_or_default());
        let analysis = format!("{:032x}", digest.finish128().as_u128());
        Self { format: FORMAT, engine: tantivy::version_string().to_owned(), analysis }
    }

    /// What made the index in a folder; `None` if that is not known.
    pub(crate) fn read(folder: &Path) -> io::Result<Option<Self>> {
        match fs::read(folder.join(NAME)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let mut file = File::create(folder.join(NAME))?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()
    }
}

const NAME: &str = "made-with.json";
