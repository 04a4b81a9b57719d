//! The clients: streams over sockets, on one thread.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::process::{Server, machine_time, processor_time};
use crate::profile::unix_micros;

/// Latencies in microseconds.
pub type Latencies = Histogram<u64>;

/// # Panics
/// Never.
pub fn latencies() -> Latencies {
    Histogram::new_with_bounds(1, 120_000_000, 3).expect("the bounds are in order")
}

/// A stream that was read to its end.
struct Stream {
    /// From the request to the first byte.
    first_byte: Duration,
    /// How late each frame was.
    late: Vec<Duration>,
}

/// Reads a stream to its end.
async fn read(address: SocketAddr, request: &[u8], due: &[Duration]) -> io::Result<Stream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let began = Instant::now();
    stream.write_all(request).await?;
    let (mut first_byte, mut late, mut last) = (None, Vec::with_capacity(due.len()), 0);
    let mut buffer = [0; 4_096];
    loop {
        let length = stream.read(&mut buffer).await?;
        let now = began.elapsed();
        first_byte.get_or_insert(now);
        if length == 0 {
            break;
        }
        for byte in &buffer[..length] {
            // The end of a frame; those of pieces and of the head have carriage returns.
            if (last, *byte) == (b'\n', b'\n') {
                late.push(now.saturating_sub(due.get(late.len()).copied().unwrap_or_default()));
            }
            last = *byte;
        }
    }
    if late.len() != due.len() {
        return Err(io::Error::other(format!("{} of {} frames came", late.len(), due.len())));
    }
    Ok(Stream { first_byte: first_byte.unwrap_or_default(), late })
}

/// What a run of many streams came to.
pub struct Run {
    /// How late frames were.
    pub late: Latencies,
    /// From requests to first bytes.
    pub first_byte: Latencies,
    /// Streams that failed.
    pub failed: u64,
    /// Processor time in the measured time, as shares of one processor: of the server, of this process, and of all others.
    pub server: f64,
    pub client: f64,
    pub others: f64,
}

impl Run {
    fn new() -> Self {
        let (late, first_byte) = (latencies(), latencies());
        Self { late, first_byte, failed: 0, server: 0.0, client: 0.0, others: 0.0 }
    }

    fn add(&mut self, stream: io::Result<Stream>) {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
        match stream {
            Ok(stream) => {
                self.first_byte.saturating_record(micros(stream.first_byte));
                stream.late.iter().for_each(|late| self.late.saturating_record(micros(*late)));
            }
            Err(_) => self.failed += 1,
        }
    }

    /// Adds another run of the same; shares become means if there were `before` runs.
    pub fn merge(&mut self, other: &Self, before: u32) {
        self.late.add(&other.late).expect("the bounds are the same");
        self.first_byte.add(&other.first_byte).expect("the bounds are the same");
        self.failed += other.failed;
        let mean = |sum: &mut f64, one: f64| *sum = (*sum * f64::from(before) + one) / f64::from(before + 1);
        mean(&mut self.server, other.server);
        mean(&mut self.client, other.client);
        mean(&mut self.others, other.others);
    }
}

/// What is asked.
#[derive(Clone)]
pub struct Ask {
    pub request: Bytes,
    /// When each frame of the stream is due.
    pub due: Arc<[Duration]>,
}

/// Opens `rate` streams a second, whatever comes of the ones before. Those of the first `warm_up` are not measured.
pub async fn at_rate(server: &Server, ask: &Ask, rate: u32, warm_up: Duration, measured: Duration) -> Run {
    let (began, mut run, mut streams) = (Instant::now(), Run::new(), JoinSet::new());
    let streams_of = |time: Duration| (time.as_secs_f64() * f64::from(rate)) as u32;
    let (first, all) = (streams_of(warm_up), streams_of(warm_up + measured));
    let mut usage = Usage::now(server);
    for number in 0..all {
        sleep_until(began + Duration::from_secs(1) * number / rate).await;
        if number == first {
            usage = Usage::now(server);
        }
        let (ask, address) = (ask.clone(), server.address);
        streams.spawn(async move { (number, read(address, &ask.request, &ask.due).await) });
        while let Some(ended) = streams.try_join_next() {
            count(&mut run, ended, first);
        }
    }
    usage.until_now(server, &mut run);
    while let Some(ended) = streams.join_next().await {
        count(&mut run, ended, first);
    }
    run
}

