//! The operator's settings: one TOML file, read once, turned into what each module needs, and then forgotten.
//!
//! Secrets stand in files that the config names, never in the config itself. See `gateway-config/kentongan.toml` for every key.

mod listen;
mod menus;
mod outside;
mod people;
mod phone;
mod review;
mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::channel::sms_command::Words;
use crate::channel::{ChannelSettings, HttpChannel, NetPrefix, Profile, RouteSettings, Routes, Secret};
use crate::citizen::DialString;
use crate::clock::Clock;
use crate::due;
use crate::menu::{self, Menu, MenuSource};
use crate::outbox::decide::Patience;
use crate::outbox::quiet::Hours;
use crate::outbox::{Carrier, Fakes, Limits, Settings, Way};
use crate::registry::{Http, HttpSettings};
use crate::service::outreach;
use crate::service::place::Places;
use crate::service::requirements::Requirements;
use crate::service::{self, Office, Registry};
use crate::store::seal::Keys;
use people::PeopleConfig;

pub use listen::Listen;
pub use menus::{Examined, MenuFiles, Taken};
pub use outside::Called;
pub use review::{Reviewed, review};
pub use rules::RULES;

/// The places of Musi Banyuasin, built in.
pub const PLACES: &str = include_str!("../gateway-config/muba/places.toml");
/// Public holidays of 2026 and 2027, built in.
pub const HOLIDAYS: &str = include_str!("../gateway-config/muba/holidays.csv");
/// Kecamatan and villages of Musi Banyuasin, built in.
pub const AREAS: &str = include_str!("../gateway-config/muba/areas.csv");
/// What to bring for which service in Musi Banyuasin, built in.
pub const REQUIREMENTS: &str = include_str!("../gateway-config/muba/requirements.csv");

/// Of a channel that takes messages where none can leave.
const MUTE: &str = "takes messages, and no channel can send the answers: give it a send_url";

/// The settings of a gateway.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of the records, made if missing. Only this gateway may use it.
    pub data: PathBuf,
    /// File of the secret keys, made once with `kentongan keys new FILE`; never inside the data folder.
    pub keys: PathBuf,
    /// What citizens dial, `*123#` if not set.
    #[serde(default = "default_code")]
    service_code: String,
    /// Tell whoever is cut off in the middle by SMS how to go on, at most once a day. Each costs a message.
    #[serde(default)]
    offer_to_go_on: bool,
    /// Folder with `dukcapil.yaml` and `texts/*.yaml`, relative to this file; the menu built in if not set.
    menus: Option<PathBuf>,
    /// TOML file of offices, their hours and seats.
    places: Option<PathBuf>,
    /// CSV file of public holidays: nobody can book beyond its end.
    holidays: Option<PathBuf>,
    /// CSV file of kecamatan and villages.
    areas: Option<PathBuf>,
    /// CSV file of how many people must have a card in each kecamatan, as the office counts them: `kode,wajib_ktp`. None is built in.
    population: Option<PathBuf>,
    /// CSV file of what to bring for which service.
    requirements: Option<PathBuf>,
    pub listen: Listen,
    /// Links to telcos and aggregators.
    #[serde(default)]
    channel: Vec<ChannelConfig>,
    #[serde(default)]
    outbox: OutboxConfig,
    #[serde(default)]
    registry: RegistryConfig,
    #[serde(default)]
    retention: due::Retention,
    #[serde(default)]
    people: PeopleConfig,
    #[serde(default)]
    outreach: outreach::Settings,
    /// The folder of the file: paths in it are relative to this.
    #[serde(skip)]
    folder: PathBuf,
}

