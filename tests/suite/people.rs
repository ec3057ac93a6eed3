//! A day on which a thousand people want a human, and three answer: nobody is lost, nobody is without an answer or a promise that stands in the
//! records, and every figure of the report is that of a few plain lines over an export.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

use kentongan::channel::{Sender, SmsIn};
use kentongan::citizen::Msisdn;
use kentongan::clock::Timestamp;
use kentongan::demo::FakeCitizen;
use kentongan::report::{self, Line};
use kentongan::store::queue::Outgoing;
use kentongan::store::{Draft, Key, Space};
use kentongan::turn::SmsVia;
use serde_json::Value;

use crate::house::House;
use crate::recount::{self, AREAS, at};

const VIA: SmsVia<'static> = SmsVia { channel: "uji", answers_in_reply: false, sms: None };
const MINUTE: Duration = Duration::from_secs(60);
/// So many complain, and so many others ask for a human.
const EACH: u64 = 500;
const FIRST: u64 = 2_000;
/// Of both kinds in one minute; the day of a thousand is over at 15.20, twenty minutes after the office.
const A_MINUTE: u64 = 2;
/// Phones of the demo's officers who answer here.
const OFFICERS: [u64; 3] = [99_001, 99_002, 99_003];
/// What one officer can answer in a minute.
const ANSWERS_A_MINUTE: usize = 2;
const MINUTES_MAX: usize = 4 * 24 * 60;

fn number(at: u64) -> Msisdn {
    Msisdn::parse(&format!("+{}", 6_281_200_000_000 + at)).unwrap()
}

/// Every message that was left since the last look, by whom it is to.
struct Post {
    seen: BTreeSet<Key>,
}

impl Post {
    async fn look(&mut self, house: &House) -> Vec<Outgoing> {
        let rows = Draft::new(house.turns.store()).scan(Key::new(Space::Outgoing)..Key::after(Space::Outgoing), 100_000).await.unwrap();
        rows.into_iter().filter(|(key, _)| self.seen.insert(*key)).map(|(_, row)| row).collect()
    }
}

#[tokio::test]
async fn a_thousand_people_and_three_officers() {
    let house = House::new(12).await;
    let due = house.due();
    house.clock.set(Timestamp::parse("2026-11-30T07:00").unwrap());
    let mut post = Post { seen: BTreeSet::new() };
    let mut promised = BTreeMap::new();
    let mut told: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let mut tasks: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let mut tallied = Tallied::default();
    let mut came = 0;
    for minute in 0..MINUTES_MAX {
        house.clock.set(house.clock.now().plus(MINUTE));
        for _ in 0..A_MINUTE.min(2 * EACH - came) {
            let who = FIRST + came;
            promised.insert(who, ask(&house, who, came, &mut tallied).await);
            came += 1;
        }
        due.settle().await.unwrap();
        for message in post.look(&house).await {
            let to = message.to.number() % 100_000;
            match OFFICERS.contains(&to) {
                true => tasks.entry(to).or_default().push(message.text),
                false => told.entry(to).or_default().push(message.text),
            }
        }
        for cluster in tasks.entry(OFFICERS[2]).or_default().extract_if(.., |text| text.starts_with("EVALUASI")) {
            evaluate(&house, &code(&cluster)).await;
        }
        for officer in OFFICERS {
            for task in take(tasks.entry(officer).or_default()) {
                answer(&house, officer, &task, minute).await;
            }
        }
        if came == 2 * EACH && told.values().flatten().filter(|text| text.starts_with("PETUGAS DUKCAPIL")).count() >= promised.len() {
            break;
        }
    }

    let (store, places, now) = (house.turns.store(), &house.turns.office().places, house.clock.now());
    let lines = recount::exported(store, places, now);
    let tickets: Vec<&Value> = recount::of_space(&lines, "ticket");
    assert_eq!(tickets.len(), promised.len(), "a ticket for everybody");
    assert!(tickets.iter().all(|ticket| ticket["answered"].is_string()), "everybody was answered");
    for (who, page) in &promised {
        assert!(page.contains("DICATAT"), "{page}");
        let texts = told.get(who).map(Vec::as_slice).unwrap_or_default();
        let answers = texts.iter().filter(|text| text.starts_with("PETUGAS DUKCAPIL")).count();
        assert_eq!(answers, 1, "{who}: {texts:?}");
        // Whoever was promised an earlier time was told so.
        let ticket = tickets.iter().find(|ticket| ticket["number4"] == format!("{who:04}")).unwrap();
        let is_late = at(&ticket["answered"]) >= at(&ticket["due"]);
        let slips = texts.iter().filter(|text| text.contains("Maaf, ")).count();
        assert_eq!(slips, usize::from(is_late), "{who}: {ticket}");
    }
    recount::compare(store, places, now, &lines);
    tallied.compare(&house);
}

