//! Pages that come in requests of their own. The gateway's channel has `URL/sim/pages/CHANNEL` for its `send_url`; there they lie until
//! the phone's telco asks for them: `GET /sim/pages/CHANNEL?of=MARK`, 204 while there is none.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::Error;
use super::client::{Connection, Reply};
use super::handset::{PATIENCE, exchange};
use super::telco::format::Sent;
use super::telco::{Dialogue, Page, write_get};
use crate::clock;

/// Below the gateway's own address; the channel's name follows.
pub const PATH: &str = "/sim/pages/";
/// Pages that lie at once: one for each phone of the page in the browser, many times over.
const PAGES_MAX: usize = 512;
/// How often it is looked for one: it comes within milliseconds of the answer.
const LOOK_PAUSE: Duration = Duration::from_millis(10);

/// Where pages lie until they are asked for.
#[derive(Default)]
pub(super) struct Mailbox(Mutex<VecDeque<(String, Bytes)>>);

impl Mailbox {
    /// The oldest goes where there are too many.
    pub(super) fn put(&self, channel: &str, page: Bytes) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.len() == PAGES_MAX {
            pages.pop_front();
        }
        pages.push_back((channel.to_owned(), page));
    }

    /// The oldest of this channel's with this mark in it.
    pub(super) fn take(&self, channel: &str, mark: &str) -> Option<Bytes> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has = |page: &[u8]| page.windows(mark.len()).any(|part| part == mark.as_bytes());
        let at = pages.iter().position(|(own, page)| own == channel && !mark.is_empty() && has(page))?;
        pages.remove(at).map(|(_, page)| page)
    }
}

/// How a phone's telco asks for them.
pub(super) struct Pages<'a> {
    pub(super) connection: &'a mut Connection,
    /// With its secret path segment if it has one.
    pub(super) channel: &'a str,
}

impl Pages<'_> {
    /// One turn: the callback, its answer, and the page that comes after it.
    pub(super) async fn turn(
        self,
        sent: &Sent,
        request: &[u8],
        dialogue: &mut Dialogue,
        raw: &mut Vec<u8>,
    ) -> Result<(Page, String), Error> {
        let reply = exchange(self.connection, request).await?;
        *raw = [reply.head, reply.body].concat();
        let mark = dialogue.read_heard(sent, &reply)?;
        let channel = self.channel.split('/').next().unwrap_or_default();
        let mut ask = Vec::new();
        write_get(self.connection.address(), &format!("{PATH}{channel}?of={mark}"), &mut ask);
        let begun = clock::monotonic();
        while clock::monotonic().duration_since(begun) < PATIENCE {
            let reply = exchange(self.connection, &ask).await?;
            match reply.status {
                200 => {
                    raw.extend_from_slice(reply.body);
                    let page = Reply { status: 200, head: b"", body: reply.body };
                    return Ok((dialogue.read(&page)?, String::from_utf8_lossy(reply.body).into_owned()));
                }
                204 => clock::sleep(LOOK_PAUSE).await,
                404 => {
                    let hint =
                        format!("pages of this format come in requests of their own: give the channel send_url = URL{PATH}{channel}");
                    return Err(Error::Input(hint));
                }
                status => return Err(Error::Status(status)),
            }
        }
        Err(Error::Late(PATIENCE.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_by_channel_and_mark() {
        let mailbox = Mailbox::default();
        mailbox.put("a", Bytes::from_static(b"<id>7</id>one"));
        mailbox.put("b", Bytes::from_static(b"<id>7</id>two"));
        mailbox.put("a", Bytes::from_static(b"<id>8</id>three"));
        for (channel, mark, want) in [
            ("a", "8", Some("three")),
            ("b", "8", None),
            ("b", "7", Some("two")),
            ("a", "", None),
            ("a", "7", Some("one")),
            ("a", "7", None),
        ] {
            let got = mailbox.take(channel, mark).map(|page| String::from_utf8_lossy(&page).into_owned());
            assert_eq!(got.as_deref().and_then(|page| page.split("</id>").nth(1)), want, "{channel} {mark}");
        }
        (0..=PAGES_MAX).for_each(|at| mailbox.put("a", Bytes::from(format!("<{at}>"))));
        assert!(mailbox.take("a", "<0>").is_none() && mailbox.take("a", "<1>").is_some());
    }
}
