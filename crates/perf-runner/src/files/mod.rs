//! Stored files: checked reads, atomic writes, digests.

pub mod atomic_write;
pub mod bench_data;
pub mod checked_read;
pub mod digest;