/// Every second one of both kinds looks for an appointment in their village first, by which the kecamatan is known. Gives the page that promises.
async fn ask(house: &House, who: u64, came: u64, tallied: &mut Tallied) -> String {
    if came.is_multiple_of(2) {
        let citizen = house.citizen(u32::try_from(came).unwrap());
        let (way, village) = (format!("2*{}*{}*1*4", citizen.nik, citizen.kk4), village(came));
        house.call(who, &format!("s{who}"), &way).await;
        house.call(who, &format!("s{who}"), &format!("{way}*{village}")).await;
        look_around(house, who, came, &citizen, tallied).await;
        house.clock.set(house.clock.now().plus(Duration::from_secs(3)));
    }
    let (choice, words) = if (came / 2).is_multiple_of(2) { (4, "antre lama") } else { (5, "perlu bantuan") };
    let first = house.call(who, &format!("d{who}"), "").await;
    let anew = if first.text.contains("Mulai baru") { "2*" } else { "" };
    house.call(who, &format!("d{who}"), &format!("{anew}{choice}*{words} {who}")).await;
    house.call(who, &format!("d{who}"), &format!("{anew}{choice}*{words} {who}*1")).await.text
}

/// Some look at a card, of whom some mistype the NIK first; some write, and not all of them anything that can be understood. All are of the
/// kecamatan by now that their village is in.
async fn look_around(house: &House, who: u64, came: u64, citizen: &FakeCitizen, tallied: &mut Tallied) {
    let sums = tallied.of.entry(district(&village(came))).or_default();
    let mut add = |what: &'static str| *sums.entry(what).or_default() += 1;
    house.clock.set(house.clock.now().plus(Duration::from_secs(3)));
    if came.is_multiple_of(6) {
        let is_slip = came.is_multiple_of(4);
        let slip = if is_slip { format!("{}*", &citizen.nik[..15]) } else { String::new() };
        if is_slip {
            house.call(who, &format!("c{who}"), &format!("1*{}", &citizen.nik[..15])).await;
        }
        house.call(who, &format!("c{who}"), &format!("1*{slip}{}*{}", citizen.nik, citizen.kk4)).await;
        add("begun");
        add("done");
        add(if is_slip { "four answers" } else { "three answers" });
        add("nik");
        for what in ["nik", "flawed"].into_iter().filter(|_| is_slip) {
            add(what);
        }
    }
    if came.is_multiple_of(8) {
        let text = if came.is_multiple_of(24) { "qwrtz plmkj" } else { "BANTUAN" };
        let sms = SmsIn {
            from: Sender::Citizen(number(who)),
            to: None,
            text: text.to_owned(),
            id: Some(format!("w{who}")),
            operator: None,
            part: None,
        };
        house.turns.sms(&sms, VIA).await.unwrap();
        add("sms");
        for what in ["puzzling"].into_iter().filter(|_| came.is_multiple_of(24)) {
            add(what);
        }
    }
}

/// What people did, as this test counts it.
#[derive(Default)]
struct Tallied {
    of: BTreeMap<u64, BTreeMap<&'static str, u64>>,
}

