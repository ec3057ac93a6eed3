//! The least HTTP/1.1 client that keeps its connection: bytes out, one reply in.
//!
//! Written by hand because the load generator shares two cores with the gateway it measures, and because a test that compares replies
//! byte for byte must see the bytes themselves.

use std::io;
use std::ops::Range;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Error;

/// Longest reply head; a gateway's is some 150 bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Longest reply; the biggest thing asked for is the list of 100,000 demo citizens, about 80 bytes each.
const REPLY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// First size of the read buffer: a USSD reply fits many times over.
const BUFFER_BYTES: usize = 4096;

/// Where a gateway listens: `http://127.0.0.1:8080`, with an optional path in front of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `HOST:PORT`, as the Host header says it.
    pub host: String,
    /// Empty or `/path` without a slash at its end.
    pub path: String,
}

impl Address {
    pub fn parse(url: &str) -> Result<Self, Error> {
        let wrong = || Error::Address(url.to_owned());
        let rest = url.strip_prefix("http://").ok_or_else(wrong)?;
        let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
        if host.is_empty() || url.contains(|c: char| c.is_whitespace() || c.is_control() || c == '?') {
            return Err(wrong());
        }
        let path = path.trim_end_matches('/');
        Ok(Self {
            host: if host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
                host.to_owned()
            } else {
                format!("{host}:80")
            },
            path: if path.is_empty() { String::new() } else { format!("/{path}") },
        })
    }
}

/// One keep-alive connection. Reopens itself when the gateway closed it between two requests.
#[derive(Debug)]
pub struct Connection {
    address: Address,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
    /// Still set at the next exchange if this one was dropped half-way (too late): its reply must not be taken for another's.
    under_way: bool,
}

/// What came back, as it came.
#[derive(Debug)]
pub struct Reply<'a> {
    pub status: u16,
    /// Status line and headers with the empty line after them.
    pub head: &'a [u8],
    pub body: &'a [u8],
}

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Bytes(usize),
    Chunked,
    UntilClose,
}

struct Head {
    status: u16,
    length: Length,
    closes: bool,
}

impl Connection {
    pub fn new(address: Address) -> Self {
        Self { address, stream: None, buffer: Vec::with_capacity(BUFFER_BYTES), under_way: false }
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Sends `request` and reads the reply. A connection that turns out to be closed before the first byte of a reply is opened anew
    /// once, if it had been used before: then the gateway had only tidied up an idle connection.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::Broken`], [`Error::Http`]. After an error the next exchange opens a new connection.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Reply<'_>, Error> {
        if std::mem::replace(&mut self.under_way, true) {
            self.stream = None;
        }
        let used_before = self.stream.is_some();
        let head_end = match self.send(request).await {
            Err(Error::Broken(_)) if used_before && self.buffer.is_empty() => {
                self.stream = None;
                self.send(request).await
            }
            other => other,
        };
        let head_end = match head_end {
            Ok(end) => end,
            Err(error) => {
                self.under_way = false;
                self.stream = None;
                return Err(error);
            }
        };
        let received = self.receive(head_end).await;
        self.under_way = false;
        match received {
            Ok((status, body, closes)) => {
                if closes {
                    self.stream = None;
                }
                Ok(Reply { status, head: self.buffer.get(..head_end).unwrap_or_default(), body: self.buffer.get(body).unwrap_or_default() })
            }
            Err(error) => {
                self.stream = None;
                Err(error)
            }
        }
    }

    /// Writes the request and reads up to the end of the reply's head. Returns where the head ends.
    async fn send(&mut self, request: &[u8]) -> Result<usize, Error> {
        self.buffer.clear();
        let stream = match &mut self.stream {
            Some(stream) => stream,
            empty => {
                let unreachable = |source| Error::Connect { address: self.address.host.clone(), source };
                let stream = TcpStream::connect(&self.address.host).await.map_err(unreachable)?;
                stream.set_nodelay(true).map_err(unreachable)?;
                empty.insert(stream)
            }
        };
        stream.write_all(request).await.map_err(Error::Broken)?;
        loop {
            let searched = self.buffer.len().saturating_sub(3);
            read_some(stream, &mut self.buffer).await?;
            if let Some(at) = find(self.buffer.get(searched..).unwrap_or_default(), b"\r\n\r\n") {
                return Ok(searched + at + 4);
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(Error::Http("the head of the reply does not end"));
            }
        }
    }

