//! Files that are stored: read with suspicion, written whole or not at all.

pub mod atomic_write;
pub mod bench_data;
pub mod checked_read;
pub mod digest;
