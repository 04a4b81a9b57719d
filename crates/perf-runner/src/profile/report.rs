//! What the profiles of a case say: sentences, tables and pictures, with what is lost in them.

use std::collections::BTreeMap;

use perf_gate::CaseName;
use perf_profile::difference::{Sides, merge};
use perf_profile::flame::{self, Graph};
use perf_profile::functions::{functions, of_crates};
use perf_profile::increase::{largest, sentence};
use perf_profile::number;
use perf_profile::stacks::{CUT, Stacks, Unit};
use perf_profile::table::{Order, Table, sides};

use super::side::{Heap, Instructions, SideProfile};
use super::sources::source_files;
use crate::workspace::Workspace;

/// Functions that a sentence names.
const NAMED: usize = 3;

/// The profiles of a case, of the change and of its base if there is one.
#[derive(Debug)]
pub struct CaseProfile {
    /// The case.
    pub case: CaseName,
    /// The base, if there is one.
    pub base: Option<Base>,
    /// The change.
    pub head: SideProfile,
    /// Source files of the measured packages, as paths from the root of the workspace.
    files: Vec<String>,
    crates: Vec<String>,
}

/// The base of a change.
#[derive(Debug)]
pub struct Base {
    /// Abbreviated hash of its commit.
    pub revision: String,
    /// Its profiles.
    pub profile: SideProfile,
}

impl CaseProfile {
    /// Puts the profiles of both sides together. `packages` are the folders of the packages that were measured.
    pub fn new(
        workspace: &Workspace,
        case: &CaseName,
        packages: &[String],
        base: Option<Base>,
        head: SideProfile,
    ) -> Self {
        let files = source_files(workspace.root(), packages);
        Self { case: case.clone(), base, head, files, crates: workspace.crates().to_vec() }
    }

    /// Whether a program failed on one of the sides, so that a part is missing.
    pub fn has_failed(&self) -> bool {
        self.head.failed || self.base.as_ref().is_some_and(|base| base.profile.failed)
    }

    fn instructions(&self) -> (Option<&Instructions>, Option<&Instructions>) {
        let base = self.base.as_ref().and_then(|base| base.profile.instructions.as_ref().ok());
        (base, self.head.instructions.as_ref().ok())
    }

    fn heap(&self) -> (Option<&Heap>, Option<&Heap>) {
        let base = self.base.as_ref().and_then(|base| base.profile.allocations.as_ref().ok());
        (base, self.head.allocations.as_ref().ok())
    }

    /// The functions of the workspace whose instructions increased most, each with what it calls in other crates, as a
    /// sentence; `None` if there are none, or no base.
    pub fn instructions_sentence(&self) -> Option<String> {
        let (Some(base), Some(head)) = self.instructions() else { return None };
        let costs = |side: &Instructions| of_crates(&side.stacks, &self.crates);
        sentence("instructions", &largest(&costs(base), &costs(head), NAMED))
    }

    /// The functions of the workspace that allocate more blocks than in the base, as a sentence; `None` if there are none, or no
    /// base.
    pub fn allocations_sentence(&self) -> Option<String> {
        let (Some(base), Some(head)) = self.heap() else { return None };
        let blocks = |side: &Heap| -> BTreeMap<String, f64> {
            let sites = side.allocations.sites(&self.files).into_iter();
            sites.map(|(name, site)| (name, site.blocks as f64)).collect()
        };
        sentence("allocations", &largest(&blocks(base), &blocks(head), NAMED))
    }

    /// Sentences and tables as text, with `lines` lines a table.
    pub fn tables(&self, lines: usize) -> String {
        let mut out = match &self.base {
            Some(base) => format!("profile of {}, compared with the base {}\n", self.case, base.revision),
            None => format!("profile of {}\n", self.case),
        };
        for sentence in [self.instructions_sentence(), self.allocations_sentence()].into_iter().flatten() {
            out.push_str(&format!("{sentence}\n"));
        }
        out.push('\n');
        self.add_instructions(&mut out, lines);
        out.push('\n');
        self.add_allocations(&mut out, lines);
        out
    }

