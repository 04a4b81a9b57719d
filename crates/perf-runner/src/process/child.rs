//! Runs a child process with limits of time, CPU time, sleep and output.

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

/// Limits of a child process.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Wall time until the child is killed. It depends on the load of the machine, so exceeding it says nothing about a case.
    pub time: Duration,
    /// Seconds of CPU time, on systems that can limit another process. CPU time hardly depends on the load of the machine. A
    /// child with this limit may not sleep longer than `max_sleep` either.
    pub cpu_seconds: Option<u64>,
    /// How long a child with a limit of CPU time may sleep without using any.
    pub max_sleep: Duration,
    /// Maximum bytes on standard output.
    pub output: u64,
    /// The limits that the child sets for itself, if it does; they explain how it ended.
    pub own_limits: Option<ProcessLimits>,
    /// The processor that the child is pinned to, if any.
    pub processor: Option<Processor>,
}

/// Limits for a measuring program, whose case takes well under a second and prints a few dozen lines.
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

/// Wall time after which a measuring process is killed although it makes progress: about a hundred times the duration of a case
/// on an idle machine.
const CASE_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// How long a measuring process may sleep without using CPU time. Without this limit a deadlock would last until
/// `CASE_TIMEOUT`. A process that waits for a processor counts as runnable, not as asleep.
pub const MAX_SLEEP: Duration = Duration::from_secs(60);

impl Limits {
    /// Limits for a measuring program, which does the same work on every machine: `cpu_seconds` of CPU time.
    pub fn of_cpu_seconds(cpu_seconds: u64) -> Self {
        Self { time: CASE_TIMEOUT, cpu_seconds: Some(cpu_seconds), ..Self::default() }
    }
}

/// The destination of a child's standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StderrMode {
    /// The standard error of this program.
    Inherit,
    /// A buffer, for the reason of a failure.
    Capture,
}

/// Why a child returned no usable output.
#[derive(Debug)]
pub enum ChildError {
    /// The child could not be started.
    Start(io::Error),
    /// The child exited with a failure.
    Failed {
        /// Exit status of the child.
        status: ExitStatus,
        /// The end of its standard error if it was captured, else empty.
        stderr: String,
    },
    /// The child exceeded this wall time, and was killed.
    Timeout(Duration),
    /// The child exceeded this limit of CPU time, in seconds.
    CpuLimit(u64),
    /// The child slept this long without using CPU time, and was killed.
    SleepLimit(Duration),
    /// The child exceeded the limit of CPU time that it set for itself.
    OwnCpuLimit(ProcessLimits),
    /// The child exceeded the limit of memory that it set for itself.
    OwnMemoryLimit(ProcessLimits),
    /// The child printed more than this many bytes.
    OutputLimit(u64),
    /// The child printed text that is not UTF-8.
    NotUtf8,
    /// The user interrupted this program; the child was killed.
    Interrupted,
}

impl ChildError {
    /// Returns the reason as a message.
    ///
    /// # Errors
    /// [`Error::Interrupted`] for an interruption, which ends the command.
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
            // A case has a limit of CPU time too, so this timeout comes from the load of the machine.
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
            Self::Timeout(limit) => write!(f, "timed out after {} s", limit.as_secs_f32()),
            Self::CpuLimit(seconds) => write!(f, "exceeded its limit of {seconds} s of CPU time (endless loop?)"),
            Self::SleepLimit(time) => {
                write!(f, "slept for {} s without using CPU time (deadlock?)", time.as_secs_f32())
            }
            Self::OwnCpuLimit(limits) => {
                write!(f, "exceeded its limit of {} s of CPU time (endless loop?)", limits.processor_seconds)
            }
            Self::OwnMemoryLimit(limits) => {
                write!(f, "exceeded its limit of {} MiB of memory (unbounded allocation?)", limits.mebibytes())
            }
            Self::OutputLimit(limit) => write!(f, "printed more than {limit} bytes"),
            Self::NotUtf8 => write!(f, "printed text that is not UTF-8"),
            Self::Interrupted => write!(f, "was interrupted"),
        }
    }
}