/// One link to a telco or aggregator. Its callbacks arrive at `/in/NAME`, or at `/in/NAME/SECRET` with a secret path.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChannelConfig {
    name: String,
    /// The wire format: the name of a file in `profiles/`, here or built in.
    profile: String,
    /// File whose first line is a path segment that nobody guesses. It stands in for a signature where the telco signs nothing.
    secret_path_file: Option<PathBuf>,
    /// From where it may call, as `10.0.0.0/8`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    addresses: Vec<NetPrefix>,
    /// Calling code of numbers that come without one, `62` if not set.
    country: Option<String>,
    /// What a page may hold here, where the network carries more than the profile says.
    page_septets: Option<usize>,
    /// How long the network waits for an answer, in seconds: what `check` times journeys against.
    idle_secs: Option<u64>,
    /// How long it lets a whole dialogue last.
    total_secs: Option<u64>,
    /// Where messages are handed over; without it the channel only receives.
    send_url: Option<String>,
    /// What citizens see: a short code or a name.
    from: Option<String>,
    username: Option<String>,
    password_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    /// The key with which the telco signs its callbacks: without it, or with another, they are refused.
    signing_key_file: Option<PathBuf>,
    /// The telco's name of our service or tariff.
    service: Option<String>,
    /// This gateway as the telco reaches it: asks for delivery reports.
    report_url: Option<String>,
    /// Messages a second that the contract allows.
    per_second: Option<u32>,
    /// Messages handed over at the same time.
    in_flight: Option<usize>,
}

/// How messages leave, whatever the channel.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct OutboxConfig {
    /// The channel of numbers whose operator has none of its own.
    default: Option<String>,
    /// Channels that take over, in this order, while the right one is out of order.
    failover: Vec<String>,
    /// Channels that share what would go by the default, which is one of them: each by its weight, 1 to 100, and less while it does badly.
    weights: BTreeMap<String, u32>,
    /// Operator, or group of operators, to channel.
    operators: BTreeMap<String, String>,
    hours: Hours,
    fake_numbers: Fakes,
    /// What may have been taken is sent once more, unless a delivery report settles it within so many seconds.
    unsure_secs: Option<u64>,
    /// A delivery report that takes longer counts against its channel.
    report_secs: Option<u64>,
}

/// Where the statuses of e-KTP come from.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RegistryConfig {
    #[serde(default)]
    kind: RegistryKind,
    http: Option<HttpSettings>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum RegistryKind {
    /// Exports of the office, brought in by `kentongan registry import`.
    #[default]
    File,
    /// A look-up service of the office.
    Http,
}

/// What the whole gateway is made of.
#[derive(Debug)]
pub struct Parts {
    pub menu: Arc<Menu>,
    /// By which messages are understood.
    pub words: Arc<Words>,
    pub office: Office,
    pub channels: Vec<HttpChannel>,
    /// Those that can send, in the order of the office's routes.
    pub carriers: Vec<Carrier>,
    pub sending: Settings,
    pub service_code: DialString,
    pub due: due::Settings,
}

/// Why a config cannot be used: every problem found, ready to print.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl OutboxConfig {
    fn routes(&self, carriers: &[Carrier]) -> Result<Routes, Vec<String>> {
        let names = carriers.iter().map(|carrier| carrier.name.clone()).collect();
        let settings = RouteSettings {
            default: self.default.clone(),
            failover: self.failover.clone(),
            weights: self.weights.clone(),
            operators: self.operators.clone(),
        };
        Routes::new(names, &settings)
    }

    fn sending(&self) -> Settings {
        let usual = Patience::default();
        let unsure_pause = self.unsure_secs.map_or(usual.unsure_pause, Duration::from_secs);
        let report_within = self.report_secs.map_or(usual.report_within, Duration::from_secs);
        Settings { patience: Patience { unsure_pause, report_within, ..usual }, hours: self.hours, fakes: self.fake_numbers }
    }
}

fn default_code() -> String {
    "*123#".to_owned()
}