    fn add_instructions(&self, out: &mut String, lines: usize) {
        let head = match &self.head.instructions {
            Ok(head) => head,
            Err(why) => return out.push_str(&format!("instructions: no profile: {why}\n")),
        };
        let base = self.instructions().0;
        let total = total(base.map(|base| &base.stacks), &head.stacks);
        out.push_str(&said_total(Unit::Instructions, total, base.is_some()));
        out.push_str(&self.missing_base(|base| base.instructions.as_ref().err()));
        out.push_str(&format!("{}\n", self.lost_callers(base, head)));
        let table = |title| Table { title, unit: "instructions", total, has_base: base.is_some(), lines };
        let of = |cost: fn(&perf_profile::functions::Cost) -> f64| {
            let of = |side: &Instructions| {
                let mut found = functions(&side.stacks);
                // The stacks below it are known; it is no function.
                found.remove(CUT);
                found
            };
            sides(&base.map(of).unwrap_or_default(), &of(head), cost)
        };
        let own_of_workspace = {
            let of = |side: &Instructions| of_crates(&side.stacks, &self.crates);
            sides(&base.map(of).unwrap_or_default(), &of(head), |cost| *cost)
        };
        let by_itself = of(|cost| cost.own);
        if base.is_some() {
            let title = "largest changes of functions of the workspace, with what they call in other crates";
            out.push_str(&format!("\n{}", table(title).render(&own_of_workspace, Order::Change)));
            let title = "largest changes of what functions spend themselves";
            out.push_str(&format!("\n{}", table(title).render(&by_itself, Order::Change)));
        }
        for (title, costs) in [
            ("functions by what they spend themselves", by_itself),
            ("functions with what they call; a function that calls itself counts once", of(|cost| cost.inclusive)),
            ("functions of the workspace, with what they call in other crates", own_of_workspace),
        ] {
            out.push_str(&format!("\n{}", table(title).render(&costs, Order::Cost)));
        }
    }

    fn add_allocations(&self, out: &mut String, lines: usize) {
        let head = match &self.head.allocations {
            Ok(head) => head,
            Err(why) => return out.push_str(&format!("allocations: no profile: {why}\n")),
        };
        let base = self.heap().0;
        let of_base = base.map(|base| base.allocations.sites(&self.files)).unwrap_or_default();
        let mut of_head = head.allocations.sites(&self.files);
        let blocks = total(
            base.map(|base| base.allocations.stacks(Unit::Blocks)).as_ref(),
            &head.allocations.stacks(Unit::Blocks),
        );
        let bytes = total(
            base.map(|base| base.allocations.stacks(Unit::Bytes)).as_ref(),
            &head.allocations.stacks(Unit::Bytes),
        );
        out.push_str(&said_total(Unit::Blocks, blocks, base.is_some()));
        out.push_str(&said_total(Unit::Bytes, bytes, base.is_some()));
        out.push_str(&self.missing_base(|base| base.allocations.as_ref().err()));
        // A site that is gone has its figures of the base.
        for (name, site) in &of_base {
            of_head.entry(name.clone()).or_insert_with(|| perf_profile::dhat::Site {
                blocks: 0,
                bytes: 0,
                ..site.clone()
            });
        }
        let shown = |name: &str| {
            let site = &of_head[name];
            let lines: Vec<String> = site.lines.iter().take(6).map(u64::to_string).collect();
            let at = if lines.is_empty() { String::new() } else { format!(":{}", lines.join(",")) };
            let was = match base {
                Some(_) => format!(" (was {})", number::cost(of_base.get(name).map_or(0, |site| site.bytes) as f64)),
                None => String::new(),
            };
            format!("{name}{at}; {} bytes{was}", number::cost(site.bytes as f64))
        };
        let costs = sides(&of_base, &of_head, |site| site.blocks as f64);
        let costs: BTreeMap<String, Sides> = costs.into_iter().map(|(name, cost)| (shown(&name), cost)).collect();
        let table = |title| Table { title, unit: "blocks", total: blocks, has_base: base.is_some(), lines };
        if base.is_some() {
            let title = "largest changes of allocation sites: function, file and lines";
            out.push_str(&format!("\n{}", table(title).render(&costs, Order::Change)));
        }
        let title = "allocation sites, by blocks: function, file and lines";
        out.push_str(&format!("\n{}", table(title).render(&costs, Order::Cost)));
    }

