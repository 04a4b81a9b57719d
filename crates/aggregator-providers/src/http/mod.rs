//! One HTTP layer for all services.
