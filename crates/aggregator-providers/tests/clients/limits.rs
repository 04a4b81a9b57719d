//! Clocks, caps and decompression, under a paused clock.

use std::io::Write as _;
use std::time::Duration;

use aggregator_providers::http::{Endpoint, HttpError, Limits, Request};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::StreamExt as _;
use proptest::prelude::*;
use tokio::time::{Instant, sleep};

use super::scripted::{Script, Step};

fn endpoint() -> Endpoint {
    Endpoint::new("base", "https://example.org/search?q=private").unwrap()
}

async fn get(script: &Script, limits: Limits) -> Result<Bytes, HttpError> {
    script.client_with(limits).get(endpoint()).await?.bytes().await
}

/// What a request ends with, and after how many milliseconds.
async fn timed(script: &Script, limits: Limits) -> (Result<Bytes, HttpError>, u128) {
    let begun = Instant::now();
    let ended = get(script, limits).await;
    (ended, begun.elapsed().as_millis())
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn each_clock_ends_what_it_watches() {
    let limits = Limits { idle: seconds(2), ..Limits::SEARCH };
    let never = Script { wait: seconds(1_000), ..Script::new(200, "") };
    assert_eq!(timed(&never, limits).await, (Err(HttpError::FirstByteTimeout { after: seconds(5) }), 5_000));

    let silent = Script::steps([Step::Bytes("{".into()), Step::Hang]);
    assert_eq!(timed(&silent, limits).await, (Err(HttpError::IdleTimeout { after: seconds(2) }), 2_000));

    // One byte a little before each end of the idle clock: only the total ends it.
    let drip = Script::steps([Step::Forever("x".into(), Duration::from_millis(1_999))]);
    let total = HttpError::TotalTimeout { after: seconds(8), begun: true };
    assert_eq!(timed(&drip, limits).await, (Err(total.clone()), 8_000));

    // Always a byte ready, and a reader that takes its time.
    let script = Script::steps([Step::Forever("x".into(), Duration::ZERO)]);
    let mut body = script.client().get(endpoint()).await.unwrap().into_body();
    assert!(body.next().await.unwrap().is_ok());
    sleep(seconds(8)).await;
    assert_eq!(body.next().await, Some(Err(total)));
    assert_eq!(body.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn the_callers_deadline_ends_a_request_earlier() {
    let never = Script { wait: seconds(1_000), ..Script::new(200, "") };
    let begun = Instant::now();
    let request = Request::get(endpoint()).with_deadline(begun + seconds(3));
    let error = never.client().send(request).await.unwrap_err();
    assert_eq!(error, HttpError::TotalTimeout { after: seconds(3), begun: false });
    assert_eq!(begun.elapsed(), seconds(3));
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_no_fault_of_the_service() {
    let limits = Limits { idle: seconds(1), ..Limits::SEARCH };
    let script = Script::steps([
        Step::Bytes("a".into()),
        Step::Wait(Duration::from_millis(900)),
        Step::Bytes("b".into()),
        Step::Wait(Duration::from_millis(900)),
        Step::Bytes("c".into()),
    ]);
    let mut body = script.client_with(limits).get(endpoint()).await.unwrap().into_body();
    let mut read = Vec::new();
    while let Some(piece) = body.next().await {
        read.extend_from_slice(&piece.unwrap());
        sleep(seconds(2)).await;
    }
    assert_eq!(read, b"abc");
}

#[tokio::test(start_paused = true)]
async fn a_body_may_have_exactly_as_many_bytes_as_the_cap() {
    let limits = Limits { body: 1_000, ..Limits::SEARCH };
    let too_large = Err(HttpError::TooLarge { limit: 1_000 });
    for (length, fits) in [(999, true), (1_000, true), (1_001, false)] {
        for script in [
            Script::new(200, vec![b'x'; length]),
            Script::new(200, vec![b'x'; length]).header("content-length", &length.to_string()),
            Script::new(200, gzip(&vec![b'x'; length])).header("content-encoding", "gzip"),
            Script::steps(vec![Step::Bytes("x".into()); length]),
        ] {
            let read = get(&script, limits).await.map(|bytes| bytes.len());
            assert_eq!(read, if fits { Ok(length) } else { too_large.clone().map(|_: ()| 0) }, "{length}: {script:?}");
        }
    }
    let endless = Script::steps([Step::Forever(vec![b'x'; 64].into(), Duration::ZERO)]);
    assert_eq!(get(&endless, limits).await, Err(HttpError::TooLarge { limit: 1_000 }));
}

#[tokio::test(start_paused = true)]
async fn headers_have_a_cap() {
    let limits = Limits { headers: 100, ..Limits::SEARCH };
    // `content-type: application/json` is 28 bytes, the name `x` one.
    for (length, fits) in [(71, true), (72, false)] {
        let script = Script::new(200, "").header("x", &"y".repeat(length));
        let expected = if fits { Ok(Bytes::new()) } else { Err(HttpError::HeadersTooLarge { limit: 100 }) };
        assert_eq!(get(&script, limits).await, expected);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn compressed(body: impl Into<Bytes>) -> Script {
    Script::new(200, body).header("content-encoding", "gzip")
}

#[tokio::test(start_paused = true)]
async fn a_bomb_ends_at_the_cap_or_at_the_ratio() {
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 70_000, "{}", bomb.len());
    assert_eq!(get(&compressed(bomb.clone()), Limits::SEARCH).await, Err(HttpError::TooLarge { limit: 2 << 20 }));
    // 64 MiB are allowed, but not from 64 KiB: those may become 100 times as much and 1 MiB.
    let limits = Limits { body: 128 << 20, ..Limits::SEARCH };
    assert_eq!(get(&compressed(bomb.clone()), limits).await, Err(HttpError::Ratio { ratio: 100 }));
    let trusting = Limits { ratio: 10_000, ..limits };
    assert_eq!(get(&compressed(bomb), trusting).await.map(|bytes| bytes.len()), Ok(64 << 20));
}

#[tokio::test(start_paused = true)]
async fn gzip_cut_at_any_byte_is_truncated_and_whole_it_is_the_text() {
    let text = b"{\"results\": [1, 2, 3]}".repeat(9);
    let whole = gzip(&text);
    for cut in 1..whole.len() {
        let error = get(&compressed(whole[..cut].to_vec()), Limits::SEARCH).await.unwrap_err();
        assert!(matches!(error, HttpError::Truncated { .. }), "{cut}: {error}");
        let pieces = [&whole[..cut], &whole[cut..]].map(|piece| Step::Bytes(Bytes::copy_from_slice(piece)));
        let script = Script::steps(pieces).header("content-encoding", "gzip");
        assert_eq!(get(&script, Limits::SEARCH).await.as_deref(), Ok(&text[..]), "{cut}");
    }
    assert_eq!(get(&compressed(""), Limits::SEARCH).await, Ok(Bytes::new()));
    let twice = [whole.clone(), whole.clone()].concat();
    assert_eq!(get(&compressed(twice), Limits::SEARCH).await.map(|bytes| bytes.len()), Ok(2 * text.len()));
    let mut wrong = whole;
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    assert!(get(&compressed(wrong), Limits::SEARCH).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_headers_say_must_be_so() {
    let truncated = Script::new(200, "12345").header("content-length", "6");
    let cause = "5 of 6 bytes came".to_owned();
    assert_eq!(get(&truncated, Limits::SEARCH).await, Err(HttpError::Truncated { cause }));
    let protocol = |cause: &str| Err(HttpError::Protocol { cause: cause.into() });
    let both = Script::new(200, "").header("content-length", "0").header("transfer-encoding", "chunked");
    assert_eq!(get(&both, Limits::SEARCH).await, protocol("it states a length and that it comes in pieces"));
    for length in ["-1", "+1", "1, 2", "99999999999999999999"] {
        let script = Script::new(200, "").header("content-length", length);
        assert_eq!(get(&script, Limits::SEARCH).await, protocol("its length is no number"), "{length}");
    }
    let plain = Script::new(200, "plain text").header("content-encoding", "gzip");
    assert_eq!(get(&plain, Limits::SEARCH).await, protocol("it says that it is gzip, and is not"));
    let several = "several or unknown encodings";
    for (sent, found) in
        [("br", "br"), (" ZSTD", "zstd"), ("deflate", "deflate"), ("gzip, gzip", several), ("é", several)]
    {
        let script = Script::new(200, "").header("content-encoding", sent);
        let expected = HttpError::ContentEncoding { found };
        assert_eq!(get(&script, Limits::SEARCH).await, Err(expected));
    }
    for status in 300..400 {
        let script = Script::new(status, "").header("location", "https://evil.example/?key=canary");
        assert_eq!(get(&script, Limits::SEARCH).await, Err(HttpError::RedirectRefused { status }));
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_of_another_type_is_refused_before_it_is_read() {
    let of = async |found: &str| {
        let script = Script::steps([Step::Hang]).header("content-type", found);
        script.client().get(endpoint()).await.unwrap().body_as("application/json").map(|_| ())
    };
    for json in ["application/json", "Application/JSON; charset=utf-8", "application/problem+json", "", "text/json"] {
        assert_eq!(of(json).await, Ok(()), "{json}");
    }
    let error = of("text/html; charset=utf-8").await.unwrap_err();
    assert_eq!(error.to_string(), "the response is text/html, not application/json");
}

#[tokio::test(start_paused = true)]
async fn the_connection_ends_with_the_body_or_its_first_error() {
    let script = Script::steps([Step::Bytes("x".into()), Step::Hang]);
    let client = script.client();
    let closed = script.open_bodies();
    let mut dropped = client.get(endpoint()).await.unwrap().into_body();
    assert!(dropped.next().await.unwrap().is_ok());
    assert_eq!(script.open_bodies(), closed + 1);
    drop(dropped);
    assert_eq!(script.open_bodies(), closed);
    let mut failed = client.get(endpoint()).await.unwrap().into_body();
    assert!(failed.next().await.unwrap().is_ok());
    assert_eq!(failed.next().await, Some(Err(HttpError::TotalTimeout { after: seconds(8), begun: true })));
    assert_eq!(script.open_bodies(), closed);
    // One that is never polled, and one that is on its way.
    drop(client.get(endpoint()));
    let waiting = Script { wait: seconds(1_000), ..script.clone() };
    let closed = script.open_bodies();
    let asked = tokio::time::timeout(seconds(1), waiting.client().get(endpoint())).await;
    assert!(asked.is_err());
    assert_eq!(script.open_bodies(), closed);
}

#[test]
fn nothing_shows_the_address() {
    let request = Request::post_json(endpoint(), &"private").unwrap();
    assert_eq!(format!("{request:?}"), "Request { method: \"POST\", endpoint: Endpoint(https://example.org), .. }");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However a body is cut, it is read as the same one.
    #[test]
    fn how_a_body_is_cut_does_not_matter(text in prop::collection::vec(any::<u8>(), 0..600), cuts in any::<Vec<u8>>(), gzipped: bool) {
        let sent = if gzipped { gzip(&text) } else { text.clone() };
        let mut pieces = Vec::new();
        let mut rest = &sent[..];
        for cut in cuts {
            let (piece, after) = rest.split_at(usize::from(cut).min(rest.len()));
            pieces.push(Step::Bytes(Bytes::copy_from_slice(piece)));
            rest = after;
        }
        pieces.push(Step::Bytes(Bytes::copy_from_slice(rest)));
        let script = Script::steps(pieces);
        let script = if gzipped { script.header("content-encoding", "gzip") } else { script };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        prop_assert_eq!(runtime.block_on(get(&script, Limits::SEARCH)), Ok(text.into()));
    }

    /// Bytes that claim to be gzip are text or an error, never more than the cap.
    #[test]
    fn any_bytes_as_gzip_are_bounded(bytes in any::<Vec<u8>>(), magic: bool) {
        let bytes = if magic { [&[0x1f, 0x8b, 8][..], &bytes].concat() } else { bytes };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let read = runtime.block_on(get(&compressed(bytes), Limits { body: 100, ..Limits::SEARCH }));
        prop_assert!(read.is_err() || read.is_ok_and(|read| read.len() <= 100));
    }
}
