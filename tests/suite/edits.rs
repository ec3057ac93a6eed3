//! Are the checker and the transcripts sharp? Hundreds of single mistakes in the shipped menu files, and each must be noticed: by the
//! checker, or by a transcript that does not pass any more.

#![allow(clippy::print_stdout, reason = "the counts are for whoever asks with --nocapture")]

mod make;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use kentongan::clock;
use kentongan::menu::{Menu, MenuSource, Notice, Reader};
use kentongan::simulator::transcript::{self, Givens, Mode};
use kentongan::{config, rehearsal};
use make::{Edit, FLOW, Files, WORDS, edits, slips, wrong_turns};
use tokio::runtime::Builder;

/// Edits in work at once. More than there are cores, because a transcript that fails by a count waits a while for it to come true.
const AT_ONCE: usize = 8;

/// Edits that nobody could notice, each with the reason: the file, a part of the line before and after.
const HARMLESS: &[(usize, &str, &str, &str)] = &[
    (FLOW, "pengingat: pengingat when", "tempat else ", "the sweep that sends it always brings all of them"),
    (FLOW, "{ boleh: urusan, ", "batas: cek_status", "asks again and is told the same: nothing is counted any more"),
    (FLOW, "{ boleh: urusan, ", "terkunci: cek_status", "asks again and is told the same: nothing is counted any more"),
    (FLOW, "batas: kode_batas", "batas: batal_cari", "asks once more and is told the same: nothing is counted any more"),
    (FLOW, "diingat: number 1", "diingat: number ", "more room than is used"),
    (FLOW, "tempat: text 20", "tempat: text 2", "more room than the longest name takes"),
    (FLOW, "minta: number 1", "minta: number ", "more room than is used"),
    (FLOW, "janji: number 1", "janji: number ", "more room than is used"),
    (FLOW, "beres: beres when nomor", "", "the question that leads there always brings the number"),
    (FLOW, "beres_belum: beres_belum when nomor", "", "what leads there always brings the number"),
    (FLOW, "beres_sudah: beres_ya when nomor", "", "what leads there always brings the number"),
    (
        FLOW,
        "on: { ditutup: beres_jadi, ",
        "on: { ditutup: beres_jadi, tak_ada: ",
        "only who has the ticket is asked, and it is kept for years",
    ),
    (
        FLOW,
        "on: { dibuka: beres_dibuka, ",
        "on: { dibuka: beres_dibuka, tak_ada: ",
        "only who has the ticket is asked, and it is kept for years",
    ),
    (FLOW, "      tak_ada: petugas_tulis", "      tak_ada: ", "whoever is asked for more has it open"),
    (FLOW, "      dicatat_pengawas: petugas_jadi_pengawas", "      dicatat_pengawas: ", "what is not understood names no money"),
    (FLOW, "      tanpa_pengawas: lapor_tanpa_pengawas", "      tanpa_pengawas: ", "what is not understood names no money"),
    (FLOW, "undangan: undangan when", "", "what sends it always brings all of them"),
    (FLOW, "km: number 3", "km: number ", "more room than is used"),
    (FLOW, "tujuan: text 20", "tujuan: text 2", "more room than the longest name takes"),
    (FLOW, "sebutan: text 21", "sebutan: text ", "more room than the longest name takes"),
    (FLOW, "nama_desa: text 21", "nama_desa: text ", "more room than the longest name takes"),
    (WORDS, "    jav: Jawa", "    jav: ", "who chose Javanese reads the file of Javanese"),
    (WORDS, "    plm: Palembang", "    plm: ", "who chose Palembang reads the file of Palembang"),
    (FLOW, "jumlah: number 4", "jumlah: number ", "more room than is used"),
    (FLOW, "perihal: text 8", "perihal: text ", "more room than is used"),
    (FLOW, "antre: number 4", "antre: number ", "more room than is used"),
    (FLOW, "ajakan: ajakan when wilayah", "", "the question that leads there always brings the place"),
    (FLOW, "kader: kader when wilayah", "", "the question that leads there always brings the place"),
    (
        FLOW,
        "on: { jadi: kader_jadi, ",
        "on: { jadi: kader_jadi, tak_ada: ",
        "only an operator who forgets a number takes back what it was asked",
    ),
    (
        FLOW,
        "on: { jadi: ajakan_jadi, ",
        "on: { jadi: ajakan_jadi, tak_ada: ",
        "only an operator who forgets a number takes back what it was asked",
    ),
    (FLOW, "rupiah: number 10", "rupiah: number ", "more room than is used"),
    (FLOW, "orang: number 6", "orang: number ", "more room than is used"),
    (FLOW, "bagian: number 7", "bagian: number ", "more room than is used"),
    (FLOW, "choose: { 1: ganti_jadwal }", "choose: { 1: ganti_cari }", "picks the same appointment once more"),
];

