//! Runs one child process to its end, and no longer.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fmt, path::Path};

use perf_gate::ProcessLimits;
use perf_judge::run::NoValue;
use perf_judge::text;

use super::affinity::{AffinityGuard, Processor};
use super::interrupt;
#[cfg(unix)]
use super::watchdog::{self, RegisteredGroup};
use crate::error::{CaseError, Error};

/// How much a child may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Real time until it is killed. How much a child needs depends on what else the machine does, so of work that is measured
    /// it says nothing about the work.
    pub time: Duration,
    /// Seconds of processor time, which hardly depend on what else the machine does; where the system can limit another
    /// process. Who has such a limit may not sleep either, see [`MAX_SLEEP`].
    pub cpu_seconds: Option<u64>,
    /// How long a child with a limit of processor time may be asleep without using any.
    pub max_sleep: Duration,
    /// Bytes on its standard output.
    pub output: u64,
    /// What it allows itself to use up, if it does; for the reason of its end.
    pub own_limits: Option<ProcessLimits>,
    /// The one processor it may run on, if it is to be one.
    pub processor: Option<Processor>,
}

/// For the measuring programs: a case takes well under a second and prints a few dozen lines.
impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            cpu_seconds: None,
            max_sleep: MAX_SLEEP,
            output: 4 << 20,
            own_limits: None,
            processor: None,
        }
    }
}

/// Real time after which a measuring process is ended although it still makes progress. It is about a hundred times what a case
/// takes on an idle machine.
const CASE_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// How long a measuring process may sleep without using any processor time. Without this limit a deadlock would only end with
/// `CASE_TIMEOUT`. A process that waits for a processor is runnable to the kernel, not asleep.
pub const MAX_SLEEP: Duration = Duration::from_secs(60);

impl Limits {
    /// For a measuring program, which does the same work on any machine: so many seconds of processor time.
    pub fn of_cpu_seconds(cpu_seconds: u64) -> Self {
        Self { time: CASE_TIMEOUT, cpu_seconds: Some(cpu_seconds), ..Self::default() }
    }
}

/// Where a child's messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StderrMode {
    /// To this program's standard error, as they come.
    Inherit,
    /// Kept for the reason of a failure.
    Capture,
}

/// Why a child gave no usable output.
#[derive(Debug)]
pub enum ChildError {
    /// It could not be started.
    Start(io::Error),
    /// It ended with a failure.
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// The end of its standard error, where it is captured.
        stderr: String,
    },
    /// It was killed for taking too long.
    Timeout(Duration),
    /// It used up the processor time that it was given.
    CpuLimit(u64),
    /// It was asleep for so long, and used no processor time.
    SleepLimit(Duration),
    /// It used up the processor time that it allowed itself.
    OwnCpuLimit(ProcessLimits),
    /// It needed more memory than it allowed itself.
    OwnMemoryLimit(ProcessLimits),
    /// It printed more than it may.
    OutputLimit(u64),
    /// It printed something that is not text.
    NotUtf8,
    /// The user asked to stop; the child is gone.
    Interrupted,
}

impl ChildError {
    /// The reason for a person; an interruption is no reason but the end of the command.
    pub fn reason(self) -> Result<String, Error> {
        match self {
            Self::Interrupted => Err(Error::Interrupted),
            other => Ok(other.to_string()),
        }
    }
}

impl From<ChildError> for CaseError {
    fn from(error: ChildError) -> Self {
        match error {
            ChildError::Interrupted => Self::Stopped(Error::Interrupted),
            // Of a case that has a limit of processor time, this one is the machine's.
            ChildError::Timeout(_) => Self::NoValue(NoValue::Unfinished(error.to_string())),
            other => Self::NoValue(NoValue::Broken(other.to_string())),
        }
    }
}

impl fmt::Display for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => write!(f, "could not be started: {error}"),
            Self::Failed { status, stderr } if stderr.is_empty() => write!(f, "ended with {status}"),
            Self::Failed { status, stderr } => write!(f, "ended with {status}: {}", text::last_message(stderr)),
            Self::Timeout(limit) => write!(f, "was killed after {} s", limit.as_secs_f32()),
            Self::CpuLimit(seconds) => write!(f, "used up its {seconds} s of processor time: a runaway?"),
            Self::SleepLimit(time) => {
                write!(f, "was asleep for {} s: does it wait for something that does not come?", time.as_secs_f32())
            }
            Self::OwnCpuLimit(limits) => {
                write!(f, "used up its {} s of processor time: a runaway?", limits.processor_seconds)
            }
            Self::OwnMemoryLimit(limits) => {
                write!(f, "needed more than {} MiB of memory: a runaway?", limits.mebibytes())
            }
            Self::OutputLimit(limit) => write!(f, "printed more than {limit} bytes"),
            Self::NotUtf8 => write!(f, "printed something that is not UTF-8"),
            Self::Interrupted => write!(f, "was interrupted"),
        }
    }
}

