//! The files of a crate depend on each other without a circle, so that each can be read after those it depends on.
//!
//! An arrow from one file to another is a name that the first one takes from the second: in a `use`, or in a path in its
//! code that begins with `crate`, `self`, `super` or with a name that is in scope. A name is followed through re-exports to
//! the file that defines it. So a `mod.rs` that only passes names on is no hub: children that find each other through it are
//! not tied to it, and passing on (`pub use` of something below the file's own module) is no arrow. Using what is passed on
//! is one. Nor is `mod x;` an arrow: a parent names its children, which says nothing about what they know.
//!
//! Code of tests is ignored. Methods and implementations of traits are not seen, because they are used without naming their
//! file. Names that macros make and files of integration tests are not seen, either.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// Crates whose circles are still to be broken up.
const NOT_YET: [&str; 0] = [];

#[test]
fn no_crate_has_a_circle_of_files() {
    // Read at run time: clones that share a target folder share this executable.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let root = Path::new(&xtask).parent().expect("xtask is a folder of the workspace");
    let read = |file: &Path| std::fs::read_to_string(root.join(file)).ok();
    let mut circles = BTreeSet::new();
    for (package, target) in targets(root).iter().filter(|(package, _)| !NOT_YET.contains(&package.as_str())) {
        let target = target.strip_prefix(root).unwrap_or(target);
        circles.extend(Files::of(target, &read).circles().into_iter().map(|circle| format!("`{package}`: {circle}")));
    }
    assert!(
        circles.is_empty(),
        "\n{}\nWhat to do: move what ties a circle to a file of its own, below all who use it\n",
        circles.into_iter().collect::<Vec<_>>().join("\n"),
    );
}

/// Every library, program and benchmark of the workspace: its package, and the file that it begins with.
fn targets(root: &Path) -> Vec<(String, PathBuf)> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--no-deps", "--format-version", "1", "--locked"]).current_dir(root);
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("cargo gives a text").to_owned();
    let list = |value: &serde_json::Value| value.as_array().expect("cargo gives a list").clone();
    let mut found = Vec::new();
    for package in list(&metadata["packages"]) {
        let targets = list(&package["targets"]);
        let looked_at = targets.iter().filter(|target| !list(&target["kind"]).iter().any(|kind| kind == "test"));
        found.extend(looked_at.map(|target| (text(&package["name"]), text(&target["src_path"]).into())));
    }
    found
}

/// The files of one library or program.
struct Files<'a> {
    /// Gives the text of a file, if there is one.
    read: &'a dyn Fn(&Path) -> Option<String>,
    /// Names of the files; arrows are between places of this list.
    names: Vec<PathBuf>,
    /// The first one is the root.
    modules: Vec<Module>,
}

/// A module, without its children.
struct Module {
    file: usize,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// What is defined here. A macro that is exported is defined at the root, too: in which module.
    items: BTreeMap<String, usize>,
    imports: Vec<Import>,
    uses: Vec<Use>,
}

/// A name that a `use` brings into scope.
struct Import {
    /// None of a glob.
    name: Option<String>,
    path: Vec<String>,
}

/// A path that stands in the code.
struct Use {
    path: Vec<String>,
    line: usize,
    /// Whether the path is in a `use` that passes it on.
    is_reexport: bool,
}

/// The target of a path.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Module(usize),
    /// Something that is defined in this module.
    Item(usize),
    /// Another crate, or a name that is none of a module.
    Elsewhere,
}

/// The folder in which the modules of a file are searched.
struct Folder {
    /// For a `#[path]` outside of modules that are written out.
    of_file: PathBuf,
    of_children: PathBuf,
}

impl<'a> Files<'a> {
    /// Reads a library or program from its first file on.
    fn of(root: &Path, read: &'a dyn Fn(&Path) -> Option<String>) -> Self {
        let mut files = Self { read, names: Vec::new(), modules: Vec::new() };
        let text = read(root).unwrap_or_else(|| panic!("{} cannot be read", root.display()));
        let folder = root.parent().unwrap_or(Path::new("")).to_owned();
        files.add_file(root, &text, Folder { of_file: folder.clone(), of_children: folder }, None);
        files
    }

