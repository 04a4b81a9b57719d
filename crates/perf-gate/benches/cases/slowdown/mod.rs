//! Slow-downs of a chosen size, planted in every operation of every case, by which the gate proves its own power; only
//! with the feature `seeded-faults`, like the faults in `aggregator-core/src/seeded_fault.rs`.
//!
//! `SEEDED_FAULT=work:000120` names a mechanism and how many units of it an operation takes more. There is one for each
//! way in which a change makes code slower:
//!
//! | mechanism | a unit | instructions | time |
//! |---|---|---|---|
//! | `none` | nothing: for the side that is not slowed, whose environment is then as long | 0 | 0 |
//! | `work` | computing in registers | 5 | 1 ns |
//! | `cache` | a load that the first-level cache misses and the second-level cache has | 6 | 4 to 9 ns |
//! | `memory` | a load that every cache misses | 6 | 130 to 350 ns |
//! | `syscall` | a system call that does next to nothing | 5 | 150 ns |
//! | `yield` | a call of the scheduler, which lets another process run if one waits | 9 | 600 ns |
//!
//! Besides its units a mechanism needs 5 to 15 instructions an operation. Instructions are exact on `x86-64`, as
//! callgrind counts them; times are of one machine, and say how large a unit is, not what it will take: a processor that
//! executes out of order does the first units of `work` (about 30 ns of them) while it finishes the operation, and loads
//! take longer the more of the caches and of the page tables the case needs itself.

pub mod pointer_chase;

use std::hint::black_box;
use std::sync::LazyLock;

use pointer_chase::{CacheLine, PointerChase};

/// Eight times the first-level cache of 32 KiB, and half of a second-level cache of 512 KiB, which a processor has for
/// itself: what an operation needs has its place beside it, and other processors' work moves little what a step costs.
static CACHE_CHASE: LazyLock<PointerChase<'_>> = LazyLock::new(|| PointerChase::new(&CACHE_LINES));

/// Twice a last-level cache of 32 MiB. A ring of 4 MiB, which only the last-level cache holds, is no unit: that cache is
/// shared, and a step took 18 ns in one minute and 126 ns in another.
static MEMORY_CHASE: LazyLock<PointerChase<'_>> = LazyLock::new(|| PointerChase::new(&MEMORY_LINES));

/// 256 KiB and 64 MiB. Not on the heap, where they would move what a case allocates: that alone changed the instructions
/// of `answer/deltas/200` by 0.12 %.
static CACHE_LINES: [CacheLine; 4 << 10] = [const { CacheLine::new() }; 4 << 10];
static MEMORY_LINES: [CacheLine; 1 << 20] = [const { CacheLine::new() }; 1 << 20];

/// What an operation does besides its work.
pub struct Slowdown {
    /// What it does.
    pub mechanism: Mechanism,
    /// Units of it in an operation; 0 is allowed.
    pub amount: u64,
}

/// What a unit is; see above.
pub enum Mechanism {
    NoOp,
    Compute,
    /// A step in a ring. Each operation goes on where the one before it stopped: from the start again, everything would
    /// be in the nearest cache.
    Load {
        chase: &'static PointerChase<'static>,
        at: usize,
    },
    SystemCall,
    Yield,
}

impl Slowdown {
    /// The slow-down that a value of `SEEDED_FAULT` names: `<mechanism>:<amount>`, where the amount is in decimal
    /// digits, leading zeros allowed. Gets ready whatever it needs, so that an operation allocates nothing and meets no
    /// page for the first time.
    ///
    /// # Errors
    /// When it names none; the message lists what there is.
    pub fn parse(value: &str) -> Result<Self, String> {
        let known = "none:<n> work:<n> cache:<n> memory:<n> syscall:<n> yield:<n>";
        let unknown = || format!("`{value}` is not a slowdown; there are: {known}, where <n> is decimal digits");
        let (name, digits) = value.split_once(':').ok_or_else(unknown)?;
        // `u64` would accept a sign too.
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

    /// What an operation takes more.
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

/// Three operations on one register that wait for each other, and two for the loop; nothing waits for memory.
#[inline(never)]
fn compute(units: u64) -> u64 {
    let mut value = units;
    for _ in 0..units {
        value = (value.rotate_left(5) ^ 0x5bd1_e995).wrapping_add(0x2545_f491);
        // Needs no instruction, and keeps the compiler from doing several units in one round, whose number would then
        // not be proportional to them.
        black_box(());
    }
    value
}

/// The kernel is asked each time: the C library, which might remember the answer, has no part in it.
#[cfg(unix)]
fn system_call() {
    black_box(rustix::process::getppid());
}

#[cfg(not(unix))]
fn system_call() {
    panic!("the slow-down `syscall` needs Unix");
}
