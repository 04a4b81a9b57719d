//! Performs a script on one connection.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::record::{Hanging, Record};
use super::request::Request;
use super::script::{Script, Step};

/// Chooses what happens after a request was read, from its number and itself.
pub(super) type Choose = dyn Fn(u64, &Request) -> Script + Send + Sync;

/// Where scripts come from.
#[derive(Clone)]
pub(super) enum Source {
    Fixed(Arc<Script>),
    Chosen(Arc<Choose>),
}

/// Performs a script to its end, or until the client has closed.
///
/// # Errors
/// The client closed or sent what is no request.
pub(super) async fn serve(stream: &mut TcpStream, source: &Source, record: &Record) -> io::Result<()> {
    // Each piece leaves at once, instead of waiting for the acknowledgement of the one before.
    stream.set_nodelay(true)?;
    let chosen;
    let mut last = None;
    let (script, mut is_read) = match source {
        Source::Fixed(script) => (&**script, false),
        Source::Chosen(choose) => {
            let (number, request) = read(stream, record, true).await?;
            chosen = choose(number, &request);
            last = Some(request);
            (&chosen, true)
        }
    };
    for step in &script.steps {
        match step {
            Step::ReadHead | Step::ReadRequest if is_read => is_read = false,
            Step::ReadHead => last = Some(read(stream, record, false).await?.1),
            Step::ReadRequest => last = Some(read(stream, record, true).await?.1),
            Step::Send(bytes) => stream.write_all(bytes).await?,
            Step::SendRequestHead => {
                let head = last.as_ref().map(Request::head).unwrap_or_default();
                let quoted = serde_json::Value::from(head).to_string();
                stream.write_all(&quoted.as_bytes()[1..quoted.len() - 1]).await?;
            }
            Step::SendPieces { pieces, every } => {
                for piece in pieces {
                    send(stream, piece, *every).await?;
                }
            }
            Step::Repeat { bytes, times, every } => {
                let mut left = times.unwrap_or(u64::MAX);
                while left > 0 {
                    send(stream, bytes, *every).await?;
                    left -= 1;
                }
            }
            Step::Wait(time) => sleep(*time).await,
            Step::Hang => {
                let _hanging = Hanging::new(record);
                let mut ignored = [0; 1024];
                while stream.read(&mut ignored).await? > 0 {}
            }
            Step::ShutDownWrite => stream.shutdown().await?,
            Step::Reset => {
                stream.set_zero_linger()?;
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn send(stream: &mut TcpStream, bytes: &[u8], every: Duration) -> io::Result<()> {
    stream.write_all(bytes).await?;
    if !every.is_zero() {
        sleep(every).await;
    }
    Ok(())
}

async fn read(stream: &mut TcpStream, record: &Record, with_body: bool) -> io::Result<(u64, Request)> {
    match Request::read(stream, with_body).await {
        Ok(request) => Ok((record.add(request.clone()), request)),
        Err(error) => {
            if error.kind() == io::ErrorKind::InvalidData {
                record.add_unreadable(error.to_string());
            }
            Err(error)
        }
    }
}
