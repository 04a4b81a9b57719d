//! What is seen of queries, calls and operations, by an exporter in memory, by metrics, and by a collector on loopback.

mod metrics;
mod monitor;
mod names;
mod otlp;
mod spans;
mod world;

// The tests are a program that has it.
#[global_allocator]
static ALLOCATOR: &aggregator_observe::CountingAllocator = &aggregator_observe::COUNTING_ALLOCATOR;
