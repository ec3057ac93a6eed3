//! The demo: fake citizens covering every status, brought in by the real import, on a fresh store.

mod channels;

pub use channels::{other_channel, other_channels, others};

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use crate::channel::{ChannelSettings, HttpChannel, Profile, RouteSettings, Routes};
use crate::citizen::{DialString, Msisdn, MsisdnError};
use crate::clock::{Clock, Day};
use crate::config::{self, ConfigError, Parts};
use crate::due;
use crate::gateway;
use crate::intake::{self, BadRows};
use crate::outbox::{Carrier, Fakes, Limits, Settings, Way};
use crate::registry::Status;
use crate::server::Desk;
use crate::service::ktp::Generation;
use crate::service::officer::{Officer, Role, Roster};
use crate::service::outreach::{self, Coordinator, Reach};
use crate::service::place::Places;
use crate::service::{Office, Registry};
use crate::simulator::aggregator::Aggregator;
use crate::simulator::web::{self, Play, Setup};
use crate::simulator::{self, Courier, Line, SmsLine, Telco};
use crate::store::seal::Keys;
use crate::store::{Draft, Field, Store};

/// Channels of the demo: name and profile.
pub const CHANNELS: [(&str, &str); 5] = [
    ("africastalking", "africastalking-ussd"),
    ("africastalking-sms", "africastalking-sms"),
    ("infobip", "infobip-ussd"),
    ("kannel", "kannel-sms"),
    ("telkomsel", "telkomsel-cp"),
];
/// By which messages reach the demo's phones, unless they belong to another channel that carries messages.
const PHONES: &str = "kannel";
/// Who answers in the demo. Nobody's numbers.
const OFFICERS: [(&str, Role); 5] = [
    ("+6281200099001", Role::Officer),
    ("+6281200099002", Role::Officer),
    ("+6281200099003", Role::Supervisor),
    ("+6281200099004", Role::Head),
    ("+6281200099005", Role::Inspector),
];
/// Who passes news on in the demo: of Muara Medak, and of all Bayung Lencir.
const COORDINATORS: [(&str, &str); 2] = [("+6281200099101", "16.06.09.2015"), ("+6281200099102", "16.06.09")];
/// What they have ready to say.
const CANNED: [(&str, &str); 2] = [
    ("syarat", "Bawa KK asli ke kantor camat atau Dukcapil Sekayu, hari kerja jam 08-15. GRATIS."),
    ("tutup", "Terima kasih sudah memberi tahu. Sudah kami selesaikan."),
];
/// More than this many fake citizens have no different fake NIK left.
pub const CITIZENS_MAX: u32 = 1_000_000;
/// Made-up offices beside the real ones, for load tests.
pub const EXTRA_PLACES_MAX: u16 = 1_500;
const FIRST_EXTRA_PLACE: u16 = 1_000;

/// A made-up person. The serial of the NIK is 9999 or 9998, which no real one is expected to have.
#[derive(Clone, Debug)]
pub struct FakeCitizen {
    pub nik: String,
    pub kk4: String,
    pub status: Status,
    place: String,
    day: Day,
}

/// Person number `at` of the demo: the same one every time.
pub fn citizen(at: u32, places: &[String], today: Day) -> FakeCitizen {
    let statuses = Status::all();
    // 30 areas × 28 days × 12 months × 50 years × 2 serials are a million persons; the order is shuffled by large steps.
    let shuffled = u64::from(at) * 7_919_317 % u64::from(CITIZENS_MAX);
    let serial = 9_998 + shuffled % 2;
    let area = 1 + shuffled / 2 % 15;
    let woman = shuffled / 30 % 2;
    let day = 1 + shuffled / 60 % 28;
    let month = 1 + shuffled / 1_680 % 12;
    let year = 1_955 + shuffled / 20_160 % 50;
    let at = usize::try_from(at).unwrap_or(0);
    FakeCitizen {
        nik: format!("1606{area:02}{:02}{month:02}{:02}{serial}", day + 40 * woman, year % 100),
        kk4: format!("{:04}", shuffled * 37 % 9_973),
        status: statuses[at % statuses.len()],
        place: places.get(at % places.len().max(1)).cloned().unwrap_or_default(),
        day: today.plus(-i32::try_from(1 + at % 60).unwrap_or(1)),
    }
}

/// The places file, with made-up offices added and the seats changed.
pub fn places(seats: Option<u16>, extra: u16) -> Result<Places, ConfigError> {
    let mut file = config::PLACES.to_owned();
    if let Some(seats) = seats {
        file =
            file.lines().map(|line| if line.starts_with("seats =") { format!("seats = {seats}\n") } else { format!("{line}\n") }).collect();
    }
    for at in 0..extra {
        // Writing to a String cannot fail.
        let _infallible = writeln!(file, "[[place]]\nid = {}\nname = \"Pos {:04}\"", FIRST_EXTRA_PLACE + at, at + 1);
    }
    Places::parse(&file, config::HOLIDAYS, config::AREAS).map_err(|error| ConfigError(vec![error.to_string()]))
}

