//! The cases of a harness package.

/// A case of a harness package.
pub trait Case: Sized + 'static {
    /// Every case, in the order of `--list`.
    const ALL: &'static [Self];

    /// `suite/case/size`: the key in baselines, which never changes.
    fn name(&self) -> &'static str;

    /// Whether the case is neither timed nor run under an instruction counter.
    fn is_heavy(&self) -> bool {
        false
    }
}

/// Finds the case with a name.
///
/// # Panics
/// When no case has this name; the message lists all names.
pub fn find<C: Case>(name: &str) -> &'static C {
    let known = || C::ALL.iter().map(C::name).collect::<Vec<_>>().join(" ");
    let found = C::ALL.iter().find(|case| case.name() == name);
    found.unwrap_or_else(|| panic!("no case is named `{name}`; there are: {}", known()))
}