/// A measuring program with the same surroundings on every machine and day: what it prints must not depend on the
/// user's settings or directory, and divan takes options from the environment.
pub fn clean_env_command(program: &Path, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).env_clear();
    for (name, value) in env::vars_os() {
        let kept = name.to_str().is_some_and(|name| {
            // The last is read only by programs that were built to be faulty.
            matches!(name, "PATH" | "HOME" | "TMPDIR" | "LD_LIBRARY_PATH" | "SEEDED_FAULT") || name.starts_with("DYLD_")
        });
        if kept {
            command.env(name, value);
        }
    }
    command
}

/// Runs a child without input until it ends, and returns what it printed.
///
/// Whatever ends the wait, the child is gone afterwards.
pub fn run(command: &mut Command, limits: Limits, stderr_mode: StderrMode) -> Result<String, ChildError> {
    run_to_completion(command, limits, stderr_mode).map(|(printed, _)| printed)
}

/// The same, with the end of its messages beside what it printed.
pub fn run_capturing_stderr(command: &mut Command, limits: Limits) -> Result<(String, String), ChildError> {
    run_to_completion(command, limits, StderrMode::Capture)
}

fn run_to_completion(
    command: &mut Command,
    limits: Limits,
    stderr_mode: StderrMode,
) -> Result<(String, String), ChildError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(match stderr_mode {
        StderrMode::Inherit => Stdio::inherit(),
        StderrMode::Capture => Stdio::piped(),
    });
    // A group of its own: Ctrl-C reaches only this program, which then ends the whole group.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    if interrupt::is_set() {
        return Err(ChildError::Interrupted);
    }
    #[cfg(unix)]
    watchdog::start();
    let pin = AffinityGuard::pin(limits.processor);
    let child = command.spawn();
    drop(pin);
    let mut child = child.map_err(ChildError::Start)?;
    if let Some(seconds) = limits.cpu_seconds {
        limit_cpu_time(&child, seconds);
    }
    #[cfg(unix)]
    let registered = RegisteredGroup::new(&child);
    let printed = child.stdout.take().map(|pipe| read_head(pipe, limits.output));
    let stderr = child.stderr.take().map(read_tail);

    let ended = wait(&mut child, limits, printed.as_ref());
    #[cfg(unix)]
    drop(registered);
    let (status, printed) = ended?;
    // Before the status: who prints too much dies of the closed pipe, which would be a misleading reason.
    if printed.len() as u64 > limits.output {
        return Err(ChildError::OutputLimit(limits.output));
    }
    let stderr = stderr.and_then(|stderr| recv_output(&stderr)).unwrap_or_default();
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    if !status.success() {
        let limit_error = limit_error(status, &stderr, limits);
        return Err(limit_error.unwrap_or(ChildError::Failed { status, stderr }));
    }
    Ok((String::from_utf8(printed).map_err(|_| ChildError::NotUtf8)?, stderr))
}

/// Whether a child ended because of a limit it set for itself: the signal of used-up time, or the abort that follows an
/// allocation that failed.
#[cfg(unix)]
fn limit_error(status: ExitStatus, stderr: &str, limits: Limits) -> Option<ChildError> {
    use rustix::process::Signal;
    let signal = std::os::unix::process::ExitStatusExt::signal(&status)?;
    let no_memory = |line: &str| line.starts_with("memory allocation of ") && line.contains(" bytes failed");
    if signal == Signal::XCPU.as_raw() {
        limits.own_limits.map(ChildError::OwnCpuLimit).or(limits.cpu_seconds.map(ChildError::CpuLimit))
    } else if signal == Signal::ABORT.as_raw() && stderr.lines().any(no_memory) {
        limits.own_limits.map(ChildError::OwnMemoryLimit)
    } else {
        None
    }
}

#[cfg(not(unix))]
fn limit_error(_: ExitStatus, _: &str, _: Limits) -> Option<ChildError> {
    None
}

