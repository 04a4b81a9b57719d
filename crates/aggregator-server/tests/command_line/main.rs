//! The program as its user runs it: child processes over small folders and services of this machine.

#![cfg(unix)]

#[cfg(target_os = "linux")]
mod crowd;
mod documents;
mod hostile;
mod serve;
mod services;
#[cfg(target_os = "linux")]
mod tls;
mod watched;
mod world;
