//! Planted faults, which the gate has to detect; planted slowdowns, which change only time; and requirements on several stored
//! values.

mod promises;
mod seeded_faults;
mod slowdowns;
