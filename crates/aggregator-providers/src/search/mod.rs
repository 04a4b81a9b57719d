//! Search services.