/// Everything the demo runs on but its store: embedded menus, the channels without secrets, messages shown instead of sent.
///
/// # Errors
/// If an embedded file is wrong, which the tests rule out.
pub fn parts(places: Places) -> Result<Parts, ConfigError> {
    let menu = config::menu()?;
    let words = config::words()?;
    let mut channels = Vec::new();
    for (name, profile) in CHANNELS {
        let wrong = |problems: Vec<crate::channel::Problem>| ConfigError(problems.iter().map(ToString::to_string).collect());
        let settings = ChannelSettings::open(profile);
        let profile = Profile::shipped(profile).ok_or_else(|| ConfigError(vec![format!("no profile {profile}")]))?.map_err(wrong)?;
        channels.push(HttpChannel::new(name, &profile, settings).map_err(wrong)?);
    }
    let service_code = DialString::parse("*123#").map_err(|error| ConfigError(vec![error.to_string()]))?;
    let requirements = config::read_requirements("gateway-config/muba/requirements.csv", config::REQUIREMENTS)?;
    let names: Vec<_> = CHANNELS.iter().filter(|(_, profile)| !profile.ends_with("-ussd")).map(|(name, _)| (*name).to_owned()).collect();
    let carriers = names.iter().map(|name| Carrier { name: name.clone(), way: Way::Phone, limits: Limits::default() }).collect();
    let routes =
        Routes::new(names, &RouteSettings { default: Some(PHONES.to_owned()), ..RouteSettings::default() }).map_err(ConfigError)?;
    let officer = |(number, role)| Ok(Officer { number: Msisdn::parse(number)?, role, districts: Vec::new(), hours: None });
    let officers: Result<_, MsisdnError> = OFFICERS.into_iter().map(officer).collect();
    let canned = CANNED.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let officers = Roster::new(officers.map_err(|error| ConfigError(vec![error.to_string()]))?).with_words(canned.into());
    let office = Office {
        places,
        requirements,
        registry: Registry::File,
        routes,
        officers,
        offers_to_go_on: false,
        outreach: outreach::Settings::default(),
    };
    let sending = Settings { fakes: Fakes::Send, ..Settings::default() };
    Ok(Parts { menu, words, office, channels, carriers, sending, service_code, due: due::Settings::default() })
}

/// The key file beside the data folder: made on the first start, used again on the next.
///
/// # Errors
/// If it cannot be read or written.
pub fn keys(path: &Path, data: &Path) -> Result<Keys, ConfigError> {
    if !path.exists() {
        write_secret(path, &Keys::generate().map_err(|error| ConfigError(vec![error.to_string()]))?.to_text())
            .map_err(|error| ConfigError(vec![format!("{}: {error}", path.display())]))?;
    }
    config::read_keys(path, data)
}

/// Writes a file that only its owner may read, and fails if it is there already: keys are never written over.
///
/// # Errors
/// Of the file system.
pub fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Names of the offices a fake citizen's card may lie at.
pub fn place_names(places: &Places) -> Vec<String> {
    places.districts().chain(places.capital()).map(|place| place.name.clone()).collect()
}

/// Brings the fake citizens in, through a CSV and the same import that an office uses. Does nothing if they are there.
///
/// # Errors
/// If the import fails.
pub async fn import(store: &Store, names: &[String], count: u32, clock: &Clock) -> anyhow::Result<()> {
    let today = clock.now().day();
    let there: Option<Generation> = Draft::new(store).peek(&Generation::key()).await?;
    if there.is_some_and(|generation| generation.rows == u64::from(count)) {
        return Ok(());
    }
    // The rows stand in clear in this file: it lies in the temporary folder, has no name any more while it is read, and is gone with it.
    let mut file = unnamed_file()?;
    {
        let mut out = io::BufWriter::new(&mut file);
        writeln!(out, "nik,kk4,status,tanggal,tempat")?;
        for at in 0..count {
            let person = citizen(at, names, today);
            writeln!(out, "{},{},{},{},{}", person.nik, person.kk4, person.status.code(), person.day, person.place)?;
        }
        out.flush()?;
    }
    io::Seek::rewind(&mut file)?;
    let report = intake::import(store, &mut file, today, BadRows::Refuse).await?;
    anyhow::ensure!(report.counts.bad == 0, "{} of the demo's own rows are bad: {:?}", report.counts.bad, report.bad.first());
    Ok(())
}