/// Waits for the end of a child, and gives what it printed.
///
/// Who closes its standard output is about to end, so that wakes the wait: a fifth of the time of measuring pairs was once
/// spent asleep here after the end of their processes.
fn wait(
    child: &mut Child,
    limits: Limits,
    output: Option<&Receiver<Vec<u8>>>,
) -> Result<(ExitStatus, Vec<u8>), ChildError> {
    const MIN_PAUSE: Duration = Duration::from_micros(100);
    const MAX_PAUSE: Duration = Duration::from_millis(20);
    let start = Instant::now();
    let mut printed = None;
    // Never long, because Ctrl-C is noticed here.
    let mut pause = MAX_PAUSE;
    let mut sleep = SleepTracker::default();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let printed = match (printed, output) {
                    (Some(printed), _) => printed,
                    // Nothing would look as if it had printed nothing.
                    (None, Some(output)) => recv_output(output).ok_or(ChildError::Timeout(READER_TIMEOUT))?,
                    (None, None) => Vec::new(),
                };
                return Ok((status, printed));
            }
            Ok(None) => {}
            Err(error) => {
                kill_and_wait(child);
                return Err(ChildError::Start(error));
            }
        }
        if interrupt::is_set() {
            kill_and_wait(child);
            return Err(ChildError::Interrupted);
        }
        if start.elapsed() >= limits.time {
            kill_and_wait(child);
            return Err(ChildError::Timeout(limits.time));
        }
        if limits.cpu_seconds.is_some() && sleep.exceeds(child, limits.max_sleep) {
            kill_and_wait(child);
            return Err(ChildError::SleepLimit(limits.max_sleep));
        }
        match (&printed, output) {
            (None, Some(output)) => match output.recv_timeout(pause) {
                Ok(text) => (printed, pause) = (Some(text), MIN_PAUSE),
                Err(RecvTimeoutError::Timeout) => {}
                // The reader is gone without a word, which it never is.
                Err(RecvTimeoutError::Disconnected) => printed = Some(Vec::new()),
            },
            _ => {
                thread::sleep(pause);
                pause = (pause * 2).min(MAX_PAUSE);
            }
        }
    }
}

/// Lowers the processor time of a child that was just started, before it does anything; it may lower it further itself. Where the
/// system cannot, only real time is limited.
#[cfg(target_os = "linux")]
fn limit_cpu_time(child: &Child, seconds: u64) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let maximum = rustix::process::getrlimit(Resource::Cpu).maximum;
    let current = Some(maximum.map_or(seconds, |maximum| seconds.min(maximum)));
    // An error means that it has ended already.
    let _ = prlimit(Some(Pid::from_child(child)), Resource::Cpu, Rlimit { current, maximum });
}

#[cfg(not(target_os = "linux"))]
fn limit_cpu_time(_: &Child, _: u64) {}

/// Since when a child is asleep without using processor time.
#[derive(Debug, Default)]
struct SleepTracker {
    checked_at: Option<Instant>,
    ticks: u64,
    since: Option<Instant>,
}

impl SleepTracker {
    /// Whether it is asleep for so long now. Looked at once a second at most: it is a file of the system each time.
    fn exceeds(&mut self, child: &Child, limit: Duration) -> bool {
        let now = Instant::now();
        let every = Duration::from_secs(1).min(limit / 4);
        if self.checked_at.is_some_and(|checked_at| now.duration_since(checked_at) < every) {
            return false;
        }
        self.checked_at = Some(now);
        match ticks_if_asleep(child) {
            Some(ticks) if ticks == self.ticks => {
                let since = *self.since.get_or_insert(now);
                now.duration_since(since) >= limit
            }
            Some(ticks) => {
                (self.ticks, self.since) = (ticks, None);
                false
            }
            None => {
                self.since = None;
                false
            }
        }
    }
}

/// Ticks of processor time that a child has used, if it is asleep; not if it runs, could run, or waits for a disk, which a machine
/// without memory does. (`proc_pid_stat(5)`: the state follows the name in brackets, times are fields 14 and 15.)
#[cfg(target_os = "linux")]
fn ticks_if_asleep(child: &Child) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    (fields.first() == Some(&"S")).then_some(ticks(14)? + ticks(15)? + ticks(16)? + ticks(17)?)
}

#[cfg(not(target_os = "linux"))]
fn ticks_if_asleep(_: &Child) -> Option<u64> {
    None
}

/// Kills the child with everything it started, and waits until it is gone.
fn kill_and_wait(child: &mut Child) {
    // Errors mean that it is gone already.
    #[cfg(unix)]
    let _ = rustix::process::kill_process_group(rustix::process::Pid::from_child(child), rustix::process::Signal::KILL);
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads up to one byte more than allowed; then the pipe closes and the child cannot fill the memory.
fn read_head(pipe: impl Read + Send + 'static, limit: u64) -> Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut head = Vec::new();
        // A pipe that breaks off gives a cut text, which no reader accepts.
        let _ = pipe.take(limit.saturating_add(1)).read_to_end(&mut head);
        let _ = send.send(head);
    });
    receive
}

