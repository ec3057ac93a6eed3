//! Every shipped profile against the simulator, which reads the same papers and none of our code: a phone dials through it, goes on,
//! comes to an end and hangs up; a message gets its answer; a report says what it says; who signs otherwise is refused.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use kentongan::channel::{About, ChannelSettings, DeliveryStatus, HttpChannel, Inbound, Profile, Request, Sender};
use kentongan::citizen::Msisdn;
use kentongan::clock::{self, Clock, Timestamp};
use kentongan::demo::{self, FakeCitizen, People};
use kentongan::gateway;
use kentongan::simulator::aggregator::{Fate, FromPhone};
use kentongan::simulator::client::{Address, Connection};
use kentongan::simulator::courier::{self, Courier};
use kentongan::simulator::telco::Place;
use kentongan::simulator::{Handset, Line, Screen, Secrets, Telco};
use kentongan::store::Store;
use kentongan::store::seal::Keys;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

/// Profiles that no simulator speaks, and why not. The list can only shrink.
const UNSPOKEN: [(&str, &str); 9] = [
    ("diginov", "how its reports come is not told, and nothing else comes in"),
    ("kairosafrika", "one request is known, and not how a dialogue goes on or ends"),
    ("movilgate", "what a message looks like is not in the papers"),
    ("netcore", "its numbers have neither a zero nor a country before them, as only in India: here they would be foreign ones"),
    ("rajasms", "nothing comes in"),
    ("redrabbit", "nothing comes in"),
    ("tcastsms", "nothing comes in"),
    ("telkomsel-direct", "the names in what comes in are not public"),
    ("zenziva", "its inbox is asked for; nothing comes in"),
];
/// A demo citizen of this status may ask to be told, which ends a dialogue.
const WAITING: &str = "SENT_FOR_ENROLLMENT";
/// Enough that each format gets a waiting citizen of its own.
const PEOPLE: u32 = 2_000;
/// From a number to another that has never called.
const ANOTHER: usize = 1_000;
/// What forms, JSON and XML each write otherwise.
const ODD: &str = "KTP & <50%> \"1+1=2\" ya; 'sdh' ~ # * / \\ ?";
const SMS_WAIT: Duration = Duration::from_secs(5);

struct Gateway {
    address: SocketAddr,
    clock: Clock,
    waiting: Vec<FakeCitizen>,
    _running: oneshot::Sender<()>,
}

/// The demo as it is started, and these channels beside its own.
async fn started(channels: impl FnOnce(SocketAddr) -> Vec<HttpChannel>) -> Gateway {
    let clock = Clock::running_from(Timestamp::parse("2026-11-30T09:00").unwrap());
    let places = demo::places(None, 0).unwrap();
    let people = People { count: PEOPLE, places: demo::place_names(&places), seats: None };
    let store = Arc::new(Store::memory(&Keys::generate().unwrap()));
    demo::import(&store, &people.places, people.count, &clock).await.unwrap();
    let today = clock.now().day();
    let all = (0..PEOPLE).map(|at| demo::citizen(at, &people.places, today));
    let waiting = all.filter(|person| person.status.code() == WAITING).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut parts = demo::parts(places).unwrap();
    parts.channels.extend(channels(address));
    let desk = demo::desk(people, address, watch::Sender::new(false), clock.clone()).unwrap();
    let gateway = gateway::assemble(parts, store, clock.clone(), Some(desk)).await.unwrap();
    let (running, stopped) = oneshot::channel::<()>();
    tokio::spawn(gateway::run(gateway, vec![listener.into()], async move {
        let _stopped = stopped.await;
    }));
    Gateway { address, clock, waiting, _running: running }
}

/// The name of each shipped profile's channel in the demo.
fn channels() -> Vec<(String, &'static str)> {
    let own = demo::CHANNELS.map(|(name, profile)| (name.to_owned(), profile));
    own.into_iter().chain(demo::others()).collect()
}

fn number(at: usize) -> String {
    format!("+62812000{:05}", 70_000 + at)
}