    async fn receive(&mut self, head_end: usize) -> Result<(u16, Range<usize>, bool), Error> {
        let head = read_head(self.buffer.get(..head_end).unwrap_or_default())?;
        let Some(stream) = &mut self.stream else { return Err(Error::Http("no connection")) };
        match head.length {
            Length::Bytes(bytes) if bytes > REPLY_BYTES_MAX => return Err(Error::Http("the reply is too long")),
            Length::Bytes(bytes) => {
                while self.buffer.len() < head_end + bytes {
                    read_some(stream, &mut self.buffer).await?;
                }
                if self.buffer.len() > head_end + bytes {
                    return Err(Error::Http("more bytes than the reply announced"));
                }
            }
            Length::Chunked => loop {
                if let Some(body) = dechunk(self.buffer.get(head_end..).unwrap_or_default())? {
                    self.buffer.truncate(head_end);
                    self.buffer.extend_from_slice(&body);
                    break;
                }
                read_some(stream, &mut self.buffer).await?;
            },
            Length::UntilClose => {
                while stream.read_buf(&mut self.buffer).await.map_err(Error::Broken)? > 0 {
                    if self.buffer.len() > REPLY_BYTES_MAX {
                        return Err(Error::Http("the reply is too long"));
                    }
                }
            }
        }
        Ok((head.status, head_end..self.buffer.len(), head.closes))
    }
}