fn count(run: &mut Run, ended: Result<(u32, io::Result<Stream>), tokio::task::JoinError>, first: u32) {
    match ended {
        Ok((number, stream)) if number >= first => run.add(stream),
        Ok(_) => {}
        Err(_) => run.failed += 1,
    }
}

/// Keeps `streams` open: each that ends is followed by another one. Their beginnings are spread over a second.
pub async fn concurrent(server: &Server, ask: &Ask, streams: u32, time: Duration) -> Run {
    let (began, mut run, mut workers) = (Instant::now(), Run::new(), JoinSet::new());
    let usage = Usage::now(server);
    for number in 0..streams {
        let (ask, address) = (ask.clone(), server.address);
        workers.spawn(async move {
            sleep_until(began + Duration::from_secs(1) * number / streams).await;
            let mut ended = Vec::new();
            while began.elapsed() < time {
                ended.push(read(address, &ask.request, &ask.due).await);
            }
            ended
        });
    }
    while let Some(ended) = workers.join_next().await {
        match ended {
            Ok(streams) => streams.into_iter().for_each(|stream| run.add(stream)),
            Err(_) => run.failed += 1,
        }
    }
    usage.until_now(server, &mut run);
    run
}

/// Opens streams, and reads each until its text has begun.
pub async fn open(server: &Server, request: &Bytes, streams: usize) -> io::Result<Vec<TcpStream>> {
    let mut opening = JoinSet::new();
    let mut all = Vec::with_capacity(streams);
    for _ in 0..streams {
        let (request, address) = (request.clone(), server.address);
        opening.spawn(async move { until_text(address, &request).await });
        // Not all at once: a queue of connections is not what is measured.
        if opening.len() >= 100
            && let Some(opened) = opening.join_next().await
        {
            all.push(opened??);
        }
    }
    while let Some(opened) = opening.join_next().await {
        all.push(opened??);
    }
    Ok(all)
}

async fn until_text(address: SocketAddr, request: &[u8]) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(request).await?;
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains("event: answer_delta") {
        if stream.read_buf(&mut read).await? == 0 {
            return Err(io::Error::other("a stream ended before its text"));
        }
    }
    Ok(stream)
}

/// Lets clients go away in the middle of their answers, and returns the times until the calls of their models were dropped.
///
/// # Errors
/// If a stream cannot be opened, or a call is not dropped within 10 s.
pub async fn cancel(server: &Server, request: impl Fn(&str) -> Bytes, clients: usize) -> io::Result<Latencies> {
    let mut times = latencies();
    for number in 0..clients {
        let query = format!("client {number}");
        let stream = until_text(server.address, &request(&query)).await?;
        // What is there is read, so that closing is orderly.
        let mut rest = [0; 4_096];
        while stream.try_read(&mut rest).is_ok_and(|length| length > 0) {}
        let gone = unix_micros();
        drop(stream);
        let line = server.lines.recv_timeout(Duration::from_secs(10)).map_err(io::Error::other)?;
        let dropped = line.strip_prefix("dropped ").and_then(|line| line.strip_suffix(&query));
        let dropped: u64 = dropped.and_then(|time| time.trim().parse().ok()).ok_or_else(|| io::Error::other(line))?;
        times.saturating_record(dropped.saturating_sub(gone).max(1));
    }
    Ok(times)
}

/// Processor time at a moment.
struct Usage {
    at: Instant,
    server: Duration,
    client: Duration,
    machine: Duration,
}

impl Usage {
    fn now(server: &Server) -> Self {
        let (server, client) = (server.processor_time(), processor_time("self"));
        Self { at: Instant::now(), server, client, machine: machine_time() }
    }

    fn until_now(&self, server: &Server, run: &mut Run) {
        let now = Self::now(server);
        let passed = (now.at - self.at).as_secs_f64();
        let share = |before: Duration, after: Duration| after.saturating_sub(before).as_secs_f64() / passed;
        (run.server, run.client) = (share(self.server, now.server), share(self.client, now.client));
        run.others = (share(self.machine, now.machine) - run.server - run.client).max(0.0);
    }
}