impl Config {
    /// # Errors
    /// If the file cannot be read or says what we do not know, with line and column.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|error| one(format!("{}: {error}", path.display())))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| one(format!("error: {}\n{error}", path.display())))?;
        config.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(config)
    }

    /// Builds every part, or says everything that is wrong.
    ///
    /// # Errors
    /// All problems of the menus, places, channels and registry at once.
    pub fn parts(&self) -> Result<Parts, ConfigError> {
        let mut problems = Vec::new();
        let examined = self.menu_files().examine().and_then(Examined::take);
        let taken = examined.map_err(|ConfigError(more)| problems.extend(more)).ok();
        let places = self.read_places().map_err(|ConfigError(more)| problems.extend(more)).ok();
        let requirements = self.requirements().map_err(|ConfigError(more)| problems.extend(more)).ok();
        let registry = self.registry().map_err(|ConfigError(more)| problems.extend(more)).ok();
        let officers = self.people.officers().map_err(|ConfigError(more)| problems.extend(more)).unwrap_or_default();
        let service_code = DialString::parse(&self.service_code).map_err(|error| problems.push(format!("service_code: {error}"))).ok();
        let mut channels = Vec::new();
        for (at, channel) in self.channel.iter().enumerate() {
            if self.channel[..at].iter().any(|before| before.name == channel.name) {
                problems.push(format!("channel {}: stands twice", channel.name));
                continue;
            }
            match self.channel(channel) {
                Ok(built) => channels.push(built),
                Err(ConfigError(more)) => problems.extend(more.into_iter().map(|what| format!("channel {}: {what}", channel.name))),
            }
        }
        if self.channel.is_empty() {
            problems.push("no [[channel]]: nobody could reach this gateway".to_owned());
        }
        let carriers = self.carriers(&channels);
        let routes =
            self.outbox.routes(&carriers).map_err(|more| problems.extend(more.into_iter().map(|what| format!("outbox: {what}")))).ok();
        if carriers.is_empty() {
            let mute = channels.iter().filter(|channel| channel.is_mute());
            problems.extend(mute.map(|channel| format!("channel {}: {MUTE}", channel.name)));
        }
        if problems.is_empty() {
            let _setup = self.phone(&Clock::system()).map_err(|ConfigError(more)| problems.extend(more));
        }
        if let Some(routes) = &routes {
            let unreached = (1..).zip(officers.numbers()).filter(|(_, officer)| !routes.reach(*officer));
            problems.extend(unreached.map(|(at, _)| format!("people: officers: no channel carries messages to number {at}")));
        }
        match (taken, places, requirements, registry, service_code, routes) {
            (Some(Taken { menu, words }), Some(places), Some(requirements), Some(registry), Some(service_code), Some(routes))
                if problems.is_empty() =>
            {
                let office = Office {
                    places,
                    requirements,
                    registry,
                    routes,
                    officers,
                    offers_to_go_on: self.offer_to_go_on,
                    outreach: self.outreach,
                };
                let (sending, due) = (
                    self.outbox.sending(),
                    due::Settings { retention: self.retention, hours: self.outbox.hours, ..due::Settings::default() },
                );
                Ok(Parts { menu, words, office, channels, carriers, sending, service_code, due })
            }
            _ => Err(ConfigError(problems)),
        }
    }

    /// The channels that can send.
    fn carriers(&self, channels: &[HttpChannel]) -> Vec<Carrier> {
        let senders = channels.iter().filter(|channel| channel.can_send());
        senders
            .map(|channel| {
                let config = self.channel.iter().find(|config| config.name == channel.name);
                let usual = Limits::default();
                let limits = Limits {
                    per_second: config.and_then(|config| config.per_second).unwrap_or(usual.per_second),
                    in_flight: config.and_then(|config| config.in_flight).unwrap_or(usual.in_flight),
                };
                Carrier { name: channel.name.clone(), way: Way::Http(Box::new(channel.clone())), limits }
            })
            .collect()
    }

    /// # Errors
    /// If the key file cannot be read or holds no keys, with the command that makes one.
    pub fn read_keys(&self) -> Result<Keys, ConfigError> {
        read_keys(&self.key_file(), &self.data_folder())
    }

    pub fn data_folder(&self) -> PathBuf {
        self.folder.join(&self.data)
    }

    /// # Errors
    /// If one of the files cannot be read or says what makes no sense.
    pub fn read_places(&self) -> Result<Places, ConfigError> {
        let read = |path: &Option<PathBuf>, shipped: &str| match path {
            None => Ok(shipped.to_owned()),
            Some(path) => {
                let path = self.folder.join(path);
                fs::read_to_string(&path).map_err(|error| one(format!("{}: {error}", path.display())))
            }
        };
        let (places, holidays, areas) = (read(&self.places, PLACES)?, read(&self.holidays, HOLIDAYS)?, read(&self.areas, AREAS)?);
        let places = Places::parse(&places, &holidays, &areas).map_err(|error| one(format!("places: {error}")))?;
        match &self.population {
            None => Ok(places),
            Some(_) => places.with_population(&read(&self.population, "")?).map_err(|error| one(format!("population: {error}"))),
        }
    }

    fn requirements(&self) -> Result<Requirements, ConfigError> {
        let Some(path) = &self.requirements else { return read_requirements("gateway-config/muba/requirements.csv", REQUIREMENTS) };
        let path = self.folder.join(path);
        let text = fs::read_to_string(&path).map_err(|error| one(format!("{}: {error}", path.display())))?;
        read_requirements(&path.display().to_string(), &text)
    }

    fn registry(&self) -> Result<Registry, ConfigError> {
        match (self.registry.kind, &self.registry.http) {
            (RegistryKind::File, None) => Ok(Registry::File),
            (RegistryKind::File, Some(_)) => Err(one("registry: [registry.http] needs kind = \"http\"".to_owned())),
            (RegistryKind::Http, None) => Err(one("registry: kind = \"http\" needs [registry.http]".to_owned())),
            (RegistryKind::Http, Some(settings)) => Http::new(settings.clone().relative_to(&self.folder))
                .map(|http| Registry::Http(Box::new(http)))
                .map_err(|error| one(format!("registry: {error}"))),
        }
    }

    fn channel(&self, config: &ChannelConfig) -> Result<HttpChannel, ConfigError> {
        if config.is_open() {
            return Err(one("anybody could call it: name secret_path_file, or the addresses it calls from".to_owned()));
        }
        let profile = self.profile(config)?;
        let open = ChannelSettings::open(&config.profile);
        let settings = ChannelSettings {
            secret_path: self.secret(config.secret_path_file.as_deref())?,
            addresses: config.addresses.clone(),
            country: config.country.clone().unwrap_or(open.country),
            page_septets: config.page_septets,
            send_url: config.send_url.clone(),
            from: config.from.clone(),
            username: config.username.clone(),
            password: self.secret(config.password_file.as_deref())?,
            key: self.secret(config.key_file.as_deref())?,
            signing_key: self.secret(config.signing_key_file.as_deref())?,
            service: config.service.clone(),
            report_url: config.report_url.clone(),
            ..open
        };
        HttpChannel::new(config.name.as_str(), &profile, settings)
            .map_err(|problems| ConfigError(problems.iter().map(ToString::to_string).collect()))
    }

    fn profile(&self, config: &ChannelConfig) -> Result<Profile, ConfigError> {
        let profile_file = self.folder.join("profiles").join(format!("{}.toml", config.profile));
        let profile = if profile_file.exists() {
            let text = fs::read_to_string(&profile_file).map_err(|error| one(format!("{}: {error}", profile_file.display())))?;
            Profile::parse(&profile_file.display().to_string(), &text)
        } else {
            Profile::shipped(&config.profile).ok_or_else(|| {
                let near = Profile::shipped_near(&config.profile);
                let near = if near.is_empty() { String::new() } else { format!("; there are {}", near.join(", ")) };
                one(format!("no profile \"{}\"{near}", config.profile))
            })?
        };
        profile.map_err(|problems| ConfigError(problems.iter().map(ToString::to_string).collect()))
    }

    /// What stands in a file that the config names.
    fn secret(&self, file: Option<&Path>) -> Result<Option<Secret>, ConfigError> {
        let Some(file) = file else { return Ok(None) };
        let file = self.folder.join(file);
        let secret = fs::read_to_string(&file).map_err(|error| one(format!("{}: {error}", file.display())))?;
        Ok(Some(secret.trim().into()))
    }
}

