//! A month of bookings, reminders, holidays, Fridays, restarts, sleeps and wrong clocks, with every message counted against a plain model of
//! who should have been asked.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use kentongan::citizen::Msisdn;
use kentongan::clock::{Day, Timestamp, Weekday};
use kentongan::store::queue::{Class, Outgoing};
use kentongan::store::seal::Keys;
use kentongan::store::{Draft, Key, Settings, Space, Store};

use crate::house::House;

const KEYS: &str = "hash AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\nseal 1 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n";
const HOLIDAYS: &str = include_str!("../../gateway-config/muba/holidays.csv");
const FROM: &str = "2026-12-07T00:00";
const UNTIL: &str = "2027-01-10T00:00";
const STEP: Duration = Duration::from_secs(1800);
const MINUTE: Duration = Duration::from_secs(60);

/// What is done to the machine, by its own clock.
const TROUBLE: [(&str, Trouble); 9] = [
    ("2026-12-09T15:00", Trouble::OffUntil("2026-12-09T17:30")),
    ("2026-12-10T15:30", Trouble::OffUntil("2026-12-10T20:30")),
    ("2026-12-14T12:00", Trouble::AsleepUntil("2026-12-14T18:30")),
    ("2026-12-16T10:00", Trouble::ClockSetTo("2026-12-17T10:00")),
    ("2026-12-21T18:00", Trouble::ClockSetTo("2026-12-21T16:00")),
    ("2026-12-22T15:30", Trouble::ClockSetTo("2026-12-22T13:00")),
    ("2026-12-28T16:00", Trouble::OffUntil("2026-12-28T16:00")),
    ("2026-12-29T20:00", Trouble::ClockSetTo("2026-12-28T17:00")),
    ("2027-01-04T15:00", Trouble::AsleepUntil("2027-01-06T09:00")),
];

#[derive(Clone, Copy)]
enum Trouble {
    /// The store is closed and opened again.
    OffUntil(&'static str),
    AsleepUntil(&'static str),
    ClockSetTo(&'static str),
}

/// A booking as the citizen knows it.
struct Planned {
    number: u64,
    day: Day,
    made: Timestamp,
    is_active: bool,
    is_reminded: bool,
}

#[tokio::test]
async fn everybody_is_asked_once_the_day_before_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut month = Month::new(folder.path()).await;
    let mut trouble = TROUBLE.iter().peekable();
    while month.now < at(UNTIL) {
        if let Some((when, what)) = trouble.peek()
            && at(when) <= month.now
        {
            month = month.suffer(*what).await;
            trouble.next();
        }
        month.step().await;
        month.now = month.now.plus(STEP);
    }
    month.count().await;
}

struct Month<'f> {
    folder: &'f Path,
    house: House,
    now: Timestamp,
    /// The latest time the machine has shown.
    highest: Timestamp,
    planned: BTreeMap<String, Planned>,
    proofs: BTreeMap<String, usize>,
    reminders: BTreeMap<String, Vec<Day>>,
    /// The day that was asked about last.
    swept: Option<Day>,
    dice: u64,
    people: u32,
}

impl<'f> Month<'f> {
    async fn new(folder: &'f Path) -> Self {
        let now = at(FROM);
        Self {
            folder,
            house: open(folder, now).await,
            now,
            highest: now,
            planned: BTreeMap::new(),
            proofs: BTreeMap::new(),
            reminders: BTreeMap::new(),
            swept: None,
            dice: 7,
            people: 0,
        }
    }

    async fn suffer(mut self, trouble: Trouble) -> Self {
        match trouble {
            Trouble::OffUntil(until) => {
                self.house.turns.keep_high_water().await.unwrap();
                self.house.turns.store().close();
                drop(self.house);
                self.now = at(until);
                self.house = open(self.folder, self.now).await;
            }
            Trouble::AsleepUntil(until) => self.now = at(until),
            Trouble::ClockSetTo(to) => self.now = at(to),
        }
        self
    }