/// A command with a clean environment, for a measuring program: its output must not depend on the user's settings, and divan
/// reads options from the environment.
pub fn clean_env_command(program: &Path, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).env_clear();
    for (name, value) in env::vars_os() {
        let kept = name.to_str().is_some_and(|name| {
            // Only programs that were built with planted faults read SEEDED_FAULT.
            matches!(name, "PATH" | "HOME" | "TMPDIR" | "LD_LIBRARY_PATH" | "SEEDED_FAULT") || name.starts_with("DYLD_")
        });
        if kept {
            command.env(name, value);
        }
    }
    command
}

/// Runs a child without input until it exits, and returns its standard output.
///
/// # Errors
/// If the child fails or exceeds a limit, or on an interruption. The child has ended in each case.
pub fn run(command: &mut Command, limits: Limits, stderr_mode: StderrMode) -> Result<String, ChildError> {
    run_to_completion(command, limits, stderr_mode).map(|(printed, _)| printed)
}

/// Runs a child without input until it exits, and returns its standard output and the end of its standard error.
///
/// # Errors
/// As [`run`].
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
    // Its own process group: Ctrl-C reaches only this program, which then kills the whole group.
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
    // Checked before the status: a child that prints too much dies of the closed pipe, which would be a misleading reason.
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

/// The limit that ended a child, if one did: SIGXCPU means CPU time, and SIGABRT after a failed allocation means memory.
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

/// Waits until a child exits, and returns its status and its standard output.
///
/// The end of standard output usually precedes the exit, so it wakes this wait. Without it, a fifth of the time of paired
/// measurements was spent asleep here after the processes had ended.
fn wait(
    child: &mut Child,
    limits: Limits,
    output: Option<&Receiver<Vec<u8>>>,
) -> Result<(ExitStatus, Vec<u8>), ChildError> {
    const MIN_PAUSE: Duration = Duration::from_micros(100);
    const MAX_PAUSE: Duration = Duration::from_millis(20);
    let start = Instant::now();
    let mut printed = None;
    // Short, because this loop notices Ctrl-C.
    let mut pause = MAX_PAUSE;
    let mut sleep = SleepTracker::default();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let printed = match (printed, output) {
                    (Some(printed), _) => printed,
                    // An empty text would look like a child that printed nothing.
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
                // Unreachable: the reader always sends before it ends.
                Err(RecvTimeoutError::Disconnected) => printed = Some(Vec::new()),
            },
            _ => {
                thread::sleep(pause);
                pause = (pause * 2).min(MAX_PAUSE);
            }
        }
    }
}

/// Limits the CPU time of a child that was just started; the child may lower the limit further, also before this is called.
/// Systems that cannot limit another process limit wall time only.
#[cfg(target_os = "linux")]
fn limit_cpu_time(child: &Child, seconds: u64) {
    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
    let own = getrlimit(Resource::Cpu);
    let current = own.maximum.map_or(seconds, |maximum| seconds.min(maximum));
    let set = |limit: Rlimit| prlimit(Some(Pid::from_child(child)), Resource::Cpu, limit);
    // An error means that the child has already ended.
    let before = set(Rlimit { current: Some(current), maximum: own.maximum });
    // Where the processors are busy, the child runs first.
    if let Ok(before) = before
        && before.current != own.current
        && before.current.is_some_and(|lower| lower < current)
    {
        let _ = set(before);
    }
}

#[cfg(not(target_os = "linux"))]
fn limit_cpu_time(_: &Child, _: u64) {}

/// Tracks how long a child has slept without using CPU time.
#[derive(Debug, Default)]
struct SleepTracker {
    checked_at: Option<Instant>,
    ticks: u64,
    since: Option<Instant>,
}

impl SleepTracker {
    /// Whether the child has slept for `limit`. Checks at most once a second, because each check reads a file in /proc.
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

/// Ticks of CPU time that a child has used, if it is asleep; `None` if it is running, runnable, or waiting for a disk, as it
/// does on a machine that swaps. (`proc_pid_stat(5)`: the state follows the name in brackets; fields 14 to 17 are times.)
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

/// Kills a child and its process group, and waits until the child has ended.
fn kill_and_wait(child: &mut Child) {
    // Errors mean that it has already ended.
    #[cfg(unix)]
    let _ = rustix::process::kill_process_group(rustix::process::Pid::from_child(child), rustix::process::Signal::KILL);
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads at most one byte more than `limit`, and then closes the pipe, so that a child cannot fill the memory.
fn read_head(pipe: impl Read + Send + 'static, limit: u64) -> Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut head = Vec::new();
        // After a read error the text is cut off, which every parser rejects.
        let _ = pipe.take(limit.saturating_add(1)).read_to_end(&mut head);
        let _ = send.send(head);
    });
    receive
}