impl Gateway {
    fn handset(&self, telco: Telco, channel: &str, at: usize, secrets: Secrets) -> Handset {
        let line = Line {
            url: format!("http://{}", self.address),
            telco,
            channel: channel.to_owned(),
            service_code: "*123#".to_owned(),
            clock: self.clock.clone(),
            secrets: Arc::new(secrets),
        };
        Handset::new(line, &number(at)).unwrap()
    }

    /// Main menu, a next page, an end; in a second dialogue a hang-up; and from another number what was dialled goes deeper.
    async fn dials(&self, telco: Telco, channel: &str, at: usize) -> Result<(), String> {
        let mut phone = self.handset(telco, channel, at, Secrets::default());
        let menu = phone.dial("*123#").await.map_err(text)?;
        opens(&menu, "DUKCAPIL MUBA")?;
        let again = phone.repeat_last().await.map_err(text)?;
        if !again.same_reply(&menu) {
            return Err("a repeat got another reply".to_owned());
        }
        let citizen = &self.waiting[at % self.waiting.len()];
        for (keys, open, says) in
            [("1", true, "16 angka"), (&*citizen.nik, true, "4 angka"), (&*citizen.kk4, true, "NIK .."), ("4", false, "DICATAT")]
        {
            let page = phone.press(keys).await.map_err(text)?;
            expect(&page, open, says).map_err(|wrong| format!("{keys}: {wrong}"))?;
        }
        phone.hang_up().await.map_err(text)?;
        let menu = phone.dial("*123#").await.map_err(text)?;
        opens(&menu, "DUKCAPIL MUBA")?;
        let info = phone.press("3").await.map_err(text)?;
        opens(&info, "INFO")?;
        let told = phone.hang_up().await.map_err(text)?;
        if told.is_empty() == telco.tells_of_hang_ups() {
            return Err("a hang-up was not told".to_owned());
        }
        let mut another = self.handset(telco, channel, at + ANOTHER, Secrets::default());
        let deep = another.dial("*123*3#").await.map_err(text)?;
        opens(&deep, if telco.tells_what_was_dialled() { "INFO" } else { "DUKCAPIL MUBA" })
    }

    /// A message is read letter by letter, and one gets an answer.
    async fn texts(&self, courier: Courier, channel: &HttpChannel, at: usize) -> Result<(), String> {
        let mut connection = self.connection();
        let (from, id) = (number(at), format!("id-{}-{at}", channel.name));
        let odd = FromPhone { from: &from, to: "2000", text: ODD, id: &id, at: self.clock.now() };
        let mut request = Vec::new();
        courier.write_message(&self.place(&channel.name), &odd, &Secrets::default(), &mut request).map_err(text)?;
        match parsed(channel, &request, self.clock.now())? {
            Inbound::Sms(sms) if sms.text == ODD && sms.from == Sender::Citizen(Msisdn::parse(&from).unwrap()) => {}
            other => return Err(format!("read otherwise: {other:?}")),
        }
        let message = FromPhone { from: &from, to: "2000", text: "BANTUAN", id: &id, at: self.clock.now() };
        let mut request = Vec::new();
        courier.write_message(&self.place(&channel.name), &message, &Secrets::default(), &mut request).map_err(text)?;
        let answer = courier.read_answer(&message, &connection.exchange(&request).await.map_err(text)?).map_err(text)?;
        let begun = clock::monotonic();
        let mut said = answer.unwrap_or_default();
        while said.is_empty() && begun.elapsed() < SMS_WAIT {
            let asked = format!("GET /sim/api/messages?msisdn=%2B{} HTTP/1.1\r\nHost: {}\r\n\r\n", &from[1..], self.address);
            let reply = connection.exchange(asked.as_bytes()).await.map_err(text)?;
            said = String::from_utf8_lossy(reply.body).trim_matches(['[', ']']).to_owned();
            clock::sleep(Duration::from_millis(5)).await;
        }
        if said.contains("DUKCAPIL MUBA") { Ok(()) } else { Err(format!("no answer but {said:?}")) }
    }

