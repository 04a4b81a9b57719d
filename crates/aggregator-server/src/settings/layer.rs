//! Settings from one place, as TOML: a file, or a variable. A later layer is over an earlier one.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::error::ConfigError;
use super::names::{self, Name, OTHERS, PREFIX};
use super::program;
use super::value_kind::ValueKind;

/// Settings from one place.
#[derive(Debug)]
pub(super) struct Layer {
    place: Origin,
    text: String,
}

/// The file or variable that a layer comes from.
#[derive(Debug)]
enum Origin {
    File(PathBuf),
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
        }
    }
}

impl Layer {
    pub(super) fn of_file(path: PathBuf, text: String) -> Self {
        Self { place: Origin::File(path), text }
    }

    /// Checks the layer by itself.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        program::read(&self.text).map(|_| ()).map_err(|error| match &self.place {
            // Its text was made here, so a line and a column of it say nothing.
            Origin::Variable(_) => self.failure(error.message().to_owned()),
            Origin::File(_) => self.failure(error.to_string()),
        })
    }

    /// The file or variable, as it is shown.
    pub(super) fn origin(&self) -> String {
        self.place.to_string().replace(char::is_control, "?")
    }

    fn failure(&self, what: String) -> ConfigError {
        ConfigError { place: self.place.to_string(), what }
    }

    /// The file and line, or the variable, of a setting, if this layer has it.
    pub(super) fn find(&self, section: &str, key: &str) -> Option<String> {
        let table: Table = self.text.parse().ok()?;
        section.split('.').try_fold(&table, |table, part| table.get(part)?.as_table())?.get(key)?;
        let Origin::File(path) = &self.place else { return Some(self.place.to_string()) };
        let document = toml::de::DeTable::parse(&self.text).ok()?;
        let mut table = document.get_ref();
        for part in section.split('.') {
            table = table.get(part)?.get_ref().as_table()?;
        }
        let (name, _) = table.iter().find(|(name, _)| name.get_ref() == key)?;
        let line = self.text[..name.span().start].matches('\n').count() + 1;
        Some(format!("{}, line {line}", path.display()))
    }
}

/// One layer for each variable, in the order of their names.
pub(super) fn of_variables(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Vec<Layer>, ConfigError> {
    let known = names::all();
    let mut layers = Vec::new();
    for (variable, value) in variables {
        let Some(variable) = variable.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        if OTHERS.contains(&variable) {
            continue;
        }
        let failure = |what: String| ConfigError { place: format!("variable {variable}"), what };
        let Some(name) = known.iter().find(|name| name.variable() == variable) else {
            let all: Vec<String> = known.iter().map(Name::variable).collect();
            // The value is not printed: it may be a secret.
            return Err(failure(format!("there is no such setting; there are: {}", all.join(", "))));
        };
        let value = read(&value, name.kind).map_err(|what| failure(what.to_owned()))?;
        let text = nested(name, value).to_string();
        layers.push(Layer { place: Origin::Variable(variable.to_owned()), text });
    }
    layers.sort_by_key(|layer| layer.place.to_string());
    Ok(layers)
}

fn read(value: &OsString, kind: ValueKind) -> Result<Value, &'static str> {
    let text = |path: &Path| path.to_str().map(|text| Value::String(text.to_owned())).ok_or("it is no UTF-8");
    match kind {
        ValueKind::Paths => std::env::split_paths(value)
            .filter(|path| !path.as_os_str().is_empty())
            .map(|path| text(&path))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        ValueKind::Text | ValueKind::Path => text(Path::new(value)),
        ValueKind::Value => {
            let Value::String(text) = text(Path::new(value))? else { return Err("it is no text") };
            let parsed: Result<Table, _> = format!("value = {text}").parse();
            let value = parsed.ok().filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
            Ok(value.unwrap_or(Value::String(text)))
        }
    }
}

/// A setting in its section.
fn nested(name: &Name, value: Value) -> Table {
    let of = |key: &str, value: Value| Table::from_iter([(key.to_owned(), value)]);
    name.section.rsplit('.').fold(of(&name.key, value), |inner, section| of(section, Value::Table(inner)))
}

/// The TOML of all layers together, with absolute paths.
pub(super) fn merged(layers: &[Layer]) -> Result<String, ConfigError> {
    let mut all = Table::new();
    for layer in layers {
        let mut table: Table =
            layer.text.parse().map_err(|error: toml::de::Error| layer.failure(error.message().to_owned()))?;
        if let Origin::File(path) = &layer.place {
            make_absolute(&mut table, path.parent().unwrap_or(Path::new("")));
        }
        overlay(&mut all, table);
    }
    Ok(all.to_string())
}

/// Makes relative paths of the program's sections absolute, from a folder.
fn make_absolute(table: &mut Table, folder: &Path) {
    make_absolute_files(table, folder);
    for (section, key, kind) in program::NAMES {
        let Some(value) = table.get_mut(section).and_then(Value::as_table_mut).and_then(|table| table.get_mut(key))
        else {
            continue;
        };
        let paths = match (kind, value) {
            (ValueKind::Paths, Value::Array(paths)) => paths.as_mut_slice(),
            (ValueKind::Path, path) => std::slice::from_mut(path),
            _ => continue,
        };
        for path in paths {
            if let Some(rooted) = path.as_str().and_then(|path| folder.join(path).to_str().map(str::to_owned)) {
                *path = Value::String(rooted);
            }
        }
    }
}

/// The same for the files that describe search services.
fn make_absolute_files(table: &mut Table, folder: &Path) {
    let search = table.get_mut("search").and_then(Value::as_table_mut);
    let described = search.and_then(|search| search.get_mut("described")?.as_table_mut());
    for service in described.into_iter().flat_map(Table::iter_mut).map(|(_, service)| service) {
        let Some(file) = service.as_table_mut().and_then(|service| service.get_mut("file")) else { continue };
        if let Some(rooted) = file.as_str().and_then(|path| folder.join(path).to_str().map(str::to_owned)) {
            *file = Value::String(rooted);
        }
    }
}

fn overlay(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => overlay(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}