/// Reads a pipe to its end, and keeps the last bytes.
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

/// How long a reader thread may take to deliver its text after the child has ended. It only needs a processor for that.
const READER_TIMEOUT: Duration = Duration::from_secs(30);

/// The text from a reader thread; `None` on a timeout, when a grandchild keeps the pipe open.
fn recv_output(reader: &Receiver<Vec<u8>>) -> Option<Vec<u8>> {
    reader.recv_timeout(READER_TIMEOUT).ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// The reason why a shell script failed.
    fn reason(script: &str, limits: Limits) -> String {
        let mut shell = Command::new("sh");
        run(shell.args(["-c", script]), limits, StderrMode::Capture).unwrap_err().reason().unwrap()
    }

    #[test]
    fn a_timeout_kills_the_process_group() {
        let dir = tempfile::tempdir().unwrap();
        let (started, began) = (dir.path().join("started"), Instant::now());
        let script = format!("sleep 600 & echo $! > '{}'; wait", started.display());
        let limits = Limits { time: Duration::from_secs(1), ..Limits::default() };
        assert_eq!(reason(&script, limits), "timed out after 1 s");
        let took = began.elapsed();
        assert!((Duration::from_secs(1)..Duration::from_secs(30)).contains(&took), "{took:?}");
        let started = std::fs::read_to_string(&started).unwrap();
        while !has_ended(started.trim()) {
            assert!(began.elapsed() < Duration::from_secs(30), "{started} is still running");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether a process has ended; a zombie counts as ended.
    fn has_ended(process: &str) -> bool {
        let state = Command::new("ps").args(["-o", "stat=", "-p", process]).output().unwrap();
        state.stdout.first().is_none_or(|&state| state == b'Z')
    }

    #[test]
    fn too_much_output_is_an_error() {
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

    #[test]
    #[cfg(target_os = "linux")]
    fn exceeding_the_cpu_limit_is_broken() {
        let limits = Limits::of_cpu_seconds(1);
        let NoValue::Broken(reason) = why(shell("while :; do :; done", limits)) else { panic!("expected Broken") };
        assert_eq!(reason, "exceeded its limit of 1 s of CPU time (endless loop?)");
        assert_eq!(shell("echo done", limits).unwrap(), "done\n");
    }

    /// Started before its limit is set, as on a machine whose processors are busy.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_lower_limit_that_a_child_has_set_itself_stays() {
        let limit_of = |script: &str| {
            let mut shell = Command::new("sh");
            let mut child = shell.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let mut ready = [0; 6];
            child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
            limit_cpu_time(&child, 20);
            let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
            kill_and_wait(&mut child);
            let line = limits.lines().find_map(|line| line.strip_prefix("Max cpu time")).unwrap();
            line.split_whitespace().next().unwrap().to_owned()
        };
        assert_eq!(limit_of("ulimit -S -t 7; echo ready; read line"), "7");
        assert_eq!(limit_of("ulimit -S -t 70; echo ready; read line"), "20");
        assert_eq!(limit_of("echo ready; read line"), "20");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn exceeding_the_sleep_limit_is_broken() {
        let limits = Limits { max_sleep: Duration::from_millis(400), ..Limits::of_cpu_seconds(10) };
        let NoValue::Broken(reason) = why(shell("exec sleep 600", limits)) else { panic!("expected Broken") };
        assert_eq!(reason, "slept for 0.4 s without using CPU time (deadlock?)");
        // Without a limit of CPU time a child may sleep: git waits for a network.
        let waits = Limits { max_sleep: Duration::from_millis(1), ..Limits::default() };
        assert_eq!(shell("sleep 0.3; echo done", waits).unwrap(), "done\n");
    }

    /// A stopped process gets no CPU time, as on an overloaded machine.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_timeout_without_cpu_time_is_unfinished() {
        let limits = Limits {
            time: Duration::from_millis(900),
            max_sleep: Duration::from_millis(200),
            ..Limits::of_cpu_seconds(10)
        };
        let NoValue::Unfinished(reason) = why(shell("kill -STOP $$", limits)) else { panic!("expected Unfinished") };
        assert_eq!(reason, "timed out after 0.9 s");
    }
}
