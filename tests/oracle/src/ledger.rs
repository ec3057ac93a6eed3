//! The oracle's own memory of what was asked and what was answered. A request with an effect is on disk (fsync) before its first
//! byte leaves; many callers share one fsync.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::page::{Page, Window};
use crate::people::Phone;

/// Written without waiting once so much has gathered.
const BUFFER_MAX: usize = 256 << 10;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Book {
        need: u8,
        window: Option<Window>,
    },
    Cancel {
        code: String,
    },
    /// A complaint, or a wish for a human.
    Report,
    /// The citizen agrees that it is done.
    Agree {
        code: String,
    },
    /// An officer's word to the citizen of a ticket, with a mark that stands in no other; perhaps that it is done.
    Answer {
        code: String,
        mark: String,
        is_done: bool,
    },
    /// A place in a village's list, by the village's code; and off it again.
    Join {
        village: &'static str,
    },
    Leave {
        village: &'static str,
    },
    /// A stop of the mobile unit, and what becomes of it.
    Plan(Plan),
    Stop {
        code: String,
        order: Order,
    },
    /// A phone's own yes: to coordinate an area, to hear of it; and its no to everything sent to many.
    Coordinate {
        area: &'static str,
    },
    Follow {
        area: &'static str,
    },
    Silence,
    /// An announcement for an area, with a mark that stands in no other; what is decided about it, and that it was passed on.
    Draft {
        mark: String,
        area: &'static str,
    },
    Approve {
        code: String,
    },
    Refuse {
        code: String,
    },
    PassedOn,
    /// A message that only leads to others.
    Other,
}

/// A stop as its officer wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Stands in no other.
    pub mark: String,
    pub village: &'static str,
    pub day: String,
    pub from: u64,
    pub to: u64,
    pub minutes: u64,
    pub kits: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Publish,
    Cancel,
    /// So many kits work.
    Kits(u64),
}

/// What its page told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// No page came yet.
    Nothing,
    Saved {
        code: String,
        window: Option<Window>,
    },
    Cancelled,
    /// A ticket was made.
    Recorded {
        code: String,
    },
    /// A ticket is closed.
    Agreed,
    /// In a village's list, or off it.
    Listed,
    Unlisted,
    /// An officer's message was taken, with this short word in reply.
    Taken(String),
    /// A page that claims no effect; its beginning.
    Otherwise(String),
}

/// A request with an effect, and its reply.
#[derive(Debug, Clone)]
pub struct Effect {
    pub phone: Phone,
    /// Place in the list of citizens.
    pub citizen: u32,
    pub nik4: String,
    pub asked: Asked,
    pub told: Told,
    pub request: Vec<u8>,
    /// The first reply, byte for byte.
    pub reply: Option<Vec<u8>>,
    /// When the first reply was here.
    pub told_at: Option<SystemTime>,
    /// Sent again after a broken connection.
    pub retried: bool,
}

/// What a page tells of an effect.
pub fn told(page: &Page) -> Told {
    // An honest page of doubt: the disk took too long, and perhaps it was recorded all the same.
    if page.holds("GANGGUAN") {
        return Told::Nothing;
    }
    if page.holds("DIBATALKAN") {
        return Told::Cancelled;
    }
    if page.holds("DICATAT di daftar tunggu") {
        return Told::Listed;
    }
    if page.holds("sudah keluar dari daftar tunggu") {
        return Told::Unlisted;
    }
    match page.codes().next() {
        Some(code) if page.holds("TERSIMPAN") => Told::Saved { code: code.to_owned(), window: Window::find(&page.text) },
        Some(code) if page.holds("DICATAT") => Told::Recorded { code: code.to_owned() },
        Some(_) if page.holds("selesai. Terima kasih") => Told::Agreed,
        _ => Told::Otherwise(page.brief()),
    }
}

/// Shared by all callers.
#[derive(Debug)]
pub struct Ledger {
    file: File,
    inner: Mutex<Inner>,
    synced: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    effects: Vec<Effect>,
    buffer: Vec<u8>,
    /// Lines appended, and lines known to be on disk.
    appended: u64,
    durable: u64,
    syncing: bool,
    broken: bool,
}

