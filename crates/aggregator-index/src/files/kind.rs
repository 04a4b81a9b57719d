//! The kind of a file, by its name.

use std::ffi::OsStr;
use std::path::Path;

/// The kind of a file; each has a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FileKind {
    Markdown,
    Html,
    /// Paragraphs between empty lines, with the headings of the markup.
    Text(Markup),
    /// Programs and configuration: the address of a passage is its line.
    Source,
    Pdf,
}

/// The markup of headings in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Markup {
    None,
    /// reStructuredText: a line of punctuation under, or around, the heading.
    Rst,
    /// AsciiDoc: equals signs before the heading.
    Asciidoc,
}

impl FileKind {
    /// The kind of a file with this path; `None` if such files are not read.
    pub(crate) fn from_path(path: &Path) -> Option<Self> {
        let Some(extension) = path.extension().and_then(OsStr::to_str) else {
            let name = path.file_name().and_then(OsStr::to_str)?;
            return match name {
                "README" | "LICENSE" | "LICENCE" | "COPYING" | "CHANGELOG" | "CHANGES" | "NEWS" | "AUTHORS"
                | "NOTICE" | "INSTALL" | "TODO" | "HISTORY" => Some(Self::Text(Markup::None)),
                "Makefile" | "Dockerfile" | "Containerfile" | "Justfile" | "justfile" | "Rakefile" | "Gemfile"
                | "BUILD" | "CODEOWNERS" => Some(Self::Source),
                _ => None,
            };
        };
        let extension = extension.to_ascii_lowercase();
        Some(match extension.as_str() {
            "md" | "markdown" | "mdx" | "mdown" | "mkd" => Self::Markdown,
            "html" | "htm" | "xhtml" => Self::Html,
            "pdf" => Self::Pdf,
            "txt" | "text" | "log" | "org" | "tex" | "textile" | "wiki" | "mediawiki" => Self::Text(Markup::None),
            "rst" => Self::Text(Markup::Rst),
            "adoc" | "asciidoc" => Self::Text(Markup::Asciidoc),
            other if SOURCES.contains(&other) => Self::Source,
            _ => return None,
        })
    }
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
        let kind = |name: &str| FileKind::from_path(Path::new(name));
        assert_eq!(kind("a/README.MD"), Some(FileKind::Markdown));
        assert_eq!(kind("README"), Some(FileKind::Text(Markup::None)));
        assert_eq!(kind("x.tar.Xhtml"), Some(FileKind::Html));
        assert_eq!(kind("Dockerfile"), Some(FileKind::Source));
        assert_eq!(kind("lib.rs"), Some(FileKind::Source));
        assert_eq!(kind("a.rst"), Some(FileKind::Text(Markup::Rst)));
        assert_eq!(kind("a.png"), None);
        assert_eq!(kind("a"), None);
        assert_eq!(kind(".md"), None, "a hidden file without an extension");
    }
}
