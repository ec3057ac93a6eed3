use super::*;
use crate::export::{Coordinator, Follower, Sms};
use crate::herald::AUTHOR;
use crate::people::Phone;

const VILLAGE: &str = "16.06.09.2007";
const CODE: &str = "P0000003";
const SHE: Phone = Phone(70_000);
const HE: Phone = Phone(71_001);

fn effect(phone: Phone, asked: Asked, told: Told) -> Effect {
    let request = Vec::new();
    Effect { phone, citizen: 0, nik4: String::new(), asked, told, request, reply: None, told_at: None, retried: false }
}

fn said(phone: Phone, asked: Asked) -> Effect {
    effect(phone, asked, Told::Taken(String::new()))
}

fn coordinates() -> Effect {
    said(SHE, Asked::Coordinate { area: VILLAGE })
}

fn follows() -> Effect {
    said(HE, Asked::Follow { area: VILLAGE })
}

fn draft(area: &'static str) -> Effect {
    said(AUTHOR, Asked::Draft { mark: "nomor3".to_owned(), area })
}

fn approve(phone: Phone) -> Effect {
    said(phone, Asked::Approve { code: CODE.to_owned() })
}

/// She coordinates, he follows, and both hear the news.
fn all() -> Vec<Effect> {
    vec![coordinates(), follows(), draft(REGENCY), approve(SECOND), said(SHE, Asked::PassedOn)]
}

fn sms(export: &mut Export, to4: &str, reference: &str, text: &str) {
    let id = format!("m{}", export.messages.len());
    let sms = Sms { to4: to4.to_owned(), reference: reference.to_owned(), text: text.to_owned(), fate: None };
    export.messages.insert(id, vec![sms]);
}

const NEWS: &str = "DUKCAPIL MUBA: Kabar nomor3 dari kantor. Berhenti: STOP";
const SUBMITTED: &str =
    "SETUJUI P0000003? Musi Banyuasin, 2 orang, 2 bagian SMS, 700 rupiah: Kabar nomor3 dari kantor. - Jawab: KODE SETUJU";
const STOPPED: &str = "BERHENTI. Pengumuman tidak dikirim lagi ke nomor ini.";

fn announcement(stage: &str) -> Announcement {
    Announcement { stage: stage.to_owned(), decided4: Some(SECOND.to4()), audience: 2, sent: 2, acknowledged: 1 }
}

fn store() -> Export {
    let mut export = Export {
        coordinators: vec![Coordinator { to4: "0000".to_owned(), area: Some(VILLAGE.to_owned()) }],
        followers: vec![Follower { to4: "1001".to_owned(), area: VILLAGE.to_owned(), said_yes: true }],
        announcements: BTreeMap::from([(CODE.to_owned(), announcement("done"))]),
        ..Export::default()
    };
    sms(&mut export, "0000", "a", "DICATAT. Anda kader Mangsang. Ajak warga: AJAK lalu nomornya.");
    sms(&mut export, "1001", "b", "DICATAT. Anda menerima pengumuman utk Mangsang.");
    sms(&mut export, &SECOND.to4(), CODE, SUBMITTED);
    sms(&mut export, "0000", CODE, "DUKCAPIL MUBA, utk kader: Kabar nomor3 dari kantor. Balas 1 jika sudah diumumkan. Berhenti: STOP");
    sms(&mut export, "1001", CODE, NEWS);
    export
}

fn changed(change: impl Fn(&mut Export)) -> Export {
    let mut export = store();
    change(&mut export);
    export
}

/// Nobody has heard it.
fn silent(stage: &str) -> Export {
    changed(|export| {
        export.messages.retain(|_, all| !all[0].text.starts_with("DUKCAPIL"));
        let decided4 = if stage == "drafted" { None } else { Some(SECOND.to4()) };
        export.announcements.insert(CODE.to_owned(), Announcement { decided4, sent: 0, acknowledged: 0, ..announcement(stage) });
    })
}

fn kinds(export: &Export, effects: &[Effect]) -> Vec<&'static str> {
    let findings = Findings::default();
    judge(export, effects, true, &findings);
    findings.counts().into_keys().collect()
}