    /// A line if there is a base, but no profile of it.
    fn missing_base<'a>(&'a self, why: impl Fn(&'a SideProfile) -> Option<&'a String>) -> String {
        match self.base.as_ref().and_then(|base| why(&base.profile)) {
            Some(why) => format!("not compared: the base has no profile: {why}\n"),
            None => String::new(),
        }
    }

    /// The line about callers that callgrind did not keep.
    fn lost_callers(&self, base: Option<&Instructions>, head: &Instructions) -> String {
        let deepest = head.stacks.depth.max(base.map_or(0, |base| base.stacks.depth));
        let lost = head.stacks.cut_share().max(base.map_or(0.0, |base| base.stacks.cut_share()));
        let depth = head.depth;
        match lost > 0.0 {
            false => {
                format!("callers: up to {depth} are kept apart, the deepest stack has {deepest} frames; none is lost")
            }
            true => format!(
                "callers: up to {depth} are kept apart; the outer callers of {} are lost, shown as {CUT}: more with a larger --depth",
                number::share(lost, 1.0)
            ),
        }
    }

    /// The flame graphs of the instructions: of the change, and of the difference to the base.
    pub fn instruction_graphs(&self) -> (Option<String>, Option<String>) {
        let (base, Some(head)) = self.instructions() else { return (None, None) };
        let notes = [self.lost_callers(base, head)];
        let graph = |title: &str, base: Option<&Stacks>| {
            let stacks = merge(base, &head.stacks);
            flame::svg(&[Graph { title, notes: &notes, stacks: &stacks }])
        };
        let title = format!("instructions of {}", self.case);
        let alone = graph(&title, None);
        let compared = base.map(|base| graph(&format!("{title}, {}", self.compared()), Some(&base.stacks)));
        (Some(alone), compared)
    }

    /// The flame graphs of the allocations, by blocks and below that by bytes: of the change, and of the difference to the base.
    pub fn allocation_graphs(&self) -> (Option<String>, Option<String>) {
        let (base, Some(head)) = self.heap() else { return (None, None) };
        let graphs = |base: Option<&Heap>| {
            let of = |unit: Unit| {
                let head = head.allocations.stacks(unit);
                let base = base.map(|base| base.allocations.stacks(unit));
                let note = lost_frames(base.as_ref(), &head);
                let compared = if base.is_some() { format!(", {}", self.compared()) } else { String::new() };
                (format!("{} of {}{compared}", unit.name(), self.case), [note], merge(base.as_ref(), &head))
            };
            let both = [of(Unit::Blocks), of(Unit::Bytes)];
            let graphs = both.each_ref().map(|(title, notes, stacks)| Graph { title, notes, stacks });
            flame::svg(&graphs)
        };
        (Some(graphs(None)), base.map(|base| graphs(Some(base))))
    }

    fn compared(&self) -> String {
        self.base.as_ref().map_or_else(String::new, |base| format!("compared with the base {}", base.revision))
    }
}

/// The line about frames that dhat did not keep.
fn lost_frames(base: Option<&Stacks>, head: &Stacks) -> String {
    let lost = head.cut_share().max(base.map_or(0.0, Stacks::cut_share));
    match lost > 0.0 {
        false => "stacks: all frames are kept".to_owned(),
        true => format!(
            "stacks: `heap` keeps the inner frames only; the outer ones of {} are lost and shown as {CUT}",
            number::share(lost, 1.0)
        ),
    }
}

fn total(base: Option<&Stacks>, head: &Stacks) -> Sides {
    Sides { base: base.map_or(0.0, Stacks::total), head: head.total() }
}

fn said_total(unit: Unit, total: Sides, has_base: bool) -> String {
    let (unit, head) = (unit.name(), number::cost(total.head));
    match has_base {
        false => format!("{unit} of one operation: {head}\n"),
        true => format!(
            "{unit} of one operation: {head}, {} in the base ({}, {})\n",
            number::cost(total.base),
            number::change(total.change()),
            number::relative(total.base, total.head)
        ),
    }
}
