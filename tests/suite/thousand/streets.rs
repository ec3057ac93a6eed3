//! The people of a day with their phones.

use std::collections::BTreeSet;

use kentongan::clock::Timestamp;
use kentongan::simulator::carrier::{How, Received};

use super::OFFICERS;

/// What one officer can answer in a minute.
const ANSWERS_A_MINUTE: usize = 2;
/// Nobody answers in the first so many minutes of this hour, so that some are told that it takes longer.
const LUNCH: (i8, i8) = (12, 30);
/// An officer who sees nothing to do asks so often whether there is anything: a task may have got lost on its way.
const ASKED_EVERY: usize = 10;

/// The people with their phones, as far as they got what was sent to them.
#[derive(Default)]
pub(super) struct Streets {
    pub(super) officers: [Officer; 3],
    /// Copies that were read.
    seen: usize,
    /// Those who are asked whether it is done.
    asked: Vec<u64>,
    known: BTreeSet<u64>,
    /// Clusters to be evaluated.
    clusters: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Officer {
    phone: u64,
    tasks: Vec<String>,
    /// What was answered, and is theirs no more.
    done: BTreeSet<String>,
}

impl Officer {
    fn read(&mut self, text: &str) {
        let code = codes(text).next().unwrap_or_default().to_owned();
        if text.contains("sudah ke petugas lain") {
            self.tasks.retain(|task| *task != code);
        } else if text.contains("bukan tugas Anda") {
            self.done.remove(&code);
        } else if ["KELUHAN", "MINTA", "KINI", "TUGAS"].iter().any(|word| text.starts_with(word)) {
            for code in codes(text) {
                if !self.done.contains(code) && !self.tasks.iter().any(|task| task == code) {
                    // Calls first: somebody waits.
                    let place = if text.starts_with("KELUHAN") { self.tasks.len() } else { 0 };
                    self.tasks.insert(place, code.to_owned());
                }
            }
        }
    }

    fn answers(&mut self, minute: usize) -> Vec<String> {
        if self.tasks.is_empty() && minute.is_multiple_of(ASKED_EVERY) {
            return vec!["TUGAS".to_owned()];
        }
        let now = self.tasks.drain(..self.tasks.len().min(ANSWERS_A_MINUTE)).collect::<Vec<_>>();
        self.done.extend(now.iter().cloned());
        // One in five is not called done.
        now.iter()
            .map(|code| format!("{code} {}Silakan datang, kami bantu", if code.ends_with(['0', '1']) { "" } else { "SELESAI " }))
            .collect()
    }
}

impl Streets {
    pub(super) fn new() -> Self {
        Self { officers: OFFICERS.map(|phone| Officer { phone, ..Officer::default() }), ..Self::default() }
    }

    pub(super) fn read(&mut self, received: &[Received]) {
        for copy in &received[self.seen..] {
            let who: u64 = copy.to[copy.to.len() - 5..].parse().unwrap();
            if !copy.arrived || copy.how == How::InReply {
                continue;
            }
            if copy.text.starts_with("EVALUASI") {
                self.clusters.extend(codes(&copy.text).next().map(str::to_owned));
            } else if let Some(officer) = self.officers.iter_mut().find(|officer| officer.phone == who) {
                officer.read(&copy.text);
            } else if copy.text.contains("Sudah beres?") && self.known.insert(who) {
                self.asked.push(who);
            }
        }
        self.seen = received.len();
    }

    /// What is written in this minute, by whom.
    pub(super) fn replies(&mut self, minute: usize, now: Timestamp) -> Vec<(u64, String)> {
        // Some of those of whom nobody knows where they live say that it is done.
        let mut all: Vec<(u64, String)> =
            self.asked.drain(..).filter(|who| [1, 3].contains(&(who % 8))).map(|who| (who, "1".to_owned())).collect();
        let (hour, minutes) = now.hour_minute();
        if hour != LUNCH.0 || minutes >= LUNCH.1 {
            for officer in &mut self.officers {
                all.extend(officer.answers(minute).into_iter().map(|text| (officer.phone, text)));
            }
        }
        // Every second cluster is evaluated.
        let clusters = self.clusters.drain(..).filter(|code| code.ends_with(['0', '2', '4', '6', '8']));
        all.extend(clusters.map(|code| (OFFICERS[2], format!("{code} EVALUASI satu loket; tambah loket; 15-12-2026"))));
        all
    }
}

/// All codes in a text.
pub(super) fn codes(text: &str) -> impl Iterator<Item = &str> {
    let is_code = |word: &&str| {
        word.len() == 8 && !word.starts_with(|first: char| first.is_ascii_digit()) && word[1..].bytes().all(|byte| byte.is_ascii_digit())
    };
    text.split(|char: char| !char.is_ascii_alphanumeric()).filter(is_code)
}
