//! Labelled questions and the passages that they are asked with, from files.

use std::collections::BTreeMap;
use std::fs;
use std::hash::Hasher as _;
use std::path::Path;

use rag_eval::lists::{self, Lists};
use rag_eval::questions::{self, Ability, PassageKey, Question};
use serde::Serialize;
use siphasher::sip::SipHasher24;

use crate::error::EvalError;

/// The part of a dataset that a question is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// The questions that rules may be tuned on.
    Tuning,
    /// The questions that are consulted through their totals only.
    HeldOut,
}

impl Split {
    const ALL: [Self; 2] = [Self::Tuning, Self::HeldOut];

    fn folder(self) -> &'static str {
        match self {
            Self::Tuning => "tuning",
            Self::HeldOut => "held-out",
        }
    }
}

/// A question with the passages that it is asked with.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its part of the dataset.
    pub split: Split,
    /// The question.
    pub question: Question,
    /// Lists of passages, by name.
    pub lists: BTreeMap<String, Vec<PassageKey>>,
}

/// The file of the lists of a folder.
pub const LISTS: &str = "lists.jsonl";

/// Reads a folder with the folders `tuning` and `held-out`, each with files of questions and the file of their lists.
///
/// # Errors
/// If a file cannot be read or is not valid, a question has no lists, or an id occurs twice.
pub fn read_folder(folder: &Path) -> Result<Vec<Item>, EvalError> {
    let mut items: Vec<Item> = Vec::new();
    for split in Split::ALL {
        let folder = folder.join(split.folder());
        let mixed = folder.join(LISTS);
        let mut mixed = lists::parse(&read(&mixed)?).map_err(EvalError::invalid(&mixed))?;
        for question in read_questions(&folder)? {
            let lists = mixed.remove(&question.id).ok_or_else(|| {
                EvalError::Dataset(format!(
                    "{}: the question `{}` has no lists; run `aggregator-eval --write-lists`",
                    folder.join(LISTS).display(),
                    question.id
                ))
            })?;
            items.push(item(split, question, lists)?);
        }
        if let Some(id) = mixed.keys().next() {
            let file = folder.join(LISTS);
            return Err(EvalError::Dataset(format!("{}: there is no question `{id}`", file.display())));
        }
    }
    items.sort_by(|a, b| a.question.id.cmp(&b.question.id));
    match items.windows(2).find(|pair| pair[0].question.id == pair[1].question.id) {
        Some(pair) => Err(EvalError::Dataset(format!("the id `{}` is in both parts", pair[0].question.id))),
        None => Ok(items),
    }
}

/// Reads one file of questions. Their lists are mixed here.
///
/// # Errors
/// If the file cannot be read or is not valid.
pub fn read_file(path: &Path) -> Result<Vec<Item>, EvalError> {
    let questions = questions::parse(&read(path)?).map_err(EvalError::invalid(path))?;
    questions
        .into_iter()
        .map(|question| {
            let lists = mix(&question);
            item(Split::Tuning, question, lists)
        })
        .collect()
}

/// Mixes the lists of a folder's questions, and writes them.
///
/// # Errors
/// If a file cannot be read, is not valid, or cannot be written.
pub fn write_lists(folder: &Path) -> Result<(), EvalError> {
    for split in Split::ALL {
        let folder = folder.join(split.folder());
        let mut text = String::new();
        for question in read_questions(&folder)? {
            let line = serde_json::to_string(&mix(&question)).map_err(|error| EvalError::Output(error.into()))?;
            text.push_str(&line);
            text.push('\n');
        }
        let file = folder.join(LISTS);
        fs::write(&file, text).map_err(EvalError::file(&file))?;
    }
    Ok(())
}

fn read_questions(folder: &Path) -> Result<Vec<Question>, EvalError> {
    let entries = fs::read_dir(folder).map_err(EvalError::file(folder))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(EvalError::file(folder))?.path();
        let is_questions = path.extension().is_some_and(|ending| ending == "jsonl")
            && path.file_name().is_some_and(|name| name != LISTS);
        if is_questions {
            files.push(path);
        }
    }
    files.sort();
    let mut found = Vec::new();
    for file in files {
        found.extend(questions::parse(&read(&file)?).map_err(EvalError::invalid(&file))?);
    }
    Ok(found)
}

fn item(split: Split, question: Question, lists: Lists) -> Result<Item, EvalError> {
    let mut read = BTreeMap::new();
    for (name, keys) in lists.lists {
        let keys: Vec<PassageKey> = keys.iter().filter_map(|key| key.parse().ok()).collect();
        if let Some(key) = keys.iter().find(|key| question.passage(**key).is_none()) {
            let id = &question.id;
            return Err(EvalError::Dataset(format!(
                "the list `{name}` of `{id}` names {key}, which `{id}` does not have"
            )));
        }
        read.insert(name, keys);
    }
    Ok(Item { split, question, lists: read })
}

/// The lists of a question, drawn by its id.
fn mix(question: &Question) -> Lists {
    let mut drawn = 0u64;
    lists::mix(question, |n| {
        drawn += 1;
        let mut hasher = SipHasher24::new();
        hasher.write(question.id.as_bytes());
        hasher.write_u64(drawn);
        (hasher.finish() % n as u64) as usize
    })
}

fn read(path: &Path) -> Result<String, EvalError> {
    fs::read_to_string(path).map_err(EvalError::file(path))
}

impl Item {
    /// Whether the passages answer the question.
    pub fn is_answerable(&self) -> bool {
        self.question.ability != Ability::Unanswerable
    }
}
