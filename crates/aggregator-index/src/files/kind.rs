//! The kind of a file, by its name.

use std::ffi::OsStr;
use std::path::Path;

use aggregator_documents::{DocumentKind, Markup};

/// The kind of the document that a file with this path has; `None` if such files are not read.
pub(crate) fn kind_of(path: &Path) -> Option<DocumentKind> {
    let Some(extension) = path.extension().and_then(OsStr::to_str) else {
        let name = path.file_name().and_then(OsStr::to_str)?;
        return match name {
            "README" | "LICENSE" | "LICENCE" | "COPYING" | "CHANGELOG" | "CHANGES" | "NEWS" | "AUTHORS" | "NOTICE"
            | "INSTALL" | "TODO" | "HISTORY" => Some(DocumentKind::Text(Markup::None)),
            "Makefile" | "Dockerfile" | "Containerfile" | "Justfile" | "justfile" | "Rakefile" | "Gemfile"
            | "BUILD" | "CODEOWNERS" => Some(DocumentKind::Source),
            _ => None,
        };
    };
    let extension = extension.to_ascii_lowercase();
    Some(match extension.as_str() {
        "md" | "markdown" | "mdx" | "mdown" | "mkd" => DocumentKind::Markdown,
        "html" | "htm" | "xhtml" => DocumentKind::Html,
        "pdf" => DocumentKind::Pdf,
        "txt" | "text" | "log" | "org" | "tex" | "textile" | "wiki" | "mediawiki" => DocumentKind::Text(Markup::None),
        "rst" => DocumentKind::Text(Markup::Rst),
        "adoc" | "asciidoc" => DocumentKind::Text(Markup::Asciidoc),
        other if SOURCES.contains(&other) => DocumentKind::Source,
        _ => return None,
    })
}

/// Extensions of languages of programs and of configuration.
const SOURCES: &[&str] = &[
    "ada",
    "adb",
    "ads",
    "asm",
    "awk",
    "bash",
    "bat",
    "bazel",
    "bzl",
    "c",
    "cc",
    "cfg",
    "clj",
    "cljs",
    "cmake",
    "cmd",
    "conf",
    "cpp",
    "cr",
    "cs",
    "css",
    "csproj",
    "cu",
    "cxx",
    "d",
    "dart",
    "diff",
    "el",
    "elm",
    "env",
    "erl",
    "ex",
    "exs",
    "f90",
    "fish",
    "fs",
    "fsx",
    "gd",
    "gleam",
    "glsl",
    "go",
    "gql",
    "gradle",
    "graphql",
    "groovy",
    "h",
    "hcl",
    "hh",
    "hpp",
    "hrl",
    "hs",
    "hxx",
    "ini",
    "java",
    "jl",
    "js",
    "json",
    "json5",
    "jsonc",
    "jsx",
    "kt",
    "kts",
    "less",
    "lisp",
    "lua",
    "m",
    "mjs",
    "cjs",
    "mk",
    "ml",
    "mli",
    "mm",
    "mod",
    "nim",
    "nix",
    "odin",
    "pas",
    "patch",
    "php",
    "pl",
    "pm",
    "properties",
    "proto",
    "ps1",
    "py",
    "pyi",
    "pyx",
    "r",
    "rb",
    "rkt",
    "rs",
    "s",
    "sass",
    "scala",
    "scm",
    "scss",
    "service",
    "sh",
    "sol",
    "sql",
    "svelte",
    "swift",
    "tcl",
    "tf",
    "thrift",
    "toml",
    "ts",
    "tsx",
    "v",
    "vala",
    "vb",
    "vhd",
    "vhdl",
    "vim",
    "vue",
    "wgsl",
    "xml",
    "yaml",
    "yml",
    "zig",
    "zsh",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides_the_kind_in_any_case() {
        let kind = |name: &str| kind_of(Path::new(name));
        assert_eq!(kind("a/README.MD"), Some(DocumentKind::Markdown));
        assert_eq!(kind("README"), Some(DocumentKind::Text(Markup::None)));
        assert_eq!(kind("x.tar.Xhtml"), Some(DocumentKind::Html));
        assert_eq!(kind("Dockerfile"), Some(DocumentKind::Source));
        assert_eq!(kind("lib.rs"), Some(DocumentKind::Source));
        assert_eq!(kind("a.rst"), Some(DocumentKind::Text(Markup::Rst)));
        assert_eq!(kind("a.png"), None);
        assert_eq!(kind("a"), None);
        assert_eq!(kind(".md"), None, "a hidden file without an extension");
    }
}