    /// Half an hour: what is due first, then what citizens do.
    async fn step(&mut self) {
        self.house.clock.set(self.now);
        self.house.due().settle().await.unwrap();
        self.expect_reminders();
        self.highest = self.highest.max(self.now);
        let (hour, _) = self.now.hour_minute();
        let is_sound = self.now.plus(5 * MINUTE) >= self.highest;
        if (6..22).contains(&hour) && is_sound {
            match self.roll(8) {
                0..=2 => self.book().await,
                3 => self.cancel().await,
                4 => self.move_over().await,
                _ => {}
            }
        }
    }

    /// The model: between four and eight, whoever has an appointment tomorrow that was made before four, unless tomorrow was asked about
    /// before, or the clock is not to be believed.
    fn expect_reminders(&mut self) {
        let (hour, _) = self.now.hour_minute();
        let tomorrow = self.now.day().plus(1);
        let is_sound = self.now.plus(5 * MINUTE) >= self.highest;
        if !(16..20).contains(&hour) || !is_sound || self.swept >= Some(tomorrow) {
            return;
        }
        self.swept = Some(tomorrow);
        for (code, planned) in &mut self.planned {
            if planned.is_active && planned.day == tomorrow && planned.made < Timestamp::wib(self.now.day(), 16, 0) && !planned.is_reminded
            {
                planned.is_reminded = true;
                self.reminders.entry(code.clone()).or_default().push(tomorrow);
            }
        }
    }

    async fn book(&mut self) {
        let person = self.house.citizen(self.people);
        let number = u64::from(self.people);
        self.people += 1;
        let window = 1 + self.roll(15);
        let path = format!("2*{}*{}*1*2*{window}", person.nik, person.kk4);
        let page = self.answer(number, "book", &path).await;
        assert!(page.contains("1 YA"), "{}: {page}", self.now);
        let page = self.answer(number, "book", &format!("{path}*1")).await;
        let (code, day) = (code_on(&page), day_on(&page));
        self.planned.insert(code.clone(), Planned { number, day, made: self.house.clock.now(), is_active: true, is_reminded: false });
        *self.proofs.entry(code).or_default() += 1;
    }

    async fn cancel(&mut self) {
        let Some(code) = self.somebody() else { return };
        let number = self.planned[&code].number;
        let page = self.answer(number, "cancel", "2*1*1").await;
        assert!(page.contains("1 YA"), "{page}");
        let page = self.answer(number, "cancel", "2*1*1*1").await;
        assert!(page.contains("DIBATALKAN"), "{page}");
        self.planned.get_mut(&code).unwrap().is_active = false;
    }

    async fn move_over(&mut self) {
        let Some(code) = self.somebody() else { return };
        let number = self.planned[&code].number;
        let path = format!("2*1*2*{}", 1 + self.roll(15));
        let page = self.answer(number, "move", &path).await;
        if page.contains("TETAP") {
            return;
        }
        assert!(page.contains("1 YA"), "{page}");
        let page = self.answer(number, "move", &format!("{path}*1")).await;
        let planned = self.planned.get_mut(&code).unwrap();
        (planned.day, planned.is_reminded) = (day_on(&page), false);
        assert_eq!(code_on(&page), code, "{page}");
        *self.proofs.entry(code).or_default() += 1;
    }

    /// Some booking that lies ahead, tomorrow's more often than others.
    fn somebody(&mut self) -> Option<String> {
        let today = self.now.day();
        let ahead = |within: i32| {
            let codes = self
                .planned
                .iter()
                .filter(move |(_, planned)| planned.is_active && planned.day > today && planned.day <= today.plus(within));
            codes.map(|(code, _)| code.clone()).collect::<Vec<_>>()
        };
        let (tomorrow, all) = (ahead(1), ahead(60));
        let from = if self.roll(2) == 0 && !tomorrow.is_empty() { tomorrow } else { all };
        if from.is_empty() { None } else { from.get(self.roll(from.len())).cloned() }
    }

    /// Each key a few seconds after the one before.
    async fn answer(&mut self, number: u64, dialogue: &str, path: &str) -> String {
        self.house.clock.set(self.house.clock.now().plus(Duration::from_secs(5)));
        let dialogue = format!("{dialogue}-{}", self.now.millis());
        self.house.call(number, &dialogue, path).await.text
    }

