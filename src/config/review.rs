//! Everything wrong with a config at once, each with its code and the place of the setting.

use std::fs;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{ChannelConfig, Config, ConfigError, MUTE, one};
use crate::citizen::DialString;
use crate::clock::Clock;
use crate::menu::{Patience, Problem};

/// A config that was looked through.
#[derive(Debug)]
pub struct Reviewed {
    /// None if nothing but C001 can be said.
    pub config: Option<Config>,
    /// Of the config alone; what is wrong with its menu the menu's own checker says.
    pub problems: Vec<Problem>,
    /// Its name and text, for whoever shows the places.
    pub file: (String, String),
}

/// # Errors
/// If the file cannot be opened.
pub fn review(path: &Path) -> Result<Reviewed, ConfigError> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| one(format!("{name}: {error}")))?;
    let mut found = Found { file: &name, text: &text, problems: Vec::new() };
    let config: Option<Config> = match toml::from_str::<Config>(&text) {
        Ok(config) => Some(Config { folder: path.parent().map(Path::to_owned).unwrap_or_default(), ..config }),
        Err(error) => {
            found.at("C001", error.span().unwrap_or_default(), error.message());
            None
        }
    };
    if let Some(config) = &config {
        config.look_through(&mut found);
    }
    let problems = found.problems;
    Ok(Reviewed { config, problems, file: (name, text) })
}

struct Found<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Problem>,
}

impl Found<'_> {
    fn at(&mut self, code: &'static str, span: std::ops::Range<usize>, message: impl Into<String>) {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let col = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let len = self.text.get(span).and_then(|shown| shown.lines().next()).map_or(1, |shown| shown.chars().count().max(1));
        self.problems.push(Problem { code, file: self.file.to_owned(), line, col, len, message: message.into(), help: None });
    }

    /// Every reason that a part could not be made, at its setting.
    fn part<T>(&mut self, code: &'static str, way: &[Step<'_>], made: Result<T, ConfigError>) {
        if let Err(ConfigError(reasons)) = made {
            let span = place(self.text, way);
            reasons.into_iter().for_each(|reason| self.at(code, span.clone(), reason));
        }
    }
}

/// One step to a setting.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    At(usize),
}

impl Config {
    fn look_through(&self, found: &mut Found<'_>) {
        use Step::{At, Key};
        found.part("C002", &[Key("service_code")], DialString::parse(&self.service_code).map_err(|error| one(error.to_string())));
        let places =
            ["places", "holidays", "areas", "population"].into_iter().zip([&self.places, &self.holidays, &self.areas, &self.population]);
        let named = places.filter(|(_, path)| path.is_some()).map(|(key, _)| key).next().unwrap_or_default();
        found.part("C003", &[Key(named)], self.read_places());
        found.part("C004", &[Key("requirements")], self.requirements());
        found.part("C005", &[Key("registry")], self.registry());
        found.part("C012", &[Key("keys")], self.read_keys());
        let words = self.people.words();
        match (words, self.people.officers()) {
            // Told once, at their own place.
            (Err(wrong), _) => found.part::<()>("C014", &[Key("people"), Key("words")], Err(wrong)),
            (Ok(_), officers) => found.part("C014", &[Key("people"), Key("officers")], officers),
        }
        found.part("C015", &[Key("listen"), Key("callbacks_tls")], self.callbacks_tls());
        found.part("C015", &[Key("listen"), Key("health_tls")], self.health_tls());
        if self.channel.is_empty() {
            found.at("C006", 0..0, "no [[channel]]: nobody could reach this gateway");
        }
        for (at, channel) in self.channel.iter().enumerate() {
            let key = |key| [Key("channel"), At(at), Key(key)];
            let before = found.problems.len();
            if self.channel[..at].iter().any(|other| other.name == channel.name) {
                found.part::<()>("C007", &key("name"), Err(one(format!("`{}` stands twice", channel.name))));
            }
            if channel.is_open() {
                found.part::<()>("C008", &key("name"), Err(one(format!("anybody could call `{}`", channel.name))));
            }
            found.part("C009", &key("profile"), self.profile(channel));
            for (name, file) in channel.secret_files() {
                found.part("C010", &key(name), self.secret(file));
            }
            // The channel as a whole only says what its parts have not said.
            if found.problems.len() == before {
                found.part("C011", &key("name"), self.channel(channel));
            }
        }
        // Routes and the phone are judged among channels that work.
        let channels: Option<Vec<_>> = self.channel.iter().map(|channel| self.channel(channel).ok()).collect();
        if let Some(channels) = channels {
            let carriers = self.carriers(&channels);
            for (at, _) in channels.iter().enumerate().filter(|(_, channel)| carriers.is_empty() && channel.is_mute()) {
                found.part::<()>("C013", &[Key("channel"), At(at), Key("name")], Err(one(MUTE.to_owned())));
            }
            found.part("C013", &[Key("outbox")], self.outbox.routes(&carriers).map_err(ConfigError));
            found.part("C016", &[Key("listen"), Key("phone")], self.phone(&Clock::system()));
        }
    }

    /// How long the networks wait, as far as the config says so; else what is usual.
    pub fn patience(&self) -> Vec<Patience> {
        let usual = Patience::usual();
        let told = self.channel.iter().filter(|channel| channel.idle_secs.is_some() || channel.total_secs.is_some());
        let own: Vec<Patience> = told
            .map(|channel| Patience {
                name: format!("channel {}", channel.name),
                idle_secs: channel.idle_secs.unwrap_or(usual.idle_secs),
                total_secs: channel.total_secs.unwrap_or(usual.total_secs),
            })
            .collect();
        if own.is_empty() { vec![usual] } else { own }
    }
}

impl ChannelConfig {
    pub(super) fn secret_files(&self) -> [(&'static str, Option<&Path>); 3] {
        [
            ("secret_path_file", self.secret_path_file.as_deref()),
            ("password_file", self.password_file.as_deref()),
            ("key_file", self.key_file.as_deref()),
        ]
    }
}

/// The value of a setting, or the nearest thing around it that is there.
fn place(text: &str, way: &[Step<'_>]) -> std::ops::Range<usize> {
    let Ok(table) = DeTable::parse(text) else { return 0..0 };
    let mut span = 0..0;
    let mut here: Option<&Spanned<DeValue<'_>>> = None;
    for step in way {
        let next = match (step, here.map(Spanned::get_ref)) {
            (Step::Key(key), None) => table.get_ref().get(*key),
            (Step::Key(key), Some(DeValue::Table(table))) => table.get(*key),
            (Step::At(at), Some(DeValue::Array(array))) => array.get(*at),
            _ => None,
        };
        let Some(next) = next else { return span };
        span = next.span();
        here = Some(next);
    }
    span
}