#[test]
fn what_was_said_and_heard_passes() {
    let drafted = || vec![coordinates(), follows(), draft(REGENCY)];
    let with = |more: Vec<Effect>| [drafted(), more].concat();
    let stops = || said(HE, Asked::Silence);
    for (what, export, effects) in [
        ("done", store(), all()),
        ("nothing", Export::default(), vec![effect(HE, Asked::Follow { area: VILLAGE }, Told::Nothing)]),
        ("waits", silent("drafted"), drafted()),
        ("its author may not", silent("drafted"), with(vec![approve(AUTHOR)])),
        ("refused", silent("refused"), with(vec![said(SECOND, Asked::Refuse { code: CODE.to_owned() })])),
        ("asked once more", changed(|e| sms(e, &SECOND.to4(), CODE, SUBMITTED)), [all(), vec![approve(SECOND)]].concat()),
        ("stopped afterwards", changed(|e| sms(e, "1001", "c", STOPPED)), [all(), vec![stops()]].concat()),
    ] {
        assert_eq!(kinds(&export, &effects), [""; 0], "{what}");
    }
}

#[test]
fn each_fault_is_found() {
    let without = |at: usize| {
        let mut effects = all();
        effects.remove(at);
        effects
    };
    let stopped_before = || {
        [vec![coordinates(), follows(), said(HE, Asked::Silence), draft(REGENCY), approve(SECOND)], vec![said(SHE, Asked::PassedOn)]]
            .concat()
    };
    let heard_by_one = || {
        changed(|export| {
            export.messages.retain(|_, all| all[0].to4 != "1001" || !all[0].text.starts_with("DUKCAPIL"));
            export.announcements.insert(CODE.to_owned(), Announcement { sent: 1, ..announcement("done") });
        })
    };
    let elsewhere = || [vec![coordinates(), follows(), draft("16.06.09.2060"), approve(SECOND)], vec![said(SHE, Asked::PassedOn)]].concat();
    for (found, export, effects) in [
        (kind::LOST, changed(|e| e.coordinators.clear()), all()),
        (kind::LOST, changed(|e| e.followers[0].said_yes = false), all()),
        (kind::LOST, changed(|e| e.announcements.clear()), all()),
        (kind::LOST, silent("drafted"), all()),
        (kind::LOST, silent("drafted"), [all(), vec![said(SECOND, Asked::Refuse { code: CODE.to_owned() })]].concat()),
        (kind::LOST, store(), [all(), vec![said(HE, Asked::Silence)]].concat()),
        (kind::LOST, store(), [all(), vec![said(SHE, Asked::PassedOn)]].concat()),
        (kind::LOST, heard_by_one(), all()),
        (kind::PHANTOM, store(), without(0)),
        (kind::PHANTOM, store(), without(1)),
        (kind::PHANTOM, store(), without(2)),
        (kind::PHANTOM, store(), without(3)),
        (kind::PHANTOM, store(), without(4)),
        (kind::PHANTOM, changed(|e| e.announcements.get_mut(CODE).unwrap().decided4 = Some(AUTHOR.to4())), all()),
        (kind::PHANTOM, changed(|e| e.announcements.get_mut(CODE).unwrap().stage = "refused".to_owned()), all()),
        (kind::PHANTOM, silent("sending"), [without(3), vec![approve(AUTHOR)]].concat()),
        (kind::STUCK, silent("sending"), all()),
        (kind::HALF, changed(|e| e.announcements.get_mut(CODE).unwrap().sent = 1), all()),
        (kind::DIFFERING, changed(|e| sms(e, "1001", CODE, NEWS)), all()),
        (kind::DIFFERING, changed(|e| sms(e, "1001", "c", "DICATAT. Anda menerima pengumuman utk Mangsang.")), all()),
        (kind::DIFFERING, changed(|e| sms(e, &SECOND.to4(), "P0000004", &SUBMITTED.replace(CODE, "P0000004"))), all()),
        (kind::UNTRUE, changed(|e| sms(e, "1001", "c", STOPPED)), stopped_before()),
        (kind::LEAK, store(), elsewhere()),
    ] {
        let got = kinds(&export, &effects);
        assert!(got.contains(&found), "{found}: {got:?} {effects:?}");
    }
}