    fn add_file(&mut self, name: &Path, text: &str, folder: Folder, parent: Option<usize>) -> Option<usize> {
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", name.display()));
        if only_in_tests(&parsed.attrs) {
            return None;
        }
        self.names.push(name.to_owned());
        Some(self.add_module(self.names.len() - 1, &parsed.items, &folder, parent))
    }

    fn add_module(&mut self, file: usize, items: &[syn::Item], folder: &Folder, parent: Option<usize>) -> usize {
        let this = self.modules.len();
        let (children, mut own, mut imports) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let mut uses = Uses::default();
        for item in items.iter().filter(|item| !only_in_tests(attributes(item))) {
            if let Some(name) = name_of(item) {
                own.insert(name, this);
            }
            if let syn::Item::Use(tree) = item {
                imports.extend(leaves(&tree.tree).into_iter().map(|(name, path, _)| Import { name, path }));
            }
            uses.visit_item(item);
        }
        self.modules.push(Module { file, parent, children, items: own, imports, uses: uses.found });
        for item in items.iter().filter(|item| !only_in_tests(attributes(item))) {
            match item {
                syn::Item::Mod(module) => {
                    let name = module.ident.to_string();
                    if let Some(child) = self.add_child(file, &name, module, folder, this) {
                        self.modules[this].children.entry(name).or_insert(child);
                    }
                }
                syn::Item::Macro(item) if item.attrs.iter().any(|a| a.path().is_ident("macro_export")) => {
                    if let Some(name) = &item.ident {
                        self.modules[0].items.insert(name.to_string(), this);
                    }
                }
                _ => {}
            }
        }
        this
    }

    /// The module of a `mod`, which is written out or in a file of its own.
    fn add_child(
        &mut self,
        file: usize,
        name: &str,
        module: &syn::ItemMod,
        folder: &Folder,
        parent: usize,
    ) -> Option<usize> {
        let below = folder.of_children.join(name);
        if let Some((_, items)) = &module.content {
            let folder = Folder { of_file: below.clone(), of_children: below };
            return Some(self.add_module(file, items, &folder, Some(parent)));
        }
        let given = module.attrs.iter().find_map(path_attribute).map(|path| folder.of_file.join(path));
        let candidates = match given {
            // Its children are beside it.
            Some(path) => vec![(path.parent().unwrap_or(Path::new("")).to_owned(), path)],
            None => vec![
                (below.clone(), folder.of_children.join(format!("{name}.rs"))),
                (below.clone(), below.join("mod.rs")),
            ],
        };
        for (of_children, path) in &candidates {
            if let Some(text) = (self.read)(path) {
                let of_file = path.parent().unwrap_or(Path::new("")).to_owned();
                let folder = Folder { of_file, of_children: of_children.clone() };
                return self.add_file(path, &text, folder, Some(parent));
            }
        }
        panic!("{} declares `mod {name};`, which is in no file", self.names[file].display());
    }

    /// Resolves a path in a module.
    fn find(&self, from: usize, path: &[String], seen: &mut BTreeSet<(usize, String)>) -> Place {
        let (mut at, mut rest) = (None, path);
        while let Some((first, others)) = rest.split_first() {
            at = match (first.as_str(), at) {
                ("crate", None) => Some(0),
                ("self", None) => Some(from),
                ("super", before) => match self.modules[before.unwrap_or(from)].parent {
                    None => return Place::Elsewhere,
                    parent => parent,
                },
                _ => break,
            };
            rest = others;
        }
        let mut place = at.map(Place::Module);
        for name in rest {
            let module = match place {
                None => from,
                Some(Place::Module(module)) => module,
                // What is behind an item belongs to it.
                Some(found) => return found,
            };
            place = Some(match self.lookup(module, name, seen) {
                Some(found) => found,
                None if place.is_none() => Place::Elsewhere,
                // Made by a macro of that module.
                None => Place::Item(module),
            });
        }
        place.unwrap_or(Place::Elsewhere)
    }