impl Tallied {
    /// Holds the figures of the report that are counted in memory against ours.
    fn compare(&self, house: &House) {
        let told = report::report(house.turns.store(), &house.turns.office().places, recount::scope(), house.clock.now()).unwrap();
        let mut compared = 0;
        for (district, sums) in &self.of {
            let place = house.turns.office().places.place(u16::try_from(*district).unwrap()).unwrap();
            let get = |what: &str| sums.get(what).copied().unwrap_or_default();
            let share = |part: &str, whole: &str| (get(part) as f64 * 1000.0 / get(whole) as f64).round() / 10.0;
            let median = if get("three answers") * 2 >= get("done") { 3.0 } else { 4.0 };
            // Everybody of them typed one more on the way to an appointment, before their kecamatan was known.
            for (indicator, of, value) in [
                ("M1", get("begun"), share("done", "begun")),
                ("M2", get("done"), median),
                ("M3", get("nik"), share("flawed", "nik")),
                ("M4", get("sms"), share("puzzling", "sms")),
            ] {
                let is_it = |line: &&Line| line.indicator == indicator && line.district == place.name && !line.name.ends_with("janji");
                let line = told.lines.iter().find(is_it);
                if let Some(line) = line.filter(|line| line.value.is_some()) {
                    assert_eq!((line.value, line.of), (Some(value), Some(of)), "{indicator} of {}", place.name);
                    compared += 1;
                } else {
                    // Hidden: of too few, or beside one of too few.
                    assert!(of == 0 || line.is_some_and(|line| line.of.is_none()), "{indicator} of {}: {line:?}", place.name);
                }
            }
        }
        assert!(compared > 20, "{compared}");
    }
}

/// Of a village by the list of areas.
fn district(village: &str) -> u64 {
    let line = AREAS.lines().find(|line| line.split(',').nth(2) == Some(village)).unwrap();
    line[6..8].parse().unwrap()
}

/// Villages whose name, by its letters, nothing else has.
static VILLAGES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let letters = |name: &str| name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
    let all = letters(AREAS);
    let villages = AREAS.lines().filter(|line| line.starts_with("16.06.") && line.split(',').nth(1) != Some("kecamatan"));
    let names = villages.filter_map(|line| line.split(',').nth(2));
    names.filter(|name| all.matches(&letters(name)).count() == 1).collect()
});

/// Of whoever came as this one.
pub(crate) fn village(came: u64) -> String {
    VILLAGES[usize::try_from(came * 7).unwrap() % VILLAGES.len()].to_owned()
}

fn take(tasks: &mut Vec<String>) -> Vec<String> {
    // What went to somebody else is not theirs any more.
    let gone: BTreeSet<String> = tasks.iter().filter(|text| text.contains("sudah ke petugas lain")).map(|text| code(text)).collect();
    tasks.retain(|text| !gone.contains(&code(text)) && ["KELUHAN", "MINTA", "KINI"].iter().any(|word| text.starts_with(word)));
    // Calls first: somebody waits.
    tasks.sort_by_key(|text| text.starts_with("KELUHAN"));
    tasks.drain(..tasks.len().min(ANSWERS_A_MINUTE)).collect()
}

fn code(text: &str) -> String {
    let is_code = |word: &&str| word.len() == 8 && word[1..].bytes().all(|byte| byte.is_ascii_digit());
    text.split([' ', ':']).find(is_code).unwrap_or_default().to_owned()
}

/// One in five complaints is answered without a word that it is done.
async fn answer(house: &House, officer: u64, task: &str, minute: usize) {
    let code = code(task);
    let settles = if code.ends_with(['0', '1']) { "" } else { "SELESAI " };
    let text = format!("{code} {settles}Silakan datang, kami bantu");
    let id = format!("{officer}-{code}-{minute}");
    let sms = SmsIn { from: Sender::Citizen(number(officer)), to: None, text, id: Some(id), operator: None, part: None };
    house.turns.sms(&sms, VIA).await.unwrap();
}

/// Every second cluster is evaluated.
async fn evaluate(house: &House, code: &str) {
    if code.ends_with(['0', '2', '4', '6', '8']) {
        let text = format!("{code} EVALUASI satu loket; tambah loket; 15-12-2026");
        let sms =
            SmsIn { from: Sender::Citizen(number(OFFICERS[2])), to: None, text, id: Some(format!("e{code}")), operator: None, part: None };
        house.turns.sms(&sms, VIA).await.unwrap();
    }
}
