//! Compares coordinators, neighbours and announcements with what was said from their phones. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::export::{Announcement, Export};
use crate::findings::{Findings, kind};
use crate::herald::SECOND;
use crate::ledger::{Asked, Effect, Told};

/// An announcement of the whole regency is for every area.
const REGENCY: &str = "16.06";

/// Counts beside the findings.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    pub coordinators: usize,
    pub followers: usize,
    pub stopped: usize,
    pub drafted: usize,
    pub approved: usize,
    /// Messages of announcements.
    pub sent: usize,
    pub acknowledged: usize,
    /// Told, and not in the store.
    pub lost: usize,
}

impl Judged {
    pub fn summary(&self) -> Value {
        json!({
            "coordinators": self.coordinators, "followers": self.followers, "stopped": self.stopped, "drafted": self.drafted,
            "approved": self.approved, "sent": self.sent, "acknowledged": self.acknowledged, "lost": self.lost,
        })
    }
}

/// `is_over`: nothing is under way any more.
pub fn judge(export: &Export, effects: &[Effect], is_over: bool, findings: &Findings) -> Judged {
    let mut judge = Judge { export, effects, findings, is_over, judged: Judged::default() };
    judge.people();
    judge.announcements();
    judge.passed_on();
    judge.judged
}

struct Judge<'a> {
    export: &'a Export,
    effects: &'a [Effect],
    findings: &'a Findings,
    is_over: bool,
    judged: Judged,
}

impl<'a> Judge<'a> {
    fn lose(&mut self, text: String) {
        self.judged.lost += 1;
        self.findings.add(kind::LOST, text);
    }

    /// Whoever said yes or no from their own phone, and was answered, is what they said; nobody else is anything.
    fn people(&mut self) {
        let coordinators: BTreeSet<(&str, &str)> =
            self.export.coordinators.iter().filter_map(|one| Some((one.to4.as_str(), one.area.as_deref()?))).collect();
        let followers: BTreeSet<(&str, &str)> =
            self.export.followers.iter().filter(|one| one.said_yes).map(|one| (one.to4.as_str(), one.area.as_str())).collect();
        let (mut may_coordinate, mut may_follow) = (BTreeSet::new(), BTreeSet::new());
        for effect in self.effects {
            let to4 = effect.phone.to4();
            let (is_there, answer) = match &effect.asked {
                Asked::Coordinate { area } => {
                    may_coordinate.insert((to4.clone(), *area));
                    self.judged.coordinators += usize::from(is_taken(effect));
                    (coordinators.contains(&(to4.as_str(), *area)), "DICATAT. Anda kader ")
                }
                Asked::Follow { area } => {
                    may_follow.insert((to4.clone(), *area));
                    self.judged.followers += usize::from(is_taken(effect));
                    (followers.contains(&(to4.as_str(), *area)), "DICATAT. Anda menerima pengumuman ")
                }
                Asked::Silence => {
                    self.judged.stopped += usize::from(is_taken(effect));
                    (true, "BERHENTI. Pengumuman tidak dikirim lagi ")
                }
                _ => continue,
            };
            let answers = self.export.messages.values().flatten().filter(|sms| sms.to4 == to4 && sms.text.starts_with(answer)).count();
            if answers > 1 {
                self.findings.add(kind::DIFFERING, format!("{:?} was answered `{answer}` {answers} times", effect.phone));
            }
            if is_taken(effect) && (answers == 0 || !is_there) {
                self.lose(format!("{:?} said what `{answer}` answers, and was acknowledged", effect.phone));
            }
            if answers > 0 && !is_there {
                self.lose(format!("{:?} was answered `{answer}`, and is not", effect.phone));
            }
        }
        for (to4, area) in coordinators.iter().filter(|(to4, area)| !may_coordinate.contains(&((*to4).to_owned(), *area))) {
            self.findings.add(kind::PHANTOM, format!("..{to4} coordinates {area} and never said so"));
        }
        for (to4, area) in followers.iter().filter(|(to4, area)| !may_follow.contains(&((*to4).to_owned(), *area))) {
            self.findings.add(kind::PHANTOM, format!("..{to4} follows {area} and never said so"));
        }
    }

    fn announcements(&mut self) {
        let mut known = BTreeSet::new();
        for (at, effect) in self.effects.iter().enumerate() {
            let Asked::Draft { mark, area } = &effect.asked else { continue };
            let news = format!("Kabar {mark} ");
            let codes: BTreeSet<&str> = self.told("SETUJUI ", &news).filter_map(|text| text.split(['?', ' ']).nth(1)).collect();
            if codes.len() > 1 {
                self.findings.add(kind::DIFFERING, format!("the announcement {mark} is there {} times", codes.len()));
            }
            let found = codes.first().and_then(|code| Some((*code, self.export.announcements.get(*code)?)));
            self.judged.drafted += usize::from(is_taken(effect));
            known.extend(codes);
            let Some((code, announcement)) = found else {
                if is_taken(effect) {
                    self.lose(format!("the announcement {mark} was taken, and is not there"));
                }
                continue;
            };
            self.decided(code, announcement);
            self.heard(at, code, announcement, &news, area);
        }
        for code in self.export.announcements.keys().filter(|code| !known.contains(code.as_str())) {
            self.findings.add(kind::PHANTOM, format!("nobody wrote the announcement {code}"));
        }
    }