    /// Resolves a name in a module.
    fn lookup(&self, module: usize, name: &str, seen: &mut BTreeSet<(usize, String)>) -> Option<Place> {
        let this = &self.modules[module];
        if let Some(&child) = this.children.get(name) {
            return Some(Place::Module(child));
        }
        if let Some(&definer) = this.items.get(name) {
            return Some(Place::Item(definer));
        }
        // A name that leads back to itself is one of another crate.
        if !seen.insert((module, name.to_owned())) {
            return None;
        }
        if let Some(import) = this.imports.iter().find(|import| import.name.as_deref() == Some(name)) {
            return Some(self.find(module, &import.path, seen));
        }
        this.imports.iter().filter(|import| import.name.is_none()).find_map(|glob| {
            let Place::Module(of) = self.find(module, &glob.path, seen) else { return None };
            self.lookup(of, name, seen)
        })
    }

    /// Whether a module is below the file that another one is in, or in that file.
    fn is_below(&self, module: usize, other: usize) -> bool {
        let parent = |of: usize| self.modules[of].parent;
        let mut top = other;
        while let Some(above) = parent(top).filter(|&above| self.modules[above].file == self.modules[other].file) {
            top = above;
        }
        std::iter::successors(Some(module), |&module| parent(module)).any(|module| module == top)
    }

    /// The arrows between files, each with its first line.
    fn arrows(&self) -> BTreeMap<usize, BTreeMap<usize, usize>> {
        let mut arrows: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
        for (index, module) in self.modules.iter().enumerate() {
            for Use { path, line, is_reexport } in &module.uses {
                let (Place::Module(found) | Place::Item(found)) = self.find(index, path, &mut BTreeSet::new()) else {
                    continue;
                };
                let to = self.modules[found].file;
                if to != module.file && !(*is_reexport && self.is_below(found, index)) {
                    let first = arrows.entry(module.file).or_default().entry(to).or_insert(*line);
                    *first = (*first).min(*line);
                }
            }
        }
        arrows
    }

    /// One text for each circle: its files, and the arrows between them.
    fn circles(&self) -> Vec<String> {
        let arrows = self.arrows();
        let name = |file: usize| self.names[file].to_string_lossy().replace('\\', "/");
        let mut circles = Vec::new();
        for mut circle in strongly_connected(self.names.len(), &arrows).into_iter().filter(|files| files.len() > 1) {
            circle.sort_by_key(|&file| name(file));
            let mut shown = circle.iter().map(|&file| name(file)).collect::<Vec<_>>().join(", ");
            for from in &circle {
                for (to, line) in arrows[from].iter().filter(|(to, _)| circle.contains(to)) {
                    shown += &format!("\n    {}:{line} -> {}", name(*from), name(*to));
                }
            }
            circles.push(shown);
        }
        circles.sort();
        circles
    }
}

/// The paths of one module's code.
#[derive(Default)]
struct Uses {
    found: Vec<Use>,
}

impl Uses {
    fn add(&mut self, path: Vec<String>, line: usize) {
        self.found.push(Use { path, line, is_reexport: false });
    }