async fn read_some(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<(), Error> {
    if buffer.len() > REPLY_BYTES_MAX {
        return Err(Error::Http("the reply is too long"));
    }
    if stream.read_buf(buffer).await.map_err(Error::Broken)? == 0 {
        return Err(Error::Broken(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(())
}

/// Status line and the three headers that say where the reply ends.
fn read_head(head: &[u8]) -> Result<Head, Error> {
    let mut lines = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end);
    let status_line = lines.next().unwrap_or_default();
    let http_1_0 = status_line.starts_with(b"HTTP/1.0 ");
    let digits = status_line
        .strip_prefix(b"HTTP/1.1 ")
        .or_else(|| status_line.strip_prefix(b"HTTP/1.0 "))
        .and_then(|rest| rest.get(..3))
        .ok_or(Error::Http("no status line"))?;
    let status = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).ok_or(Error::Http("no status line"))?;
    let mut length = if matches!(status, 100..=199 | 204 | 304) { Length::Bytes(0) } else { Length::UntilClose };
    let mut closes = http_1_0;
    for line in lines {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let bytes = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            length = Length::Bytes(bytes.ok_or(Error::Http("content-length is not a number"))?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") && value.eq_ignore_ascii_case(b"chunked") {
            length = Length::Chunked;
        } else if name.eq_ignore_ascii_case(b"connection") && value.eq_ignore_ascii_case(b"close") {
            closes = true;
        }
    }
    Ok(Head { status, length, closes: closes || length == Length::UntilClose })
}

/// The whole body of a chunked reply (RFC 9112 section 7.1), or `None` while bytes are missing.
fn dechunk(mut rest: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    const WRONG: Error = Error::Http("a chunk without its length");
    let mut body = Vec::new();
    loop {
        let Some(line_end) = find(rest, b"\r\n") else { return Ok(None) };
        let line = std::str::from_utf8(rest.get(..line_end).unwrap_or_default()).map_err(|_| WRONG)?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let bytes = usize::from_str_radix(digits, 16).ok().filter(|&bytes| bytes <= REPLY_BYTES_MAX).ok_or(WRONG)?;
        rest = rest.get(line_end + 2..).unwrap_or_default();
        if bytes == 0 {
            // Trailer fields end with an empty line too; none of ours has any.
            return Ok(find(rest, b"\r\n").map(|_| body));
        }
        let Some(chunk) = rest.get(..bytes) else { return Ok(None) };
        body.extend_from_slice(chunk);
        let Some(after) = rest.get(bytes..bytes + 2) else { return Ok(None) };
        if after != b"\r\n" {
            return Err(WRONG);
        }
        rest = rest.get(bytes + 2..).unwrap_or_default();
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock;

    #[test]
    fn addresses() {
        for (url, want) in [
            ("http://127.0.0.1:8080", Some(("127.0.0.1:8080", ""))),
            ("http://127.0.0.1:8080/", Some(("127.0.0.1:8080", ""))),
            ("http://gateway", Some(("gateway:80", ""))),
            ("http://gateway:81/a/b/", Some(("gateway:81", "/a/b"))),
            ("https://gateway", None),
            ("gateway:80", None),
            ("http://", None),
            ("http://a b", None),
            ("http://a/?x", None),
        ] {
            let got = Address::parse(url).ok();
            assert_eq!(got, want.map(|(host, path)| Address { host: host.into(), path: path.into() }), "{url}");
        }
    }

    #[test]
    fn heads() {
        for (head, want) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Some((200, Length::Bytes(5), false))),
            ("HTTP/1.1 200 OK\r\ncontent-length:7\r\nConnection: close\r\n\r\n", Some((200, Length::Bytes(7), true))),
            ("HTTP/1.1 204 No Content\r\n\r\n", Some((204, Length::Bytes(0), false))),
            ("HTTP/1.1 200 OK\r\n\r\n", Some((200, Length::UntilClose, true))),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", Some((200, Length::Chunked, false))),
            ("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n", None),
            ("SMTP 200\r\n\r\n", None),
        ] {
            let got = read_head(head.as_bytes()).ok().map(|head| (head.status, head.length, head.closes));
            assert_eq!(got, want, "{head}");
        }
    }

    #[test]
    fn chunks() {
        for (bytes, want) in [
            ("5\r\nCON a\r\n0\r\n\r\n", Some(Some("CON a"))),
            ("3;x=y\r\nCON\r\n2\r\n a\r\n0\r\n\r\n", Some(Some("CON a"))),
            ("5\r\nCON", Some(None)),
            ("5\r\nCON a\r\n", Some(None)),
            ("zz\r\nCON a\r\n", None),
            ("1\r\nCON a\r\n", None),
        ] {
            let got = dechunk(bytes.as_bytes()).ok();
            assert_eq!(got, want.map(|body| body.map(|text| text.as_bytes().to_vec())), "{bytes}");
        }
    }

    #[tokio::test]
    async fn a_reply_that_came_too_late_is_not_taken_for_the_next() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let answering = tokio::spawn(async move {
            for (wait, body) in [(300, "CON a"), (0, "CON b")] {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut asked = [0; 64];
                    while stream.read(&mut asked).await.is_ok_and(|bytes| bytes > 0) {
                        clock::sleep(Duration::from_millis(wait)).await;
                        let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{body}");
                        if stream.write_all(reply.as_bytes()).await.is_err() {
                            break;
                        }
                    }
                });
            }
        });
        let mut connection = Connection::new(Address { host, path: String::new() });
        assert!(clock::within(Duration::from_millis(50), connection.exchange(b"one")).await.is_none());
        assert_eq!(connection.exchange(b"two").await.unwrap().body, b"CON b");
        assert_eq!(connection.exchange(b"three").await.unwrap().body, b"CON b");
        answering.abort();
    }

    #[tokio::test]
    async fn a_connection_closed_while_idle_is_opened_anew() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let answering = tokio::spawn(async move {
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut asked = [0; 64];
                let bytes = stream.read(&mut asked).await.unwrap();
                assert!(bytes > 0);
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK").await.unwrap();
            }
        });
        let mut connection = Connection::new(Address { host, path: String::new() });
        for _ in 0..2 {
            assert_eq!(connection.exchange(b"x").await.unwrap().body, b"OK");
            clock::sleep(Duration::from_millis(50)).await;
        }
        answering.await.unwrap();
        assert_eq!(connection.exchange(b"x").await.unwrap_err().kind(), "connect");
    }
}
