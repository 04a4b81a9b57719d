//! What a gateway does, in virtual time; one program, because most of building a test is linking it.

mod admission;
mod asking;
mod cache;
mod overload;
mod random_readers;
mod shared_runs;
mod threads;
mod unchanged;
