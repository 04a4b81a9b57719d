//! Bytes of responses, right ones and wrong ones: heads with any headers, bodies in chunks, compressed ones.

use std::io::Write as _;

use flate2::{Compress, Compression, Crc, FlushCompress, write::GzEncoder};

/// Ends a body in chunks.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// A head: status line, headers in this order, empty line. Nothing is added or checked, so that it may be wrong.
pub fn head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// A complete response with a right `Content-Length`, after which the server closes.
pub fn complete(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let length = body.len().to_string();
    let mut all = headers.to_vec();
    all.extend([("Content-Length", length.as_str()), ("Connection", "close")]);
    [&head(status, &all), body].concat()
}

/// One chunk of a body in chunks.
pub fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// Compresses with gzip, always to the same bytes.
pub fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).and_then(|()| encoder.finish()).expect("writing to a vector cannot fail")
}

/// A gzip file of about 1 KiB a MiB, which unpacks to this many MiB of `fill`. It is one member, so that every decoder reads
/// all of it.
///
/// It costs no more to make than 1 MiB does: after a full flush, compressed bytes depend on nothing before them, so those of
/// 1 MiB are repeated.
pub fn gzip_bomb(fill: u8, mebibytes: u32) -> Vec<u8> {
    let plain = vec![fill; 1 << 20];
    let mut packed = Vec::with_capacity(1 << 20);
    Compress::new(Compression::best(), false)
        .compress_vec(&plain, &mut packed, FlushCompress::Full)
        .expect("compressing into a vector with room cannot fail");
    let (mut one, mut all) = (Crc::new(), Crc::new());
    one.update(&plain);
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    for _ in 0..mebibytes {
        file.extend_from_slice(&packed);
        all.combine(&one);
    }
    // An empty last block.
    file.extend_from_slice(&[3, 0]);
    file.extend_from_slice(&all.sum().to_le_bytes());
    file.extend_from_slice(&mebibytes.wrapping_shl(20).to_le_bytes());
    file
}

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        103 => "Early Hints",
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn a_bomb_unpacks_to_what_it_says() {
        for mebibytes in [0, 1, 3] {
            let mut plain = Vec::new();
            GzDecoder::new(&gzip_bomb(b' ', mebibytes)[..]).read_to_end(&mut plain).expect("it is a whole gzip file");
            assert_eq!(plain, vec![b' '; (mebibytes as usize) << 20]);
        }
        assert!(gzip_bomb(0, 100).len() < 200 << 10);
    }

    #[test]
    fn heads_and_chunks_are_written_as_asked() {
        assert_eq!(head(503, &[("A", "1"), ("A", "2")]), b"HTTP/1.1 503 Service Unavailable\r\nA: 1\r\nA: 2\r\n\r\n");
        assert_eq!(chunk(b"seventeen letters"), b"11\r\nseventeen letters\r\n");
        assert_eq!(
            complete(404, &[], b"no"),
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
        );
    }
}