/// What no transcript can bring about, because it takes a full disk or thousands of callers.
const TROUBLE: [(Notice, &str); 2] = [
    (Notice::Busy, "Layanan sedang ramai. Permintaan BELUM dicatat. Coba lagi 5 menit lagi."),
    (Notice::Fault, "GANGGUAN. Permintaan ini mungkin BELUM dicatat. Dial lagi sebentar untuk memeriksa."),
];
/// Said after sixty answers in an hour.
const TOO_MANY: (&str, &str) = (
    "terlalu_banyak",
    "DUKCAPIL MUBA: Terlalu banyak SMS dari nomor ini. SMS berikutnya kami balas lagi dalam 1 jam. Dial *123# tetap bisa.",
);

/// How an edit was noticed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Noticed {
    ByChecker,
    /// The menu it leaves behind is the shipped one: the order of keys, a comment, another way to write it in YAML.
    SameMenu,
    ByTranscript,
    Harmless,
    NotAtAll,
}

struct Transcript {
    name: String,
    text: String,
    /// Waits for real time to pass: comes last.
    is_slow: bool,
}

#[test]
fn every_single_mistake_in_the_menu_is_noticed() {
    let begun = clock::monotonic();
    let judge = Judge::new(&MenuSource::shipped());
    let all = edits(&judge.shipped);
    assert!(all.len() >= 500, "{} edits", all.len());
    let judged = in_threads(all, async |edit| {
        let noticed = judge.judge(&edit).await;
        (edit, noticed)
    });
    let mut counts: BTreeMap<&str, BTreeMap<Noticed, usize>> = BTreeMap::new();
    for (edit, noticed) in &judged {
        *counts.entry(edit.kind).or_default().entry(*noticed).or_default() += 1;
    }
    println!("{}in {:.1?}", table(&counts), clock::monotonic().duration_since(begun));
    nothing_missed(&judge.shipped, &judged);
}

/// Nobody at the office may read Javanese. What was lost or misspelt in a language so that the page tells another number, code or promise, the
/// checker says; a sentence that says nothing of the kind is for its reviewer alone.
#[test]
fn a_slip_in_another_language_is_noticed() {
    let shipped = MenuSource::shipped();
    let fingerprint = config::check_menu(&shipped).unwrap().fingerprint();
    for language in WORDS + 1..shipped.files.len() {
        let slips = slips(&shipped, language);
        let is_missed = |edit: &&Edit| config::check_menu(&edit.source(&shipped)).is_ok_and(|menu| menu.fingerprint() != fingerprint);
        let missed: Vec<&Edit> = slips.iter().filter(is_missed).collect();
        let lines: Vec<String> = missed.iter().map(|edit| format!("{}: {} > {}", edit.kind, edit.before, edit.after)).collect();
        println!("{} of {} slips in {} missed", missed.len(), slips.len(), shipped.files[language].0);
        assert!(slips.len() >= 200 && missed.is_empty(), "{} slips, not noticed:\n{}", slips.len(), lines.join("\n"));
    }
}

