//! Clients over scripted responses, under a paused clock, and over sockets of this machine.

mod brave;
mod endpoint;
mod limits;
mod models;
#[cfg(feature = "network")]
mod network;
mod scripted;
mod searxng;
mod secrets;