    /// The paths in what a macro or an attribute is given, or is made of.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: usize, wanted: char| matches!(trees.get(at), Some(TokenTree::Punct(p)) if p.as_char() == wanted);
        let mut at = 0;
        while at < trees.len() {
            let TokenTree::Ident(first) = &trees[at] else {
                if let TokenTree::Group(group) = &trees[at] {
                    self.add_tokens(group.stream());
                }
                at += 1;
                continue;
            };
            // Behind a dot it is a field or a method, behind colons part of another crate's path, behind a dollar a variable.
            let before = |wanted: char| at > 0 && is(at - 1, wanted);
            let begins = !before('.') && !before(':') && (!before('$') || first == "crate");
            let (mut path, line) = (vec![first.to_string()], first.span().start().line);
            at += 1;
            while is(at, ':')
                && is(at + 1, ':')
                && let Some(TokenTree::Ident(next)) = trees.get(at + 2)
            {
                path.push(next.to_string());
                at += 3;
            }
            let called = matches!(trees.get(at), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis);
            if begins && (path.len() > 1 || called || is(at, '!') || is_type(&path[0])) {
                self.add(path, line);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        // A module that is written out is one of its own.
        if !only_in_tests(attributes(item)) && !matches!(item, syn::Item::Mod(_)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !only_in_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_reexport = !matches!(item.vis, syn::Visibility::Inherited);
        let leaves = if item.leading_colon.is_some() { Vec::new() } else { leaves(&item.tree) };
        self.found.extend(leaves.into_iter().map(|(_, path, line)| Use { path, line, is_reexport }));
    }

    /// `pub(super)` needs nothing of the parent.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.add_tokens(list.tokens.clone());
        }
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.add_path(&called.path);
        self.add_tokens(called.tokens.clone());
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*call.func {
            self.add_path(&function.path);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        // A single small word may be a variable.
        if path.segments.len() > 1 || path.segments.first().is_some_and(|first| is_type(&first.ident.to_string())) {
            self.add_path(path);
        }
        visit::visit_path(self, path);
    }
}

impl Uses {
    fn add_path(&mut self, path: &syn::Path) {
        if let (None, Some(first)) = (path.leading_colon, path.segments.first()) {
            let line = first.ident.span().start().line;
            self.add(path.segments.iter().map(|segment| segment.ident.to_string()).collect(), line);
        }
    }
}

fn is_type(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

/// The names of a `use`: as what they are known here, none of a glob; their paths; their lines.
fn leaves(tree: &syn::UseTree) -> Vec<(Option<String>, Vec<String>, usize)> {
    match tree {
        syn::UseTree::Path(path) => {
            let first = path.ident.to_string();
            let mut below = leaves(&path.tree);
            for (name, rest, _) in &mut below {
                // `a::{self}` is `a`.
                if name.as_deref() == Some("self") {
                    *name = Some(first.clone());
                }
                if rest.last().is_some_and(|last| last == "self") {
                    rest.pop();
                }
                rest.insert(0, first.clone());
            }
            below
        }
        syn::UseTree::Name(leaf) => {
            let name = leaf.ident.to_string();
            vec![(Some(name.clone()), vec![name], leaf.ident.span().start().line)]
        }
        syn::UseTree::Rename(leaf) => {
            let line = leaf.ident.span().start().line;
            vec![(Some(leaf.rename.to_string()), vec![leaf.ident.to_string()], line)]
        }
        syn::UseTree::Glob(glob) => vec![(None, Vec::new(), glob.star_token.spans[0].start().line)],
        syn::UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    use syn::Item;
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &syn::Item) -> Option<String> {
    use syn::Item;
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Union(item) => item.ident.to_string(),
        _ => return None,
    })
}

/// Whether attributes say `cfg(test)`, alone or with more, or `test`.
fn only_in_tests(attributes: &[syn::Attribute]) -> bool {
    fn asks_for_tests(meta: &syn::Meta) -> bool {
        let inside = |list: &syn::MetaList| {
            let parser = syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
            list.parse_args_with(parser).map(Vec::from_iter).unwrap_or_default()
        };
        match meta {
            syn::Meta::Path(path) => path.is_ident("test"),
            syn::Meta::List(list) if list.path.is_ident("cfg") || list.path.is_ident("all") => {
                inside(list).iter().any(asks_for_tests)
            }
            syn::Meta::List(list) if list.path.is_ident("any") => {
                let asked = inside(list);
                !asked.is_empty() && asked.iter().all(asks_for_tests)
            }
            _ => false,
        }
    }
    attributes.iter().any(|attribute| asks_for_tests(&attribute.meta))
}

/// The file of `#[path = "…"]`.
fn path_attribute(attribute: &syn::Attribute) -> Option<String> {
    match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Sets of which each member reaches every other (Tarjan, "Depth-first search and linear graph algorithms", 1972).
fn strongly_connected(nodes: usize, arrows: &BTreeMap<usize, BTreeMap<usize, usize>>) -> Vec<Vec<usize>> {
    struct Search<'a> {
        arrows: &'a BTreeMap<usize, BTreeMap<usize, usize>>,
        /// When a node was found.
        number: BTreeMap<usize, usize>,
        /// The earliest one that is open and that it reaches.
        earliest: BTreeMap<usize, usize>,
        open: Vec<usize>,
        sets: Vec<Vec<usize>>,
    }

    impl Search<'_> {
        fn visit(&mut self, node: usize) {
            let number = self.number.len();
            self.number.insert(node, number);
            let (mut earliest, position) = (number, self.open.len());
            self.open.push(node);
            for &next in self.arrows.get(&node).into_iter().flat_map(BTreeMap::keys) {
                if !self.number.contains_key(&next) {
                    self.visit(next);
                    earliest = earliest.min(self.earliest[&next]);
                } else if self.open.contains(&next) {
                    earliest = earliest.min(self.number[&next]);
                }
            }
            self.earliest.insert(node, earliest);
            if earliest == number {
                self.sets.push(self.open.split_off(position));
            }
        }
    }