/// Every edge of the flow, bent to another screen in a way that the checker cannot know to be wrong: a transcript walks it.
#[test]
fn every_edge_is_walked() {
    let judge = Judge::new(&MenuSource::shipped());
    let judged = in_threads(wrong_turns(&judge.shipped), async |turns| {
        let plausible = turns.into_iter().find(|edit| checked(&edit.source(&judge.shipped)).is_some());
        match plausible {
            Some(edit) => {
                let noticed = judge.judge(&edit).await;
                Some((edit, noticed))
            }
            None => None,
        }
    });
    let (edges, bent) = (judged.len(), judged.iter().flatten().count());
    println!("{bent} of {edges} edges bent; the checker guards the others");
    assert!(bent * 2 > edges, "{bent} of {edges}");
    nothing_missed(&judge.shipped, &judged.into_iter().flatten().collect::<Vec<_>>());
}

fn nothing_missed(shipped: &MenuSource, judged: &[(Edit, Noticed)]) {
    let missed = judged.iter().filter(|(_, noticed)| *noticed == Noticed::NotAtAll);
    let mut lines: Vec<String> = missed
        .map(|(edit, _)| {
            format!("{}:{}: {}\n  - {}\n  + {}", shipped.files[edit.file].0, edit.line + 1, edit.kind, edit.before, edit.after)
        })
        .collect();
    lines.sort();
    assert!(lines.is_empty(), "not noticed:\n{}", lines.join("\n"));
}

/// Threads, because what plays a transcript stays on its own.
fn in_threads<T: Send, J: Send>(work: Vec<T>, judge: impl AsyncFn(T) -> J + Sync) -> Vec<J> {
    let queue = Mutex::new(work.into_iter());
    let judged = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
                loop {
                    let Some(item) = queue.lock().unwrap().next() else { break };
                    let done = runtime.block_on(judge(item));
                    judged.lock().unwrap().push(done);
                }
            });
        }
    });
    judged.into_inner().unwrap()
}

/// The menu, if the checker finds nothing. In its first language alone first, which takes a third of the time and finds nearly everything.
fn checked(source: &MenuSource) -> Option<Menu> {
    let (flow, words) = (&source.files[FLOW], &source.files[WORDS]);
    let alone = flow.1.replacen("languages: [id, plm, jav]", "languages: [id]", 1);
    if alone != flow.1 {
        let files = vec![(flow.0.clone(), alone), words.clone()];
        config::check_menu(&MenuSource { files, published: source.published.clone() }).ok()?;
    }
    config::check_menu(source).ok()
}

struct Judge {
    shipped: MenuSource,
    fingerprint: u32,
    transcripts: Vec<Transcript>,
    hints: Hints,
}

impl Judge {
    fn new(shipped: &MenuSource) -> Self {
        Self {
            shipped: shipped.clone(),
            fingerprint: config::check_menu(shipped).unwrap().fingerprint(),
            transcripts: transcripts(),
            hints: Hints::new(shipped),
        }
    }

    async fn judge(&self, edit: &Edit) -> Noticed {
        let source = edit.source(&self.shipped);
        let Some(edited) = checked(&source) else { return Noticed::ByChecker };
        if edited.fingerprint() == self.fingerprint {
            return Noticed::SameMenu;
        }
        if TROUBLE.iter().any(|(notice, text)| edited.notice(*notice, Reader::default()) != *text) {
            return Noticed::ByTranscript;
        }
        let (name, text) = TOO_MANY;
        if edited.message(Reader::default(), name, &[]).is_none_or(|message| message != text) {
            return Noticed::ByTranscript;
        }
        if HARMLESS.iter().any(|(file, before, after, _)| is_of(edit, *file, before, after)) {
            return Noticed::Harmless;
        }
        for transcript in self.likeliest_first(edit) {
            let menu = |absent: &[&str]| match absent {
                [] => Ok(edited.clone()),
                absent => config::check_menu_without(&source, absent).map_err(|error| error.to_string()),
            };
            let start = async |givens: &Givens| rehearsal::start_with(givens, &menu).await;
            if transcript::run(&transcript.text, &transcript.name, Mode::Check, start).await.is_err() {
                return Noticed::ByTranscript;
            }
        }
        Noticed::NotAtAll
    }