impl Ledger {
    pub fn create(path: &Path) -> io::Result<Ledger> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Ledger { file, inner: Mutex::default(), synced: Condvar::new() })
    }

    /// Writes a request without effect. It may reach the disk later.
    pub fn note(&self, mark: &str, bytes: &[u8]) {
        let mut inner = self.lock();
        push(&mut inner, mark, bytes);
        if inner.buffer.len() > BUFFER_MAX && !inner.syncing {
            let buffer = std::mem::take(&mut inner.buffer);
            if (&self.file).write_all(&buffer).is_err() {
                inner.broken = true;
            }
        }
    }

    /// Writes a request with an effect; returns its number once it is on disk.
    pub fn begin(&self, effect: Effect) -> io::Result<usize> {
        let mut inner = self.lock();
        push(&mut inner, "ASK", &effect.request);
        let mine = inner.appended;
        inner.effects.push(effect);
        let id = inner.effects.len() - 1;
        while inner.durable < mine {
            if inner.broken {
                return Err(io::Error::other("the ledger could not be written"));
            }
            if inner.syncing {
                inner = self.synced.wait(inner).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            inner.syncing = true;
            let (buffer, up_to) = (std::mem::take(&mut inner.buffer), inner.appended);
            drop(inner);
            let written = (&self.file).write_all(&buffer).and_then(|()| self.file.sync_data());
            inner = self.lock();
            inner.syncing = false;
            match written {
                Ok(()) => inner.durable = up_to,
                Err(_) => inner.broken = true,
            }
            self.synced.notify_all();
        }
        Ok(id)
    }

    /// Enters the first reply of an effect.
    pub fn answer(&self, id: usize, reply: &[u8], told: Told, retried: bool) {
        let at = SystemTime::now();
        let mut inner = self.lock();
        push(&mut inner, "TOLD", reply);
        if let Some(effect) = inner.effects.get_mut(id) {
            effect.retried |= retried;
            if effect.reply.is_none() {
                effect.reply = Some(reply.to_vec());
                effect.told = told;
                effect.told_at = Some(at);
            }
        }
    }

    /// Nothing with an effect was asked yet.
    pub fn is_empty(&self) -> bool {
        self.lock().effects.is_empty()
    }

    pub fn effects(&self) -> Vec<Effect> {
        self.lock().effects.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn push(inner: &mut Inner, mark: &str, bytes: &[u8]) {
    inner.buffer.extend_from_slice(mark.as_bytes());
    inner.buffer.push(b' ');
    inner.buffer.extend(bytes.iter().map(|b| if *b == b'\n' { b'|' } else { *b }));
    inner.buffer.push(b'\n');
    inner.appended += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(request: &str) -> Effect {
        Effect {
            phone: Phone(1),
            citizen: 1,
            nik4: "9999".to_owned(),
            asked: Asked::Book { need: 1, window: None },
            told: Told::Nothing,
            request: request.as_bytes().to_vec(),
            reply: None,
            told_at: None,
            retried: false,
        }
    }

    #[test]
    fn a_request_is_on_disk_when_begin_returns_and_the_first_reply_stays() {
        let path = std::env::temp_dir().join(format!("oracle-ledger-{}", std::process::id()));
        let ledger = Ledger::create(&path).unwrap();
        std::thread::scope(|scope| {
            for n in 0..8 {
                let (ledger, path) = (&ledger, &path);
                scope.spawn(move || {
                    let id = ledger.begin(effect(&format!("text=2*{n}x"))).unwrap();
                    let file = std::fs::read_to_string(path).unwrap();
                    assert!(file.contains(&format!("ASK text=2*{n}x\n")));
                    ledger.answer(id, b"END a", Told::Otherwise("a".to_owned()), false);
                    ledger.answer(id, b"END b", Told::Cancelled, true);
                });
            }
        });
        let effects = ledger.effects();
        assert_eq!(effects.len(), 8);
        assert!(effects.iter().all(|e| e.reply.as_deref() == Some(b"END a".as_slice()) && e.retried));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_page_is_read_for_what_it_claims() {
        let told = |text: &str| told(&Page::read(text.as_bytes()).unwrap());
        let saved = told("END JANJI TERSIMPAN\nKode K4821735\nSen 01 Des 08-10");
        assert!(matches!(saved, Told::Saved { ref code, window: Some(_) } if code == "K4821735"), "{saved:?}");
        assert_eq!(told("END Janji K4821735 DIBATALKAN"), Told::Cancelled);
        assert_eq!(told("END KELUHAN DICATAT\nNo. A4821735\nDijawab besok"), Told::Recorded { code: "A4821735".to_owned() });
        assert_eq!(told("END No. A4821735 selesai. Terima kasih."), Told::Agreed);
        assert_eq!(told("END DICATAT di daftar tunggu keliling Mangsang."), Told::Listed);
        assert_eq!(told("END Anda sudah keluar dari daftar tunggu keliling Mangsang."), Told::Unlisted);
        assert!(matches!(told("CON Yang ini BELUM dicatat."), Told::Otherwise(_)));
        assert_eq!(told("END GANGGUAN. Permintaan ini mungkin BELUM dicatat."), Told::Nothing);
        assert!(matches!(told("CON PENUH"), Told::Otherwise(_)));
        assert!(matches!(told("END K4821735 belum"), Told::Otherwise(_)));
    }
}
