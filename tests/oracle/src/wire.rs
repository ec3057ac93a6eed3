//! The little HTTP/1.1 that is needed: one kept connection a caller, POST and read, and a GET.
//!
//! ```text
//! POST /in/africastalking HTTP/1.1
//! Host: 127.0.0.1
//! Content-Type: application/x-www-form-urlencoded
//! Content-Length: 97
//!
//! sessionId=o1&serviceCode=*123#&phoneNumber=%2B6281200000001&networkCode=51010&text=2*1606…
//! ```

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// The longest a telco waits for a page.
pub const TURN_MAX: Duration = Duration::from_secs(10);
/// A connection to our own machine opens at once or not at all.
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// The list of citizens is the longest answer we ask for: about 100 bytes each.
const REPLY_MAX: usize = 64 << 20;

/// Why there is no page.
#[derive(Debug)]
pub enum Fault {
    /// The connection broke or could not be opened: the gateway may be dead.
    Gone,
    /// Nothing came for [`TURN_MAX`].
    Silent,
    /// An answer that is not a page.
    Status(u16),
    Garbled(&'static str),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Gone => write!(f, "no connection"),
            Fault::Silent => write!(f, "nothing for {} s", TURN_MAX.as_secs()),
            Fault::Status(status) => write!(f, "status {status}"),
            Fault::Garbled(what) => f.write_str(what),
        }
    }
}

/// A kept connection to the gateway.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    stream: Option<TcpStream>,
    out: Vec<u8>,
    input: Vec<u8>,
}

impl Line {
    pub fn new(port: u16) -> Self {
        Line { address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), stream: None, out: Vec::new(), input: Vec::new() }
    }

    /// Sends a callback and reads the page. Opens the connection if there is none; closes it on any fault.
    pub fn post(&mut self, body: &[u8]) -> Result<Vec<u8>, Fault> {
        self.out.clear();
        // Writing to a Vec cannot fail.
        let _ = write!(
            self.out,
            "POST /in/africastalking HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.out.extend_from_slice(body);
        let reply = self.exchange();
        if reply.is_err() {
            self.stream = None;
        }
        match reply? {
            (200, page) => Ok(page),
            (status, _) => Err(Fault::Status(status)),
        }
    }

    fn exchange(&mut self) -> Result<(u16, Vec<u8>), Fault> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            empty => empty.insert(open(self.address).map_err(|_| Fault::Gone)?),
        };
        stream.write_all(&self.out).map_err(|_| Fault::Gone)?;
        read_reply(stream, &mut self.input)
    }
}

/// A GET of its own connection: status and body.
pub fn get(port: u16, path: &str) -> Result<(u16, Vec<u8>), Fault> {
    let mut stream = open(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).map_err(|_| Fault::Gone)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(|_| Fault::Gone)?;
    read_reply(&mut stream, &mut Vec::new())
}

fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, CONNECT_MAX)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TURN_MAX))?;
    stream.set_write_timeout(Some(TURN_MAX))?;
    Ok(stream)
}

fn read_reply(stream: &mut impl Read, input: &mut Vec<u8>) -> Result<(u16, Vec<u8>), Fault> {
    input.clear();
    loop {
        if let Some(reply) = whole_reply(input)? {
            return Ok(reply);
        }
        if input.len() > REPLY_MAX {
            return Err(Fault::Garbled("a reply without end"));
        }
        let mut piece = [0_u8; 8192];
        match stream.read(&mut piece) {
            Ok(0) => return Err(Fault::Gone),
            Ok(n) => input.extend_from_slice(piece.get(..n).unwrap_or_default()),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Err(Fault::Silent),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Err(Fault::Gone),
        }
    }
}

/// Status and body once all of it is there.
fn whole_reply(input: &[u8]) -> Result<Option<(u16, Vec<u8>)>, Fault> {
    let Some(end) = input.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(None) };
    let (head, body) = (input.get(..end).unwrap_or_default(), input.get(end + 4..).unwrap_or_default());
    let head = std::str::from_utf8(head).map_err(|_| Fault::Garbled("a head that is not text"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|word| word.parse().ok());
    let status = status.ok_or(Fault::Garbled("a status line without status"))?;
    let (mut length, mut chunked) = (None, false);
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse::<usize>().map_err(|_| Fault::Garbled("a content-length that is no number"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.trim().eq_ignore_ascii_case("chunked");
        }
    }
    if chunked {
        return Ok(dechunk(body)?.map(|body| (status, body)));
    }
    let length = length.ok_or(Fault::Garbled("a reply without length"))?;
    Ok(body.get(..length).map(|body| (status, body.to_vec())))
}

fn dechunk(mut rest: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    let mut body = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|w| w == b"\r\n") else { return Ok(None) };
        let size = rest.get(..end).and_then(|s| std::str::from_utf8(s).ok()).and_then(|s| usize::from_str_radix(s.trim(), 16).ok());
        let size = size.ok_or(Fault::Garbled("a chunk without size"))?;
        let Some(chunk) = rest.get(end + 2..end + 2 + size) else { return Ok(None) };
        if size == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(chunk);
        rest = rest.get(end + 4 + size..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_whole_only_with_its_last_byte() {
        let cases: [(&[u8], &[u8]); 2] = [
            (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 5\r\n\r\nEND x", b"END x"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nEND\r\n2\r\n x\r\n0\r\n", b"END x"),
        ];
        for (reply, body) in cases {
            for cut in 0..reply.len() {
                assert!(whole_reply(&reply[..cut]).unwrap().is_none(), "{cut}");
            }
            assert_eq!(whole_reply(reply).unwrap(), Some((200, body.to_vec())));
        }
        assert!(whole_reply(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(whole_reply(b"nonsense\r\n\r\n").is_err());
    }
}
