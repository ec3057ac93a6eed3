//! `kentongan verify-callback`: why a callback was or would be taken, from its bytes.

use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::path::Path;

use anyhow::Context as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::Verdict;
use crate::channel::{Checked, HttpChannel, Request};
use crate::clock::Timestamp;
use crate::config::Config;

/// Longest request that is read; the gateway takes less.
const BYTES_MAX: u64 = 1024 * 1024;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    config: std::path::PathBuf,
    /// The channel's name
    #[arg(long)]
    channel: String,
    /// Who sent it; without it, addresses are not judged
    #[arg(long)]
    peer: Option<IpAddr>,
    /// When it came (2026-11-30T09:00:05, Western Indonesian Time), for what is signed with the time; without it, now
    #[arg(long)]
    at: Option<String>,
}

/// Reads a raw HTTP request from `input`.
///
/// # Errors
/// If there is no such channel, or no request.
pub(super) fn run(args: &Args, input: &mut impl Read, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let channel = channel(&args.config, &args.channel)?;
    let at = match &args.at {
        Some(at) => Timestamp::parse(at).with_context(|| format!("{at} is no time such as 2026-11-30T09:00:05"))?,
        None => crate::clock::Clock::system().now(),
    };
    let mut bytes = Vec::new();
    input.take(BYTES_MAX).read_to_end(&mut bytes)?;
    let raw = Raw::parse(&bytes).context("no HTTP request: METHOD PATH HTTP/1.1, headers, an empty line, the body")?;
    let path = raw.path.strip_prefix("/in/").and_then(|path| path.strip_prefix(args.channel.as_str()));
    let Some(path) = path else {
        writeln!(out, "path: FAILED: the callbacks of this channel come to /in/{}", args.channel)?;
        return Ok(Verdict::Findings);
    };
    let peer = args.peer.unwrap_or(IpAddr::from([0, 0, 0, 0]));
    let request = Request { method: &raw.method, path, query: raw.query, headers: &raw.headers, body: raw.body, peer };
    let mut verdict = Verdict::Fine;
    for Checked { what, came } in channel.examine(&request, at, args.peer.is_some()) {
        match came {
            Ok(how) => writeln!(out, "{what}: ok: {how}")?,
            Err(why) => {
                verdict = Verdict::Findings;
                writeln!(out, "{what}: FAILED: {why}")?;
            }
        }
    }
    Ok(verdict)
}

fn channel(config: &Path, name: &str) -> anyhow::Result<HttpChannel> {
    let parts = Config::read(config)?.parts()?;
    let names: Vec<_> = parts.channels.iter().map(|channel| channel.name.clone()).collect();
    parts
        .channels
        .into_iter()
        .find(|channel| channel.name == name)
        .with_context(|| format!("no channel \"{name}\"; there are {}", names.join(", ")))
}

/// A request as it went over the wire, or as somebody typed it: line ends of either kind.
struct Raw<'a> {
    method: Method,
    path: &'a str,
    query: &'a str,
    headers: HeaderMap,
    body: &'a [u8],
}

impl<'a> Raw<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (head, body) = split(bytes, b"\r\n\r\n").or_else(|| split(bytes, b"\n\n")).unwrap_or((bytes, b""));
        let mut lines = std::str::from_utf8(head).ok()?.lines();
        let mut first = lines.next()?.split(' ');
        let (method, target) = (first.next()?.parse().ok()?, first.next()?);
        // A URL in place of a path says where it was sent, which is not asked.
        let target =
            target.split_once("://").map_or(target, |(_, rest)| rest.find('/').map_or("/", |at| rest.get(at..).unwrap_or_default()));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(':')?;
            headers.append(name.trim().parse::<HeaderName>().ok()?, value.trim().parse::<HeaderValue>().ok()?);
        }
        // An editor ends files with a line end that was never sent.
        let length = headers.get(http::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        let body = length.and_then(|length| body.get(..length)).unwrap_or(body);
        Some(Self { method, path, query, headers, body })
    }
}

fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some((bytes.get(..at)?, bytes.get(at + mark.len()..)?))
}

/// The terminal's.
pub(super) fn from_stdin(args: &Args) -> anyhow::Result<Verdict> {
    run(args, &mut io::stdin().lock(), &mut io::stdout())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;

    #[test]
    fn each_check_says_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("rahasia", "rahasia-kentongan-1\n");
        write("kunci", "kunci-tanda-tangan\n");
        write(
            "uji.toml",
            "data = \"data\"\nkeys = \"keys\"\n[listen]\ncallbacks = \"127.0.0.1:1\"\nhealth = \"127.0.0.1:2\"\n\
             [[channel]]\nname = \"hp\"\nprofile = \"textbee\"\nsecret_path_file = \"rahasia\"\nsigning_key_file = \"kunci\"\naddresses = [\"10.0.0.0/8\"]\n\
             [[channel]]\nname = \"kannel\"\nprofile = \"kannel-sms\"\naddresses = [\"10.0.0.0/8\"]\nsend_url = \"http://127.0.0.1:3\"\nusername = \"a\"\npassword_file = \"kunci\"\n",
        );
        let body = "{\"webhookEvent\":\"MESSAGE_RECEIVED\",\"smsId\":\"1\",\"sender\":\"+6281200000001\",\"message\":\"CEK\"}";
        // echo -n BODY | openssl dgst -sha256 -hmac kunci-tanda-tangan
        let signature = "e9584317ae031730411845d617adad08c3bc56d0a4c876f99ff72a89e54b6d9a";
        let said = |request: &str, peer: Option<&str>| {
            let args = Args {
                config: folder.path().join("uji.toml"),
                channel: "hp".to_owned(),
                peer: peer.map(|peer| peer.parse().unwrap()),
                at: Some("2026-11-30T09:00".to_owned()),
            };
            let mut out = Vec::new();
            let verdict = run(&args, &mut request.as_bytes(), &mut out).unwrap();
            (verdict, String::from_utf8(out).unwrap())
        };
        let post = |path: &str, signature: &str, body: &str| format!("POST {path} HTTP/1.1\nX-Signature: {signature}\n\n{body}");
        let right = post("/in/hp/rahasia-kentongan-1", signature, body);
        for (request, peer, parts) in [
            (right.clone(), Some("10.0.0.1"), &["address: ok", "secret path: ok", "signature: ok", "reading: ok: a message"][..]),
            (right.clone(), None, &["address: ok: not judged"]),
            (right, Some("192.0.2.1"), &["address: FAILED: 192.0.2.1 is none of this channel's"]),
            (post("/in/hp/rahasia-kentongan-2", signature, body), None, &["secret path: FAILED"]),
            (post("/in/lain/rahasia-kentongan-1", signature, body), None, &["path: FAILED: the callbacks of this channel come to /in/hp"]),
            (
                post("/in/hp/rahasia-kentongan-1", signature, &body.replace("CEK", "CEX")),
                None,
                &["signature: FAILED: the signature is wrong"],
            ),
            (post("/in/hp/rahasia-kentongan-1", "", body), None, &["signature: FAILED: there is no signature"]),
            (post("/in/hp/rahasia-kentongan-1", signature, "{"), None, &["reading: FAILED: the body is not JSON"]),
        ] {
            let (verdict, text) = said(&request, peer);
            for part in parts {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert_eq!(verdict == Verdict::Fine, !text.contains("FAILED"), "{text}");
            assert!(!text.contains("6281200000001"), "{text}");
        }
    }
}