impl ChannelConfig {
    /// No profile so far signs anything: without a gate, whoever finds the port speaks for every number.
    fn is_open(&self) -> bool {
        self.secret_path_file.is_none() && self.addresses.is_empty()
    }
}

/// Reads a menu folder: `dukcapil.yaml`, every `texts/*.yaml`, and `published.yaml` if it is there.
///
/// # Errors
/// If a file cannot be read.
pub fn read_menus(folder: &Path) -> Result<MenuSource, ConfigError> {
    let read = |path: PathBuf| -> Result<(String, String), ConfigError> {
        let text = fs::read_to_string(&path).map_err(|error| one(format!("{}: {error}", path.display())))?;
        Ok((path.display().to_string(), text))
    };
    let mut files = vec![read(folder.join("dukcapil.yaml"))?];
    let texts = folder.join("texts");
    let listing = fs::read_dir(&texts).map_err(|error| one(format!("{}: {error}", texts.display())))?;
    let mut paths: Vec<PathBuf> = listing.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "yaml")) {
        files.push(read(path)?);
    }
    let published = folder.join("published.yaml");
    let published = if published.exists() { Some(read(published)?) } else { None };
    Ok(MenuSource { files, published })
}

/// # Errors
/// Everything `check` found, rendered with file, line, column and excerpt; or the messages that the menu knows no way in for.
pub fn check_menu(source: &MenuSource) -> Result<Menu, ConfigError> {
    check_menu_without(source, &[])
}

