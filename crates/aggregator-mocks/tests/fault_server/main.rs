//! The server does what its scripts say, as a raw socket sees it; and the catalog is what it says of itself.

mod catalog;
mod raw_client;
mod server;
