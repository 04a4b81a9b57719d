//! What is planted in the engine, the mocks and the cases: faults that the gate has to see, and slow-downs that change
//! nothing but time; and promises about stored values that no single row can keep.

mod promises;
mod seeded_faults;
mod slowdowns;