/// The menu of a district that does without some features.
///
/// # Errors
/// As [`check_menu`].
pub fn check_menu_without(source: &MenuSource, absent: &[&str]) -> Result<Menu, ConfigError> {
    menu::check_without(source, &service::CATALOGUE, absent).map_err(|problems| one(menu::render(&problems, source)))
}

/// The menu that is built in, checked once.
///
/// # Errors
/// If it is wrong, which the tests rule out.
pub fn menu() -> Result<Arc<Menu>, ConfigError> {
    static SHIPPED: OnceLock<Result<Arc<Menu>, ConfigError>> = OnceLock::new();
    SHIPPED.get_or_init(|| check_menu(&MenuSource::shipped()).map(Arc::new)).clone()
}

/// The words that messages are understood by, built in.
///
/// # Errors
/// If the embedded file is wrong, which the tests rule out.
pub fn words() -> Result<Arc<Words>, ConfigError> {
    Words::shipped().cloned().map_err(|wrong| ConfigError(wrong.iter().map(|wrong| format!("menus/sms.yaml:{wrong}")).collect()))
}

/// # Errors
/// Everything that is wrong with the list, with file, line and column.
pub fn read_requirements(name: &str, text: &str) -> Result<Requirements, ConfigError> {
    Requirements::parse(text).map_err(|problems| ConfigError(problems.iter().map(|problem| format!("{name}:{problem}")).collect()))
}

/// # Errors
/// If the file cannot be read, holds no keys, or lies inside the data folder.
pub fn read_keys(path: &Path, data: &Path) -> Result<Keys, ConfigError> {
    if path.starts_with(data) {
        return Err(one(format!("{}: keys must not lie inside the data folder", path.display())));
    }
    let text = fs::read_to_string(path)
        .map_err(|error| one(format!("{}: {error}\nhelp: make keys with `kentongan keys new {}`", path.display(), path.display())))?;
    Keys::parse(&text).map_err(|error| one(format!("{}: {error}", path.display())))
}

fn one(problem: String) -> ConfigError {
    ConfigError(vec![problem])
}

#[cfg(test)]
mod tests;