    /// What became of a message of ours is read as it was meant, and the answer lets the telco forget it.
    async fn reports(&self, courier: Courier, channel: &HttpChannel, at: usize) -> Result<(), String> {
        let mut connection = self.connection();
        let phone = number(at);
        for (fate, fits) in [
            (Fate::Sent, [DeliveryStatus::Sent, DeliveryStatus::Pending]),
            (Fate::Delivered, [DeliveryStatus::Delivered; 2]),
            (Fate::Failed, [DeliveryStatus::Failed; 2]),
        ] {
            let id = "00000000000000a7";
            let about = courier::About { phone: &phone, to: "2000", id, fate, at: self.clock.now() };
            let mut request = Vec::new();
            if !courier.write_report(&self.place(&channel.name), &about, &Secrets::default(), &mut request).map_err(text)? {
                continue;
            }
            let read = parsed(channel, &request, self.clock.now())?;
            let Inbound::Delivery(report) = &read else { return Err(format!("{fate:?} is read as {read:?}")) };
            let (About::Ours(named) | About::Theirs(named)) = &report.about;
            if named != id || !fits.contains(&report.status) {
                return Err(format!("{fate:?} of {id} is read as {:?} of {named}", report.status));
            }
            courier.read_report_answer(&about, &connection.exchange(&request).await.map_err(text)?).map_err(text)?;
        }
        Ok(())
    }

    /// What shows or is signed with another secret is refused.
    async fn refuses(&self, name: &str, channel: &str, at: usize) -> Result<(), String> {
        let other = || "bukan-kunci-itu".to_owned();
        let strange = Secrets { username: other(), password: other(), key: other(), signing_key: other(), gateway: None };
        if let Some(telco) = Telco::of_profile(name) {
            return match self.handset(telco, channel, at, strange).dial("*123#").await {
                Err(_) => Ok(()),
                Ok(_) => Err("a stranger dialled".to_owned()),
            };
        }
        let courier = Courier::of_profile(name).unwrap();
        let message = FromPhone { from: &number(at), to: "2000", text: "BANTUAN", id: "id-forged", at: self.clock.now() };
        let mut request = Vec::new();
        courier.write_message(&self.place(channel), &message, &strange, &mut request).map_err(text)?;
        let mut connection = self.connection();
        let reply = connection.exchange(&request).await.map_err(text)?;
        if courier.read_answer(&message, &reply).is_ok() { Err("a stranger wrote".to_owned()) } else { Ok(()) }
    }

    fn connection(&self) -> Connection {
        Connection::new(self.host())
    }

    fn host(&self) -> Address {
        Address::parse(&format!("http://{}", self.address)).unwrap()
    }

    fn place(&self, channel: &str) -> Place {
        Place::of_channel(&self.host(), channel)
    }
}

fn text(error: impl Display) -> String {
    error.to_string()
}

/// Nothing may stand in front: no "Salah pilih".
fn opens(page: &Screen, says: &str) -> Result<(), String> {
    if page.text.starts_with(says) { expect(page, true, says) } else { Err(format!("{says:?} expected first, not {:?}", page.text)) }
}

fn expect(page: &Screen, open: bool, says: &str) -> Result<(), String> {
    if page.open != open || !page.text.contains(says) {
        return Err(format!("{says:?} {} expected, not {:?} {}", word(open), page.text, word(page.open)));
    }
    page.flaw().map_or(Ok(()), Err)
}

fn word(open: bool) -> &'static str {
    if open { "and open" } else { "and the end" }
}