/// The demo's coordinators, as if they had said yes.
///
/// # Errors
/// If the store fails.
pub async fn enrol(store: &Store, clock: &Clock) -> anyhow::Result<()> {
    for (number, area) in COORDINATORS {
        enrol_one(store, number, area, clock).await?;
    }
    Ok(())
}

/// One more of them.
///
/// # Errors
/// If there is no such number or area, or the store fails.
pub async fn enrol_one(store: &Store, number: &str, area: &str, clock: &Clock) -> anyhow::Result<()> {
    let number = Msisdn::parse(number)?;
    let reach = Reach::of_code(area).ok_or_else(|| anyhow::anyhow!("there is no {area}"))?;
    let mut draft = Draft::new(store);
    let key = Coordinator::key(store.hash(Field::Number, &number.number().to_be_bytes()));
    draft.put(key, &Coordinator::active(number, reach, clock.now()))?;
    store.commit(draft.into_batch()).await.map_err(|error| anyhow::anyhow!("{error:?}"))
}

fn unnamed_file() -> io::Result<std::fs::File> {
    let random = getrandom::u64().map_err(io::Error::other)?;
    let path = std::env::temp_dir().join(format!("kentongan-demo-{random:016x}.csv"));
    let file = std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// The demo's people, and what its places were told.
#[derive(Clone, Debug)]
pub struct People {
    pub count: u32,
    /// Names of the places that cards come to.
    pub places: Vec<String>,
    /// Seats in each window, if not the usual ones.
    pub seats: Option<u16>,
}

impl People {
    /// What a transcript gives its gateway, so that it knows of the people among these words what the demo does.
    fn givens(&self, typed: &[&str], today: Day) -> Vec<String> {
        let words: HashSet<&str> = typed.iter().flat_map(|typed| typed.split(|c: char| !c.is_ascii_digit())).collect();
        let people = (0..self.count).map(|at| citizen(at, &self.places, today)).filter(|person| words.contains(person.nik.as_str()));
        let rows =
            people.map(|FakeCitizen { nik, kk4, status, day, place }| format!("citizen {nik} {kk4} {} {day} {place}", status.code()));
        self.seats.map(|seats| format!("seats {seats}")).into_iter().chain(rows).collect()
    }
}

/// What stands below `/sim`: who can be looked up, and phones that are connected with the gateway that listens there.
///
/// # Errors
/// Without a telco whose bytes the phones speak, which [`CHANNELS`] rules out.
pub fn desk(people: People, listener: SocketAddr, hold: watch::Sender<bool>, clock: Clock) -> Result<Desk, simulator::Error> {
    let line = |(telco, channel): (Telco, String)| Line {
        url: web::url_of(listener),
        telco,
        channel,
        service_code: "*123#".to_owned(),
        clock: clock.clone(),
        secrets: Arc::default(),
    };
    let own = [(Telco::AfricasTalking, "africastalking".to_owned()), (Telco::Infobip, "infobip".to_owned())];
    let others = others().into_iter().filter_map(|(name, profile)| Some((Telco::of_profile(profile)?, name)));
    let lines = own.into_iter().chain(others).map(line).collect();
    let texting = Some(SmsLine { courier: Courier::Known(Aggregator::Kannel), channel: PHONES.to_owned(), secrets: Arc::default() });
    let people = Arc::new(people);
    let named = Arc::clone(&people);
    let today = clock.now().day();
    let play = Play { clock: clock.clone(), hold, givens: Box::new(move |typed| named.givens(typed, today)) };
    let phone = gateway::phone(Setup { lines, texting, play: Some(play) })?;
    let citizens = move || {
        let today = clock.now().day();
        let mut body = String::from("[");
        for at in 0..people.count {
            let person = citizen(at, &people.places, today);
            let comma = if at == 0 { "" } else { "," };
            let (nik, kk4, code, note) = (person.nik, person.kk4, person.status.code(), person.status.group());
            // Writing to a String cannot fail; every part is letters, digits and underscores.
            let _infallible = write!(body, "{comma}{{\"nik\":\"{nik}\",\"kk4\":\"{kk4}\",\"status\":\"{code}\",\"note\":\"{note}\"}}");
        }
        body.push(']');
        Bytes::from(body)
    };
    Ok(Desk::new(phone, Some(Box::new(citizens))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::citizen::Nik;

    #[test]
    fn fake_citizens_are_all_different_and_all_possible() {
        let today = Day::parse("2026-11-24").unwrap();
        let mut seen = HashSet::new();
        for at in 0..20_000 {
            let person = citizen(at, &["Kec. Lais".to_owned()], today);
            assert!(Nik::parse(&person.nik, today).is_ok(), "{}", person.nik);
            assert!(person.nik.ends_with("9999") || person.nik.ends_with("9998"));
            assert!(seen.insert(person.nik));
        }
    }
}