    let mut search =
        Search { arrows, number: BTreeMap::new(), earliest: BTreeMap::new(), open: Vec::new(), sets: Vec::new() };
    for node in 0..nodes {
        if !search.number.contains_key(&node) {
            search.visit(node);
        }
    }
    search.sets
}

/// The circles of a library that is made up of these files.
fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let read = |file: &Path| Some(files.iter().find(|(name, _)| Path::new(name) == file)?.1.to_owned());
    Files::of(Path::new(files[0].0), &read).circles()
}

/// Two files that need each other, the second one for `back`.
fn with_a_way_back(back: &str) -> Vec<String> {
    circles(&[("lib.rs", "mod a;\nmod b;"), ("a.rs", "use crate::b::B;\npub struct A;"), ("b.rs", back)])
}

#[test]
fn a_circle_is_named_with_its_files_and_lines() {
    let found = with_a_way_back("pub struct B;\n\nuse crate::a::A;");
    assert_eq!(found, ["a.rs, b.rs\n    a.rs:1 -> b.rs\n    b.rs:3 -> a.rs"]);
    assert!(with_a_way_back("pub struct B;").is_empty());
}

#[test]
fn every_way_to_name_something_is_an_arrow() {
    for back in [
        "use super::a::A;",
        "use super::a;",
        "use crate::{a::{A as Other}, b};",
        "use crate::a::*;",
        "fn f() { use crate::a::A; }",
        "pub use crate::a::A;",
        "fn f(_: crate::a::A) {}",
        "fn f() { let _: Vec<super::a::A> = vec![]; }",
        "fn f() { super::a::g(); }",
        "impl super::a::Trait for B {}",
        "impl<T: crate::a::Trait> Clone for B<T> {}",
        "fn f() { println!(\"{}\", crate::a::A); }",
        "macro_rules! b { () => { $crate::a::A }; }",
        "#[error(\"{}\", crate::a::A)] struct B;",
        "mod inner { use super::super::a::A; }",
        "#[cfg(not(test))] use crate::a::A;",
        "#[cfg(any(test, unix))] use crate::a::A;",
    ] {
        assert_eq!(with_a_way_back(back).len(), 1, "{back}");
    }
}

#[test]
fn unresolved_paths_are_no_arrows() {
    for back in [
        "use std::fmt; use ::a::A; use other::a::A;",
        "fn f(a: u32) -> u32 { a }",
        "pub(super) struct B; pub(in crate::a) fn f() {}",
        "/// See [`crate::a::A`].\nstruct B;",
        "fn f() -> &'static str { \"crate::a::A\" }",
    ] {
        assert!(with_a_way_back(back).is_empty(), "{back}");
    }
}

#[test]
fn names_of_tests_are_no_arrows() {
    for back in [
        "#[cfg(test)] use crate::a::A;",
        "#[cfg(test)] mod tests { use crate::a::A; }",
        "#[cfg(all(test, unix))] mod tests { use crate::a::A; }",
        "#[test] fn f() { crate::a::f(); }",
        "struct B; impl B { #[cfg(test)] fn f() { crate::a::f(); } }",
    ] {
        assert!(with_a_way_back(back).is_empty(), "{back}");
    }
    // Tests in a file of their own: it is not read, so it need not exist.
    let files = [("lib.rs", "mod a;"), ("a.rs", "#[cfg(test)] mod tests; use std::fmt;")];
    assert!(circles(&files).is_empty());
}