    fn likeliest_first(&self, edit: &Edit) -> Vec<&Transcript> {
        let wanted = self.hints.of(edit);
        let mut order: Vec<&Transcript> = self.transcripts.iter().collect();
        order.sort_by_cached_key(|transcript| {
            let hits = wanted.iter().filter(|hint| transcript.text.contains(hint.as_str())).count();
            (transcript.is_slow, Reverse(hits), transcript.text.len())
        });
        order
    }
}

fn is_of(edit: &Edit, file: usize, before: &str, after: &str) -> bool {
    edit.file == file && edit.before.contains(before) && edit.after.contains(after)
}

fn transcripts() -> Vec<Transcript> {
    let paths = std::fs::read_dir("tests/transcripts").unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let is_slow = ["given registry late", "given channel infobip"].iter().any(|knob| text.contains(knob));
        Transcript { name: path.display().to_string(), text, is_slow }
    };
    paths.map(read).collect()
}

/// Words by which to guess the transcript that notices first. A wrong guess costs time, nothing else.
struct Hints {
    files: Files,
    /// The first words of each screen's text.
    words: HashMap<String, String>,
}

impl Hints {
    fn new(shipped: &MenuSource) -> Self {
        let files = Files::new(shipped, WORDS);
        let mut words = HashMap::new();
        let mut screen = String::new();
        let lines = &files.lines[WORDS];
        for (at, line) in lines.iter().enumerate() {
            if let Some(name) = make::screen_name(line) {
                name.clone_into(&mut screen);
            } else if let Some(text) = line.strip_prefix("    text: ") {
                let text = if text == "|" { lines[at + 1].trim() } else { text };
                words.insert(screen.clone(), longest_literal(text));
            }
        }
        Self { files, words }
    }

    fn of(&self, edit: &Edit) -> Vec<String> {
        if edit.file == WORDS {
            return vec![longest_literal(edit.before.split_once(": ").map_or(edit.before.as_str(), |(_, value)| value))];
        }
        let lines = &self.files.lines[FLOW];
        let screen = lines[..=edit.line].iter().rev().find_map(|line| make::screen_name(line));
        let named = edit.before.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        screen.into_iter().chain(named).filter_map(|name| self.words.get(name).cloned()).collect()
    }
}

fn longest_literal(text: &str) -> String {
    let parts = text.split(['{', '}', '"', '|', '>']).map(str::trim);
    parts.max_by_key(|part| part.len()).unwrap_or_default().to_owned()
}

fn table(counts: &BTreeMap<&str, BTreeMap<Noticed, usize>>) -> String {
    let columns = [
        (Noticed::ByChecker, "checker"),
        (Noticed::ByTranscript, "transcript"),
        (Noticed::SameMenu, "same menu"),
        (Noticed::Harmless, "harmless"),
        (Noticed::NotAtAll, "missed"),
    ];
    let mut table = format!("{:26}", "");
    table.extend(columns.map(|(_, name)| format!("{name:>12}")));
    let mut sums: BTreeMap<Noticed, usize> = BTreeMap::new();
    for (kind, row) in counts {
        table.push_str(&format!("\n{kind:26}"));
        for (noticed, _) in columns {
            let count = row.get(&noticed).copied().unwrap_or(0);
            *sums.entry(noticed).or_default() += count;
            table.push_str(&format!("{count:>12}"));
        }
    }
    table.push_str(&format!("\n{:26}", "all"));
    table.extend(columns.map(|(noticed, _)| format!("{:>12}", sums.get(&noticed).copied().unwrap_or(0))));
    table + "\n"
}
