//! Where requests go, and how they are written.

use std::io::Write as _;

use crate::simulator::Error;
use crate::simulator::client::Address;
use crate::simulator::wire::Composed;

/// Where a channel's callbacks go: a host and `/in/CHANNEL`.
#[derive(Clone, Debug)]
pub struct Place {
    host: String,
    base: String,
}

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const JSON: &str = "application/json";

impl Place {
    /// `channel` may carry a secret path segment: `africastalking/SECRET`.
    pub fn of_channel(address: &Address, channel: &str) -> Self {
        Self { host: address.host.clone(), base: format!("{}/in/{}", address.path, channel.trim_matches('/')) }
    }

    /// The address that a request goes to. `gateway`: as the telco knows it, where that is another than ours.
    pub(in crate::simulator) fn url(&self, gateway: Option<&str>, request: &Composed) -> String {
        let Self { host, base } = self;
        let before = gateway.map_or_else(|| format!("http://{host}"), |gateway| gateway.trim_end_matches('/').to_owned());
        let mark = if request.query.is_empty() { "" } else { "?" };
        format!("{before}{base}{}{mark}{}", request.path, request.query)
    }

    pub(in crate::simulator) fn write(&self, request: &Composed, out: &mut Vec<u8>) {
        let Self { host, base } = self;
        let Composed { method, path, query, headers, body } = request;
        let mark = if query.is_empty() { "" } else { "?" };
        let mut head = format!("{method} {base}{path}{mark}{query} HTTP/1.1\r\nHost: {host}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if *method != "GET" {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body.as_bytes());
    }

    /// Where reports are asked for, in the words of Kannel's `dlr-url`.
    pub(in crate::simulator) fn report_url(&self, id: &str) -> String {
        format!("http://{}{}/receipt?id={id}&type=%d", self.host, self.base)
    }

    /// A form by POST.
    pub(in crate::simulator) fn write_form(&self, path: &str, fields: &[u8], out: &mut Vec<u8>) {
        self.write_request("POST", path, FORM, fields, out);
    }

    /// The same fields by GET.
    pub(in crate::simulator) fn write_query(&self, path: &str, fields: &[u8], out: &mut Vec<u8>) {
        let Self { host, base } = self;
        let query = String::from_utf8_lossy(fields);
        let written = write!(out, "GET {base}{path}?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        debug_assert!(written.is_ok(), "a Vec takes every write");
    }

    /// A GET of a whole URL that somebody else made.
    ///
    /// # Errors
    /// [`Error::Address`].
    pub(in crate::simulator) fn write_get_url(url: &str, out: &mut Vec<u8>) -> Result<(), Error> {
        let (before, query) = url.split_once('?').unwrap_or((url, ""));
        let Address { host, path } = Address::parse(before)?;
        if query.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(Error::Address(url.to_owned()));
        }
        let written = write!(out, "GET {path}?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        debug_assert!(written.is_ok(), "a Vec takes every write");
        Ok(())
    }

    pub(super) fn write_request(&self, method: &str, path: &str, content_type: &str, body: &[u8], out: &mut Vec<u8>) {
        let Self { host, base } = self;
        let written = write!(
            out,
            "{method} {base}{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        debug_assert!(written.is_ok(), "a Vec takes every write");
        out.extend_from_slice(body);
    }
}

/// Appends `GET path` to `out`, for questions to the gateway's simulator pages.
pub fn write_get(address: &Address, path: &str, out: &mut Vec<u8>) {
    let written = write!(out, "GET {}{path} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n\r\n", address.path, address.host);
    debug_assert!(written.is_ok(), "a Vec takes every write");
}

/// Appends `&name=value`. `*` stays as it is, as in the telco's own requests.
pub(in crate::simulator) fn push_field(body: &mut Vec<u8>, name: &str, value: &str) {
    if !body.is_empty() {
        body.push(b'&');
    }
    body.extend_from_slice(name.as_bytes());
    body.push(b'=');
    push_escaped(body, value);
}

/// As a form writes a value.
pub(in crate::simulator) fn push_escaped(body: &mut Vec<u8>, value: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in value.as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => body.push(byte),
            b' ' => body.push(b'+'),
            _ => {
                let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
                body.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
}