/// The circles of `a/one.rs` and `a/two.rs`, which `a/mod.rs` re-exports.
fn circles_of_reexports(parent: &str, one: &str, two: &str) -> Vec<String> {
    let parent = format!("mod one;\nmod two;\n{parent}");
    circles(&[("lib.rs", "mod a;"), ("a/mod.rs", &parent), ("a/one.rs", one), ("a/two.rs", two)])
}

#[test]
fn a_name_is_followed_to_the_file_that_defines_it() {
    for (parent, one) in [
        ("pub use two::Two;", "use super::Two;"),
        ("pub(crate) use self::two::{Two as Second, three};", "use crate::a::Second;"),
        ("pub use two::*;", "fn f() { super::Two::new(); }"),
        ("pub mod all { pub use super::two::Two; }", "use super::all::Two;"),
        ("use two::Two;", "use super::*; fn f(_: Two) {}"),
    ] {
        let found = circles_of_reexports(parent, one, "use super::one::One; pub struct Two;");
        assert!(found.len() == 1 && found[0].contains("a/one.rs:1 -> a/two.rs"), "{parent} {one} {found:?}");
        // No other arrow connects them.
        assert!(
            circles_of_reexports(parent, one, "pub struct Two;").is_empty() || parent.starts_with("use"),
            "{parent} {one}"
        );
    }
}

#[test]
fn a_file_of_only_reexports_is_in_no_circle() {
    assert!(
        circles_of_reexports(
            "pub use one::One; pub use two::Two;",
            "use super::Two; pub struct One;",
            "pub struct Two;"
        )
        .is_empty()
    );
    assert!(circles_of_reexports("pub use one::*;", "pub use crate::a::two::Two;", "pub struct Two;").is_empty());
}

#[test]
fn a_file_that_uses_its_reexports_is_in_a_circle() {
    let one = "use super::Limit; pub struct One;";
    for parent in [
        "pub use one::One; pub struct Limit(One);",
        "pub use one::one; pub struct Limit; fn f() { one(); }",
        "use one::One; pub struct Limit;",
        "pub struct Limit; fn f() -> one::One { one::One }",
        "pub use one::One; pub struct Limit; fn f() { vec![One]; }",
    ] {
        assert_eq!(circles_of_reexports(parent, one, "").len(), 1, "{parent}");
    }
    assert!(circles_of_reexports("pub use one::One; pub struct Limit;", one, "").is_empty());
}

#[test]
fn items_made_by_a_macro_belong_to_the_calling_file() {
    let files = [
        ("lib.rs", "mod a; mod made; mod b;"),
        ("a.rs", "pub(crate) use make; macro_rules! make { () => {} }"),
        ("made.rs", "use crate::a::make; use crate::b::B; make! { pub struct Made; }"),
        ("b.rs", "use crate::made::Made; pub struct B;"),
    ];
    assert_eq!(circles(&files), ["b.rs, made.rs\n    b.rs:1 -> made.rs\n    made.rs:1 -> b.rs"]);
}

#[test]
fn modules_are_found_in_the_files_where_the_compiler_finds_them() {
    let files = [
        ("src/main.rs", "mod a; #[path = \"elsewhere/b.rs\"] mod b; mod written { pub mod c; }"),
        ("src/a.rs", "pub mod deep;"),
        ("src/a/deep.rs", "use crate::b::beside::B;"),
        ("src/elsewhere/b.rs", "pub mod beside;"),
        ("src/elsewhere/beside.rs", "use crate::written::c::C; pub struct B;"),
        ("src/written/c/mod.rs", "use crate::a::deep; pub struct C;"),
    ];
    let found = circles(&files);
    assert!(found.len() == 1 && found[0].starts_with("src/a/deep.rs, src/elsewhere/beside.rs, src/written/c/mod.rs"));
}

#[test]
fn two_circles_are_two() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b; use crate::c;"),
        ("b.rs", "use crate::a;"),
        ("c.rs", "use crate::d;"),
        ("d.rs", "use crate::c;"),
    ];
    let found = circles(&files);
    assert_eq!(
        found.iter().map(|circle| circle.lines().next().unwrap()).collect::<Vec<_>>(),
        ["a.rs, b.rs", "c.rs, d.rs"]
    );
}
