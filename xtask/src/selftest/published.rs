//! The results.
use crate::failure::Failure;
use crate::workspace::Workspace;
/// Writes.
pub fn write(_: &Workspace, _: bool) -> Result<u8, Failure> {
    Ok(0)
}
