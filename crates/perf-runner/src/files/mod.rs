//! Stored files: checked reads, atomic writes.

pub mod atomic_write;
pub mod bench_data;
pub mod checked_read;
