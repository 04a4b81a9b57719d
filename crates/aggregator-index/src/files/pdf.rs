//! Text of PDF files through the program `pdftotext` of Poppler, where it is installed.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where the program is, if it is installed.
pub(crate) fn installed() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join("pdftotext")).find(|program| program.is_file())
}

/// The text of a file, its pages ended by form feeds; at most `most` bytes of it.
///
/// A program that takes longer than `patience` is ended, with whatever it started.
///
/// # Errors
/// What went wrong, as a sentence.
pub(crate) fn text(program: &Path, file: &Path, most: u64, patience: Duration) -> Result<Vec<u8>, String> {
    let mut command = Command::new(program);
    command.args(["-q", "-enc", "UTF-8"].map(OsStr::new)).arg(file).arg("-");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    let mut child = command.spawn().map_err(|error| format!("pdftotext cannot be started: {error}"))?;
    let output = child.stdout.take();
    // The pipe is read beside, because a read cannot be given a time.
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.map(|output| output.take(most).read_to_end(&mut bytes));
        read.unwrap_or(Ok(0)).map(|_| bytes)
    });
    let began = Instant::now();
    let mut pause = Duration::from_millis(1);
    let mut reader = Some(reader);
    let mut bytes = None;
    let ended = loop {
        if let Some(reader) = reader.take_if(|reader| reader.is_finished()) {
            let read = reader.join().map_err(|_| "what pdftotext wrote cannot be read".to_owned());
            let read =
                read.and_then(|read| read.map_err(|error| format!("what pdftotext wrote cannot be read: {error}")));
            match read {
                // The limit is reached, so the rest is not read.
                Ok(read) if read.len() as u64 >= most => {
                    end(&mut child);
                    return Ok(read);
                }
                // It has closed its output, and is about to end.
                Ok(read) => bytes = Some(read),
                Err(error) => {
                    end(&mut child);
                    return Err(error);
                }
            }
        }
        match child.try_wait() {
            Ok(Some(status)) if bytes.is_some() => break status,
            Err(error) => {
                end(&mut child);
                return Err(format!("pdftotext cannot be waited for: {error}"));
            }
            Ok(_) => {}
        }
        if began.elapsed() >= patience {
            end(&mut child);
            return Err(format!("pdftotext did not end within {patience:?}"));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    match ended.success() {
        true => Ok(bytes.unwrap_or_default()),
        false => Err(format!("pdftotext failed ({ended}): the file may be broken or locked")),
    }
}

fn end(child: &mut std::process::Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn run(script: &str, most: u64, patience: Duration) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("pdftotext");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        loop {
            let result = text(&program, Path::new("/a.pdf"), most, patience);
            // A process that another test forks meanwhile has the script open for writing until it runs its own program.
            if !result.as_ref().is_err_and(|error| error.contains("cannot be started")) {
                return result.map(|bytes| String::from_utf8(bytes).unwrap());
            }
        }
    }

    const PATIENT: Duration = Duration::from_secs(60);

    #[test]
    fn the_output_is_the_text() {
        assert_eq!(run("echo \"$4\"", 100, PATIENT), Ok("/a.pdf\n".into()));
        assert_eq!(run("exit 0", 100, PATIENT), Ok(String::new()));
    }

    #[test]
    fn a_program_that_fails_or_does_not_end_is_an_error_and_no_wait() {
        assert!(run("exit 3", 100, PATIENT).unwrap_err().contains("failed"));
        // Its output ends well before it does.
        assert!(run("exec >&-; sleep 0.2; exit 3", 100, PATIENT).unwrap_err().contains("failed"));
        // What it started keeps the pipe open.
        let error = run("sleep 1000 & sleep 1000", 100, Duration::from_millis(50)).unwrap_err();
        assert!(error.contains("within 50ms"), "{error}");
    }

    #[test]
    fn endless_output_is_cut() {
        assert_eq!(run("while :; do echo abcdefg; done", 10, PATIENT), Ok("abcdefg\nab".into()));
    }
}
