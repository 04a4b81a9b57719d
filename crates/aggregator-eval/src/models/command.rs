//! A model that is a program: it reads a prompt and writes an answer.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use aggregator_core::LanguageModel;
use aggregator_core::model::{AnswerRequest, Chunk, ChunkStream};
use aggregator_core::provider::{ProviderError, ProviderErrorKind};
use futures::channel::oneshot;
use futures::{FutureExt as _, StreamExt as _, stream};

/// Maximum number of bytes of an answer that are read.
const MAX_BYTES: u64 = 1 << 20;

/// A model that runs a program for each answer, such as a client of a real model. The program reads the prompt from its standard
/// input and writes the answer to its standard output. Dropping the stream kills it.
#[derive(Debug, Clone)]
pub struct CommandModel {
    line: String,
}

impl CommandModel {
    /// A model that runs a command line of a shell.
    pub fn new(line: impl Into<String>) -> Self {
        Self { line: line.into() }
    }
}

impl LanguageModel for CommandModel {
    fn name(&self) -> &str {
        "command"
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        let prompt = request.prompt();
        let answer = run(self.line.clone(), format!("{}\n\n{}", prompt.system, prompt.user));
        stream::once(answer).map(|text| text.map(Chunk::Text)).boxed()
    }
}

/// Runs a command line of a shell with this input; its output, once it has ended well. The work begins when the future is
/// polled, on a thread of its own; dropping the future kills the program.
pub async fn run(line: String, input: String) -> Result<String, ProviderError> {
    let (done, output) = oneshot::channel();
    thread::spawn(move || {
        let mut done = done;
        let result = execute(&line, &input, &mut done);
        // The receiver is gone if the query was cancelled.
        let _ = done.send(result);
    });
    output.map(|output| output.unwrap_or_else(|_| Err(failed("the thread that ran it has ended".into())))).await
}

fn execute(
    line: &str,
    input: &str,
    done: &mut oneshot::Sender<Result<String, ProviderError>>,
) -> Result<String, ProviderError> {
    let mut command = Command::new("sh");
    command.args(["-c", line]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| failed(format!("it cannot be started: {error}")))?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let input = input.to_owned();
    // A program may answer before it has read everything, and then closes its input.
    let writer = thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        let read = stdout.map_or(Ok(0), |stdout| stdout.take(MAX_BYTES).read_to_end(&mut text));
        read.map(|_| text)
    });
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if done.is_canceled() => {
                kill(&mut child);
                return Err(failed("it was cancelled".into()));
            }
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(failed(format!("waiting for it failed: {error}"))),
        }
    };
    let _ = writer.join();
    let text = reader.join().map_err(|_| failed("its output could not be read".into()))?;
    let text = text.map_err(|error| failed(format!("its output could not be read: {error}")))?;
    if !status.success() {
        return Err(failed(format!("it ended with {status}")));
    }
    String::from_utf8(text).map_err(|_| failed("its output is not UTF-8".into()))
}

fn kill(child: &mut Child) {
    // An error means that it has ended.
    let _ = child.kill();
    let _ = child.wait();
}

fn failed(reason: String) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Other, format!("the model's command failed: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(line: &str, input: &str) -> Result<String, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(line.into(), input.into())).map_err(|error| error.to_string())
    }

    #[test]
    fn input_and_output_of_a_program() {
        assert_eq!(output("tr a-z A-Z", "hello").unwrap(), "HELLO");
        assert_eq!(output("echo early", &"x".repeat(1 << 20)).unwrap(), "early\n", "unread input is no error");
        for (line, says) in [("exit 3", "exit status: 3"), ("printf '\\377'", "not UTF-8")] {
            let error = output(line, "").unwrap_err();
            assert!(error.contains(says), "{line}: {error}");
        }
    }
}
