//! The command line.

use std::path::PathBuf;

use perf_load::HIGHEST_LEVEL;

/// Where the load goes, and what is kept of the run.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// A scenario file, or the address of a server
    ///
    /// An address without a path is that of `aggregator serve`, asked at /v1/query. A path that ends with /chat/completions is that of
    /// any server with OpenAI's interface.
    #[arg(value_name = "SCENARIO|URL")]
    pub subject: String,

    /// The scenario to put on a server [default: 10 users who ask 3 questions each]
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,

    /// The server to put the scenario on [default: mocks in this process]
    #[cfg(feature = "network")]
    #[arg(long)]
    pub url: Option<String>,

    /// The form of requests [default: what the path of the address says]
    #[cfg(feature = "network")]
    #[arg(long)]
    pub api: Option<crate::Api>,

    /// The model that requests name [default: the profile of the scenario]
    #[cfg(feature = "network")]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,

    /// The environment variable that has the key
    #[cfg(feature = "network")]
    #[arg(long, value_name = "VARIABLE")]
    pub key: Option<String>,

    /// Send the key unencrypted to another machine
    #[cfg(feature = "network")]
    #[arg(long)]
    pub plain_http: bool,

    /// The server is `aggregator demo`: compare its answers with what its scenarios come to
    #[cfg(feature = "network")]
    #[arg(long)]
    pub demo: bool,

    /// Measure memory and processor time of this process [default: of this program if the target is in it, else none]
    #[arg(long, value_name = "PID", conflicts_with = "in_virtual_time")]
    pub process: Option<u32>,

    /// Run in virtual time, where waiting takes no time and the result is exact; not in the program `aggregator`
    #[arg(long = "virtual")]
    pub in_virtual_time: bool,

    /// Search the highest level at which all thresholds hold: requests in a second, or users
    ///
    /// The level rises from the first number to the second one until a threshold fails, also in a second run of that level, and is then
    /// narrowed down.
    #[arg(long, value_name = "FROM..TO", value_parser = levels)]
    pub find_limit: Option<Levels>,

    /// How long each level of --find-limit is held, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 20.0)]
    pub level_seconds: f64,

    /// Write the same load as a file for Locust's distributed workers, and run nothing
    ///
    /// What Locust cannot do or measure is left out, and said at the head of the file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["find_limit", "raw", "json"])]
    pub locust: Option<PathBuf>,

    /// The folder for report.json, report.txt and the pictures
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// A file for one line of JSON for each request
    #[arg(long, value_name = "FILE")]
    pub raw: Option<PathBuf>,

    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// The levels between which the limit is searched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// The first one.
    pub from: f64,
    /// The highest one.
    pub to: f64,
}

fn levels(text: &str) -> Result<Levels, String> {
    let form = format!("write two numbers above 0 and at most {HIGHEST_LEVEL}, such as 10..1000");
    let (from, to) = text.split_once("..").ok_or_else(|| form.clone())?;
    let is_valid = |number: &f64| *number > 0.0 && *number <= HIGHEST_LEVEL;
    let number = |text: &str| text.trim().parse().ok().filter(is_valid);
    match (number(from), number(to)) {
        (Some(from), Some(to)) if from <= to => Ok(Levels { from, to }),
        _ => Err(form),
    }
}
