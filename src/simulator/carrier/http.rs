//! Just enough of a server to be a bad one: hyper would not answer twice or break off in the middle.

use std::io;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::Asked;

/// Longest request: a submit of ten parts in percent escapes fits twice.
const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// The next request on the connection; `None` at its end.
///
/// # Errors
/// The connection broke, or what came was no HTTP.
pub(super) async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Asked>> {
    loop {
        if let Some((asked, length)) = parse(buffer)? {
            buffer.drain(..length);
            return Ok(Some(asked));
        }
        if buffer.len() > REQUEST_BYTES_MAX {
            return Err(wrong());
        }
        if stream.read_buf(buffer).await? == 0 {
            return if buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
    }
}

pub(super) fn answer(status: u16, body: &str) -> Vec<u8> {
    let kind = if body.starts_with('{') { "application/json" } else { "text/plain" };
    format!("HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A whole request and how long it is; `None` while bytes are missing.
fn parse(bytes: &[u8]) -> io::Result<Option<(Asked, usize)>> {
    let Some(head_end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(bytes.get(..head_end).unwrap_or_default()).map_err(|_| wrong())?;
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1")) = (words.next(), words.next(), words.next()) else { return Err(wrong()) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(Ok(0), |(_, value)| value.parse());
    let length: usize = length.map_err(|_| wrong())?;
    let body_start = head_end + 4;
    let Some(body) = bytes.get(body_start..body_start.saturating_add(length)) else { return Ok(None) };
    let asked = Asked { method: method.to_owned(), path: path.to_owned(), query: query.to_owned(), headers, body: body.to_vec() };
    Ok(Some((asked, body_start + length)))
}

fn wrong() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let post = "POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nd=eGET";
        for (bytes, want) in [
            ("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", Some(Some(("GET", "/a", "b=c", "", 32)))),
            (post, Some(Some(("POST", "/a", "b=c", "d=e", post.len() - 3)))),
            ("POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nd=", Some(None)),
            ("GET /a HTTP/1.1\r\nHost", Some(None)),
            ("GET /a\r\n\r\n", None),
            ("POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\n", None),
        ] {
            let got = parse(bytes.as_bytes()).ok();
            let got = got.as_ref().map(|got| {
                got.as_ref().map(|(asked, length)| {
                    (asked.method.as_str(), asked.path.as_str(), asked.query.as_str(), std::str::from_utf8(&asked.body).unwrap(), *length)
                })
            });
            assert_eq!(got, want, "{bytes}");
        }
    }
}
