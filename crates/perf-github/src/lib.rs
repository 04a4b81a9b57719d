//! Shows the verdict of a run of the gate on its pull request, as one comment that is kept up to date and as a check.
//!
//! The program runs on the event `workflow_run`, where it has write access and where no code of the change runs. What it knows
//! of the run is the artifact with `summary.json`, which the change made and may have forged. So nothing of the artifact
//! decides where something is written: the head comes from the event, and the pull request from the API. The artifact is read
//! within [`limits`], never extracted, and shown as numbers and names of a known grammar only.
//!
//! - [`comment`]: the command. [`outcome`]: the verdict of a run and its summary.
//! - [`event`]: the run. [`artifact`] and [`archive`]: its summary. [`pull_request`]: whose head it is.
//! - [`comments`]: the comment, found, made or updated. [`check`]: the check and its annotations.
//! - [`text`]: the Markdown of both.
//! - [`client`]: requests to the API. [`token`], [`limits`], [`repository`], [`error`]: what they need.

pub mod archive;
pub mod artifact;
pub mod check;
pub mod client;
pub mod comment;
pub mod comments;
pub mod error;
pub mod event;
pub mod limits;
pub mod outcome;
pub mod pull_request;
pub mod repository;
pub mod text;
pub mod token;
