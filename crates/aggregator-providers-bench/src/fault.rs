//! Faults planted by the tests.

/// A fault planted around a client, which has to fail a row of the case. Only tests plant faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// None: the items pass what plants the faults of items, so that these are compared with what it costs.
    Inert,
    /// Every tenth event, hit or piece of an answer is lost.
    LostItem,
    /// The third item comes before the second.
    SwappedItems,
    /// Each item is copied once more.
    CopiedItem,
    /// A copy of each item is held until the end.
    HeldItems,
    /// One more poll for each item.
    ExtraPoll,
    /// The transport gives a body byte by byte.
    SingleBytes,
    /// The transport collects the body, and gives it as one piece at its end.
    CollectedBody,
    /// The transport holds a copy of a body until it is asked for the next one.
    HeldBody,
    /// 64 bytes are leaked by each operation.
    LeakedMemory,
    /// A limit allows a twentieth less.
    LowerRate,
    /// A query waits for less time than its turn takes to come.
    ShortDeadline,
    /// Every request may be repeated.
    IgnoredBudget,
    /// A breaker is open for twice the time.
    LateProbe,
    /// Identical queries have a run each.
    OwnRuns,
    /// Ten times as many queries wait for a place.
    LongQueue,
}

impl Fault {
    /// Whether the fault is planted behind a stream of items.
    pub fn is_of_items(self) -> bool {
        matches!(
            self,
            Self::Inert | Self::LostItem | Self::SwappedItems | Self::CopiedItem | Self::HeldItems | Self::ExtraPoll
        )
    }
}
