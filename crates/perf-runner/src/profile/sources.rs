//! The source files of the measured packages, by which places in the workspace are told from places elsewhere.

use std::fs;
use std::path::Path;

/// The source files of packages, as paths relative to the root of the workspace with `/`. `packages` are folders, also relative
/// to the root.
pub fn source_files(root: &Path, packages: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        collect(&root.join(package), package, &mut found);
    }
    found
}

fn collect(dir: &Path, shown: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let shown = if shown.is_empty() { name.clone() } else { format!("{shown}/{name}") };
        let path = entry.path();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            collect(&path, &shown, found);
        } else if name.ends_with(".rs") {
            found.push(shown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_packages_are_found() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = source_files(manifest.parent().unwrap(), &["perf-runner".into(), "no-such-package".into()]);
        assert!(found.contains(&"perf-runner/src/profile/sources.rs".to_owned()), "{found:?}");
        assert!(found.iter().all(|path| path.starts_with("perf-runner/")));
        // A package may be the workspace itself.
        assert!(source_files(manifest, &[String::new()]).contains(&"src/lib.rs".to_owned()));
    }
}