    /// Its stage is what the second person said, and only that one.
    fn decided(&mut self, code: &str, announcement: &Announcement) {
        let stage = announcement.stage.as_str();
        let by_second = |is_it: &dyn Fn(&Asked) -> bool| -> Vec<&Effect> {
            self.effects.iter().filter(|effect| effect.phone == SECOND && is_it(&effect.asked)).collect()
        };
        let approvals = by_second(&|asked| matches!(asked, Asked::Approve { code: about } if about == code));
        let refusals = by_second(&|asked| matches!(asked, Asked::Refuse { code: about } if about == code));
        let taken = |all: &[&Effect]| all.iter().filter(|effect| is_taken(effect)).count();
        let asked_again = self.export.messages.values().flatten();
        let to_second = asked_again.filter(|sms| sms.to4 == SECOND.to4() && sms.text.starts_with(&format!("SETUJUI {code}?"))).count();
        let (approved, refused) = (taken(&approvals), taken(&refusals));
        let (is_approved, may_be_approved, may_be_refused) =
            (matches!(stage, "sending" | "done"), !approvals.is_empty(), !refusals.is_empty());
        self.judged.approved += usize::from(is_approved);
        // Each approval is taken, or asked for once more because there are more people by now.
        if approved > to_second.saturating_sub(1) && !is_approved || refused > 0 && stage != "refused" {
            self.lose(format!("{code} was decided by the second person, and is {stage}"));
        }
        if is_approved && !may_be_approved || stage == "refused" && !may_be_refused || matches!(stage, "halted" | "expired") {
            self.findings.add(kind::PHANTOM, format!("{code} is {stage}, and no second person said so"));
        }
        if stage != "drafted" && announcement.decided4.as_deref() != Some(SECOND.to4().as_str()) {
            self.findings.add(kind::PHANTOM, format!("{code} is {stage} by ..{}", announcement.decided4.clone().unwrap_or_default()));
        }
        if self.is_over && stage == "sending" {
            self.findings.add(kind::STUCK, format!("{code} is still on its way"));
        }
    }

    /// Once to each, to nobody else, and to nobody who had stopped it. `drafted`: the place of the draft among the effects.
    fn heard(&mut self, drafted: usize, code: &str, announcement: &Announcement, news: &str, area: &str) {
        let mut heard: BTreeMap<&str, usize> = BTreeMap::new();
        for sms in self.export.messages.values().flatten() {
            if sms.reference == code && sms.text.starts_with("DUKCAPIL MUBA") && sms.text.contains(news) {
                *heard.entry(&sms.to4).or_default() += 1;
            }
        }
        let count: usize = heard.values().sum();
        self.judged.sent += count;
        if count > 0 && !matches!(announcement.stage.as_str(), "sending" | "done") {
            self.findings.add(kind::PHANTOM, format!("{code} is {} and went to {count} phones", announcement.stage));
        }
        if count as u64 != announcement.sent || announcement.sent > announcement.audience {
            let (sent, audience) = (announcement.sent, announcement.audience);
            self.findings.add(kind::HALF, format!("{code} left {count} messages; it counts {sent} for {audience} people"));
        }
        for (to4, times) in heard.iter().filter(|(_, times)| **times > 1) {
            self.findings.add(kind::DIFFERING, format!("..{to4} was left {code} {times} times"));
        }
        let approved = self.effects.iter().position(|effect| matches!(&effect.asked, Asked::Approve { code: about } if about == code));
        let approved = approved.unwrap_or(drafted);
        let is_meant = |own: &str| area == REGENCY || own == area;
        let wants = |effect: &Effect| matches!(&effect.asked, Asked::Coordinate { area } | Asked::Follow { area } if is_meant(area));
        let (mut meant, mut due) = (BTreeSet::new(), BTreeSet::new());
        for (at, effect) in self.effects.iter().enumerate().filter(|(_, effect)| wants(effect)) {
            meant.insert(effect.phone.to4());
            if at < drafted && is_taken(effect) {
                due.insert(effect.phone.to4());
            }
        }
        for (at, effect) in self.effects.iter().enumerate().filter(|(_, effect)| effect.asked == Asked::Silence) {
            let to4 = effect.phone.to4();
            due.remove(&to4);
            if at < approved && is_taken(effect) && heard.contains_key(to4.as_str()) {
                self.findings.add(kind::UNTRUE, format!("{:?} had stopped announcements, and was left {code}", effect.phone));
            }
        }
        for to4 in heard.keys().filter(|to4| !meant.contains(**to4)) {
            self.findings.add(kind::LEAK, format!("..{to4} was left {code}, which is not for them"));
        }
        let is_whole = announcement.stage == "done" && announcement.sent < announcement.audience;
        for to4 in due.iter().filter(|to4| is_whole && !heard.contains_key(to4.as_str())) {
            self.lose(format!("..{to4} said yes, and was never left {code}"));
        }
    }

    /// Each `1` that was taken counts once.
    fn passed_on(&mut self) {
        let said: Vec<&Effect> = self.effects.iter().filter(|effect| effect.asked == Asked::PassedOn).collect();
        let taken = said.iter().filter(|effect| is_taken(effect)).count();
        let counted: u64 = self.export.announcements.values().map(|announcement| announcement.acknowledged).sum();
        self.judged.acknowledged = taken;
        if taken as u64 > counted {
            self.lose(format!("announcements were passed on by {taken}, and {counted} are counted"));
        }
        if counted > said.len() as u64 {
            self.findings.add(kind::PHANTOM, format!("announcements were passed on by {}, and {counted} are counted", said.len()));
        }
    }

    fn told(&self, start: &'static str, news: &str) -> impl Iterator<Item = &'a str> {
        let all = self.export.messages.values().flatten();
        all.filter(move |sms| sms.text.starts_with(start) && sms.text.contains(news)).map(|sms| sms.text.as_str())
    }
}

fn is_taken(effect: &Effect) -> bool {
    matches!(&effect.told, Told::Taken(word) if word.is_empty())
}

#[cfg(test)]
mod tests;
