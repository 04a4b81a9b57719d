//! Slowdowns of a chosen size, planted in every operation of every case to measure the power of the gate. They exist only
//! with the feature `seeded-faults`, like the faults in `aggregator-core/src/seeded_fault.rs`.
//!
//! `SEEDED_FAULT=work:000120` names a mechanism and the units of it that an operation executes in addition. Each mechanism
//! is one way in which a change makes code slower:
//!
//! | mechanism | one unit | instructions | time |
//! |---|---|---|---|
//! | `none` | nothing: keeps the environment of the base as long as that of the slowed side | 0 | 0 |
//! | `work` | a computation in registers | 5 | 1 ns |
//! | `cache` | a load that misses the first-level cache and hits the second-level cache | 6 | 4 to 9 ns |
//! | `memory` | a load that misses every cache | 6 | 130 to 350 ns |
//! | `syscall` | a trivial system call | 5 | 150 ns |
//! | `yield` | a call of the scheduler, which runs another process if one is ready | 9 | 600 ns |
//!
//! In addition to its units, a mechanism costs 5 to 15 instructions an operation. Instructions are callgrind's counts on
//! `x86-64` and exact. Times are estimates from one machine: an out-of-order processor overlaps the first units of `work`
//! (about 30 ns) with the end of the operation, and loads take longer if the case itself uses the caches and page tables.

pub mod pointer_chase;

use std::hint::black_box;
use std::sync::LazyLock;

use pointer_chase::{CacheLine, PointerChase};

/// 256 KiB: eight times a first-level cache of 32 KiB and half of a private second-level cache of 512 KiB. The data of the
/// operation fits beside it, and other processors hardly affect the time of a step.
static CACHE_CHASE: LazyLock<PointerChase<'_>> = LazyLock::new(|| PointerChase::new(&CACHE_LINES));

/// 64 MiB: twice a last-level cache of 32 MiB. 4 MiB, which fit into the last-level cache only, are not a usable unit:
/// that cache is shared, and a step took 18 ns in one minute and 126 ns in another.
static MEMORY_CHASE: LazyLock<PointerChase<'_>> = LazyLock::new(|| PointerChase::new(&MEMORY_LINES));

/// The lines of [`CACHE_CHASE`]. They are not on the heap, where they would move the allocations of a case: that alone
/// changed the instructions of `answer/deltas/200` by 0.12 %.
static CACHE_LINES: [CacheLine; 4 << 10] = [const { CacheLine::new() }; 4 << 10];
/// The lines of [`MEMORY_CHASE`].
static MEMORY_LINES: [CacheLine; 1 << 20] = [const { CacheLine::new() }; 1 << 20];

/// Additional work of each operation.
pub struct Slowdown {
    /// Kind of the additional work.
    pub mechanism: Mechanism,
    /// Units of the mechanism in an operation; may be 0.
    pub amount: u64,
}

/// Kind of additional work; the documentation of the module lists what one unit costs.
pub enum Mechanism {
    /// `none`
    NoOp,
    /// `work`
    Compute,
    /// `cache` and `memory`: a unit is one step of a pointer chase. Each operation continues at the position `at`, because
    /// the lines at the start would be in the first-level cache.
    Load { chase: &'static PointerChase<'static>, at: usize },
    /// `syscall`
    SystemCall,
    /// `yield`
    Yield,
}

impl Slowdown {
    /// Parses a value of `SEEDED_FAULT`: `<mechanism>:<amount>`, where the amount is decimal digits and may have leading
    /// zeros. Prepares the memory, so that an operation neither allocates nor touches a page for the first time.
    ///
    /// # Errors
    /// When the value is not a slowdown; the message lists the mechanisms.
    pub fn parse(value: &str) -> Result<Self, String> {
        let known = "none:<n> work:<n> cache:<n> memory:<n> syscall:<n> yield:<n>";
        let unknown = || format!("`{value}` is not a slowdown; there are: {known}, where <n> is decimal digits");
        let (name, digits) = value.split_once(':').ok_or_else(unknown)?;
        // Parsing a `u64` would also accept a sign.
        let amount = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit())).ok_or_else(unknown)?;
        let mechanism = match name {
            "none" => Mechanism::NoOp,
            "work" => Mechanism::Compute,
            "cache" => Mechanism::Load { chase: &CACHE_CHASE, at: 0 },
            "memory" => Mechanism::Load { chase: &MEMORY_CHASE, at: 0 },
            "syscall" => Mechanism::SystemCall,
            "yield" => Mechanism::Yield,
            _ => return Err(unknown()),
        };
        Ok(Self { mechanism, amount })
    }

    /// Executes the units of one operation.
    pub fn slow_down(&mut self) {
        match &mut self.mechanism {
            Mechanism::NoOp => {}
            Mechanism::Compute => drop(black_box(compute(self.amount))),
            Mechanism::Load { chase, at } => *at = chase.walk(*at, self.amount),
            Mechanism::SystemCall => (0..self.amount).for_each(|_| system_call()),
            Mechanism::Yield => (0..self.amount).for_each(|_| std::thread::yield_now()),
        }
    }
}

/// Executes three dependent operations on one register a unit, and two instructions for the loop; no memory access.
#[inline(never)]
fn compute(units: u64) -> u64 {
    let mut value = units;
    for _ in 0..units {
        value = (value.rotate_left(5) ^ 0x5bd1_e995).wrapping_add(0x2545_f491);
        // Costs no instruction, and prevents unrolling: the number of instructions stays proportional to the units.
        black_box(());
    }
    value
}

/// Makes one system call directly: the C library might cache the result.
#[cfg(unix)]
fn system_call() {
    black_box(rustix::process::getppid());
}

#[cfg(not(unix))]
fn system_call() {
    panic!("the slowdown `syscall` needs Unix");
}