/// What the channel makes of a request as it goes over the wire.
fn parsed(channel: &HttpChannel, raw: &[u8], now: Timestamp) -> Result<Inbound, String> {
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&raw[..end]).unwrap();
    let (first, rest) = head.split_once("\r\n").unwrap();
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    for (name, value) in rest.lines().filter_map(|line| line.split_once(": ")) {
        headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let request = Request {
        method: &Method::from_bytes(method.as_bytes()).unwrap(),
        path: path.strip_prefix(&format!("/in/{}", channel.name)).unwrap(),
        query,
        headers: &headers,
        body: &raw[end + 4..],
        peer: IpAddr::from([127, 0, 0, 1]),
    };
    channel.parse(&request, now).map(|received| received.inbound).map_err(|refused| format!("refused: {refused}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_profile_is_spoken_by_one_who_never_saw_it() {
    let gateway = started(|address| demo::other_channels(address).unwrap()).await;
    let mounted = demo::other_channels(gateway.address).unwrap();
    let mut own = demo::parts(demo::places(None, 0).unwrap()).unwrap().channels;
    own.extend(mounted);
    let mut wrong = Vec::new();
    for (at, (name, profile)) in channels().into_iter().enumerate() {
        let (telco, courier) = (Telco::of_profile(profile), Courier::of_profile(profile));
        let excused = UNSPOKEN.iter().any(|(unspoken, _)| *unspoken == profile);
        if excused == (telco.is_some() || courier.is_some()) {
            wrong.push(if excused {
                format!("{profile}: is spoken, so it is excused no more")
            } else {
                format!("{profile}: who speaks it?")
            });
        }
        if let Some(telco) = telco {
            wrong.extend(gateway.dials(telco, &name, at).await.err().map(|error| format!("{profile} dialled: {error}")));
        }
        let Some(courier) = courier else { continue };
        let channel = own.iter().find(|channel| channel.name == name).unwrap();
        if courier.brings() {
            wrong.extend(gateway.texts(courier, channel, 10_000 + at).await.err().map(|error| format!("{profile} written to: {error}")));
        }
        wrong.extend(gateway.reports(courier, channel, 20_000 + at).await.err().map(|error| format!("{profile} told: {error}")));
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_or_signs_otherwise_is_refused() {
    const SHOWN: [&str; 4] = ["airtel-flares", "mediaedgegsm", "playsms", "smssync"];
    let gateway = started(|address| demo::other_channels(address).unwrap()).await;
    let signs = |profile: &&str| Courier::of_profile(profile).is_some_and(Courier::signs);
    let signed: Vec<_> = Profile::shipped_names().filter(signs).collect();
    assert_eq!(signed.len(), 7, "{signed:?}");
    for (at, profile) in signed.into_iter().chain(SHOWN).enumerate() {
        gateway.refuses(profile, profile, at).await.unwrap_or_else(|error| panic!("{profile}: {error}"));
    }
}

/// Each of these slips in a profile must come to light, or the test above is blind.
#[tokio::test(flavor = "multi_thread")]
async fn a_slip_in_a_profile_comes_to_light() {
    const SLIPS: [(&str, &str, &str); 10] = [
        ("hubtel", "json:/Mobile", "json:/mobile"),
        ("airtel-flares", "headers.Freeflow", "headers.FreeFlow-State"),
        ("airtel-flares", "{FC|FB}", "{FB|FC}"),
        ("restcomm", "prearrangedEnd=\"false\"", "prearrangedEnd=\"true\""),
        ("mtn-rwanda", "TransactionId", "TransactionID"),
        ("sendexa", "\"shouldClose\":{false|true}", "\"shouldClose\":\"{false|true}\""),
        ("indosat-cp", "<STATUS>0</STATUS>", "<STATUS>1</STATUS>"),
        ("clickatell", "json:/fromNumber", "json:/from"),
        ("dart", "body = '000'", "body = 'OK'"),
        ("orange-sdp", "deliveryInfo/deliveryStatus", "deliveryInfo/status"),
    ];
    let broken = |at: usize, (profile, right, slip): (&str, &str, &str)| {
        let own = Profile::shipped_text(profile).unwrap();
        assert!(own.contains(right), "{profile} has no {right}");
        let read = Profile::parse(profile, &own.replace(right, slip));
        let read = read.unwrap_or_else(|problems| panic!("{profile}: {problems:?}"));
        HttpChannel::new(format!("slip{at}"), &read, ChannelSettings::open(profile)).unwrap()
    };
    let all: Vec<_> = SLIPS.into_iter().enumerate().map(|(at, slip)| broken(at, slip)).collect();
    let own = all.clone();
    let gateway = started(move |_| all).await;
    for (at, (profile, right, slip)) in SLIPS.into_iter().enumerate() {
        let seen = match (Telco::of_profile(profile), Courier::of_profile(profile)) {
            (Some(telco), _) => gateway.dials(telco, &own[at].name, at).await,
            (None, Some(courier)) => match gateway.texts(courier, &own[at], at).await {
                Ok(()) => gateway.reports(courier, &own[at], at).await,
                wrong => wrong,
            },
            (None, None) => panic!("{profile}: who speaks it?"),
        };
        assert!(seen.is_err(), "{profile}: nobody noticed {slip} for {right}");
    }
}