    /// Numerical Recipes' generator: the same month every time.
    fn roll(&mut self, sides: usize) -> usize {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.dice >> 33).unwrap() % sides
    }

    async fn count(self) {
        let rows = Draft::new(self.house.turns.store())
            .scan::<Outgoing>(Key::new(Space::Outgoing)..Key::after(Space::Outgoing), usize::MAX)
            .await
            .unwrap();
        let mut proofs: BTreeMap<String, usize> = BTreeMap::new();
        let mut reminders: BTreeMap<String, Vec<Day>> = BTreeMap::new();
        for (_, row) in rows {
            let to = Msisdn::parse(&format!("+{}", 6_281_200_000_000 + self.planned[&row.reference].number)).unwrap();
            assert_eq!(row.to, to);
            match row.class {
                Class::Reply => *proofs.entry(row.reference).or_default() += 1,
                Class::Reminder => {
                    let (hour, _) = row.at.hour_minute();
                    assert!((16..20).contains(&hour), "{} at {}", row.text, row.at);
                    assert!(row.text.contains("Besok janji") && row.text.contains(&row.reference), "{}", row.text);
                    assert_eq!(row.until, Some(Timestamp::wib(row.at.day(), 20, 0)));
                    reminders.entry(row.reference).or_default().push(row.at.day().plus(1));
                }
                Class::Owed | Class::Notice | Class::Bulk => panic!("{}", row.text),
            }
        }
        reminders.values_mut().for_each(|days| days.sort_unstable());
        let (many, asked, twice) =
            (self.planned.len(), reminders.values().map(Vec::len).sum::<usize>(), reminders.values().filter(|days| days.len() > 1).count());
        assert_eq!(proofs, self.proofs);
        assert_eq!(reminders, self.reminders);
        assert!(
            many > 150 && asked > 80 && twice > 0,
            "too little happens: {many} bookings, {asked} reminders, {twice} bookings asked about twice"
        );
        for planned in self.planned.values() {
            let is_holiday = HOLIDAYS.lines().any(|line| line.starts_with(&planned.day.to_string()));
            assert!(!is_holiday && !matches!(planned.day.weekday(), Weekday::Saturday | Weekday::Sunday), "{}", planned.day);
        }
        // Days on whose eve the machine was off, asleep or jumped over four to eight: nobody was asked.
        for day in ["2026-12-11", "2026-12-17", "2027-01-05", "2027-01-06"] {
            let day = Day::parse(day).unwrap();
            assert!(reminders.values().flatten().all(|asked| *asked != day), "{day}");
        }
        // Late, but before eight.
        for day in ["2026-12-10", "2026-12-15", "2026-12-22", "2026-12-23", "2026-12-29"] {
            let day = Day::parse(day).unwrap();
            assert!(reminders.values().flatten().any(|asked| *asked == day), "{day}");
        }
    }
}

async fn open(folder: &Path, now: Timestamp) -> House {
    let house = House::on(Store::open(folder, &Keys::parse(KEYS).unwrap(), Settings::default()).unwrap().0, 8).await;
    house.clock.set(now);
    house
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn code_on(page: &str) -> String {
    let code = page.split_whitespace().find(|word| word.len() == 8 && word[1..].bytes().all(|byte| byte.is_ascii_digit()));
    code.unwrap_or_else(|| panic!("no code: {page}")).to_owned()
}

/// The first line like `Sel 01 Des jam 08-10`.
fn day_on(page: &str) -> Day {
    let line = page.lines().find(|line| line.contains(" jam ")).unwrap_or_else(|| panic!("no day: {page}"));
    let mut words = line.split(' ').skip(1);
    let (number, month) = (words.next().unwrap(), words.next().unwrap());
    let (year, month) = match month {
        "Des" => (2026, 12),
        "Jan" => (2027, 1),
        "Feb" => (2027, 2),
        other => panic!("{other}"),
    };
    Day::parse(&format!("{year}-{month:02}-{number}")).unwrap()
}