/// Reads everything and keeps the end of it.
fn read_tail(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    const MAX_TAIL: usize = 16 << 10;
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let (mut tail, mut chunk) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = pipe.read(&mut chunk) {
            tail.extend_from_slice(&chunk[..count]);
            if tail.len() > 2 * MAX_TAIL {
                tail.drain(..tail.len() - MAX_TAIL);
            }
        }
        let _ = send.send(tail);
    });
    receive
}

/// How long a reader thread may take to give what it read, after the end of the child: it has it, and only needs a processor.
const READER_TIMEOUT: Duration = Duration::from_secs(30);

/// What a reader thread read; None where it still reads, because a grandchild keeps the pipe open, which must not keep this
/// program.
fn recv_output(reader: &Receiver<Vec<u8>>) -> Option<Vec<u8>> {
    reader.recv_timeout(READER_TIMEOUT).ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// What a piece of shell is told it was ended for.
    fn reason(script: &str, limits: Limits) -> String {
        let mut shell = Command::new("sh");
        run(shell.args(["-c", script]), limits, StderrMode::Capture).unwrap_err().reason().unwrap()
    }

    #[test]
    fn who_takes_too_long_is_killed_with_everything_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let (started, began) = (dir.path().join("started"), Instant::now());
        let script = format!("sleep 600 & echo $! > '{}'; wait", started.display());
        let limits = Limits { time: Duration::from_secs(1), ..Limits::default() };
        assert_eq!(reason(&script, limits), "was killed after 1 s");
        let took = began.elapsed();
        assert!((Duration::from_secs(1)..Duration::from_secs(30)).contains(&took), "{took:?}");
        let started = std::fs::read_to_string(&started).unwrap();
        while !has_ended(started.trim()) {
            assert!(began.elapsed() < Duration::from_secs(30), "{started} is still there");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// An orphan that has ended and was not reaped yet counts as ended.
    fn has_ended(process: &str) -> bool {
        let state = Command::new("ps").args(["-o", "stat=", "-p", process]).output().unwrap();
        state.stdout.first().is_none_or(|&state| state == b'Z')
    }

    #[test]
    fn who_prints_too_much_has_no_output() {
        let limits = Limits { output: 1_000, ..Limits::default() };
        assert_eq!(reason("head -c 1001 /dev/zero", limits), "printed more than 1000 bytes");
        let printed = run(Command::new("sh").args(["-c", "head -c 1000 /dev/zero"]), limits, StderrMode::Capture);
        assert_eq!(printed.unwrap().len(), 1_000);
    }

    fn shell(script: &str, limits: Limits) -> Result<String, CaseError> {
        run(Command::new("sh").args(["-c", script]), limits, StderrMode::Capture).map_err(CaseError::from)
    }

    fn why(outcome: Result<String, CaseError>) -> NoValue {
        match outcome {
            Err(CaseError::NoValue(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    /// How long that takes in real time is the machine's.
    #[test]
    #[cfg(target_os = "linux")]
    fn who_uses_up_its_processor_time_is_broken() {
        let limits = Limits::of_cpu_seconds(1);
        let NoValue::Broken(reason) = why(shell("while :; do :; done", limits)) else { panic!("it is its own doing") };
        assert_eq!(reason, "used up its 1 s of processor time: a runaway?");
        assert_eq!(shell("echo done", limits).unwrap(), "done\n");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn who_sleeps_for_ever_is_broken() {
        let limits = Limits { max_sleep: Duration::from_millis(400), ..Limits::of_cpu_seconds(10) };
        let NoValue::Broken(reason) = why(shell("exec sleep 600", limits)) else { panic!("it is its own doing") };
        assert_eq!(reason, "was asleep for 0.4 s: does it wait for something that does not come?");
        // Without a limit of processor time it may: git waits for a network.
        let waits = Limits { max_sleep: Duration::from_millis(1), ..Limits::default() };
        assert_eq!(shell("sleep 0.3; echo done", waits).unwrap(), "done\n");
    }

    /// Stopped, it has no processor though it would use one, as on a machine that is too busy.
    #[test]
    #[cfg(target_os = "linux")]
    fn who_gets_no_processor_has_not_ended_in_time_and_is_not_broken() {
        let limits = Limits {
            time: Duration::from_millis(900),
            max_sleep: Duration::from_millis(200),
            ..Limits::of_cpu_seconds(10)
        };
        let NoValue::Unfinished(reason) = why(shell("kill -STOP $$", limits)) else {
            panic!("it is not its own doing")
        };
        assert_eq!(reason, "was killed after 0.9 s");
    }
}
