//! What a channel needs to send: where to, and as whom.

use std::borrow::Cow;
use std::fmt;

use super::ChannelSettings;
use super::auth::Secret;
use super::send::Sending;
use super::template::{Facts, Piece, Value};

/// The settings of one channel for sending. Empty texts are settings that it has not.
#[derive(Clone, Default)]
pub(super) struct Account {
    send_url: String,
    from: String,
    username: String,
    password: Secret,
    key: Secret,
    service: String,
    report_url: String,
    url: String,
}

/// Names and addresses of a contract are nobody else's affair.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("sends", &!self.send_url.is_empty())
            .field("reports", &!self.report_url.is_empty())
            .finish_non_exhaustive()
    }
}

impl Account {
    /// `name` is the channel's: reports come to `/in/NAME/receipt`, behind the secret.
    pub(super) fn new(name: &str, settings: &ChannelSettings) -> Self {
        let url = settings.report_url.as_ref().map(|base| {
            let secret = settings.secret_path.as_ref().map(|secret| format!("/{}", secret.reveal())).unwrap_or_default();
            format!("{}/in/{name}{secret}", base.trim_end_matches('/'))
        });
        Self {
            send_url: settings.send_url.clone().unwrap_or_default(),
            from: settings.from.clone().unwrap_or_default(),
            username: settings.username.clone().unwrap_or_default(),
            password: settings.password.clone().unwrap_or_default(),
            key: settings.key.clone().unwrap_or_default(),
            service: settings.service.clone().unwrap_or_default(),
            report_url: url.as_ref().map(|url| format!("{url}/receipt")).unwrap_or_default(),
            url: url.unwrap_or_default(),
        }
    }

    /// Everything that keeps a channel with these settings from sending as it should.
    /// `pages_need`: settings that the profile's pages show; `pages_sent`: pages go in requests of their own.
    pub(super) fn flaws(&self, sending: Option<&Sending>, pages_need: &[Value], pages_sent: bool) -> Vec<String> {
        let mut flaws = Vec::new();
        for (name, url) in [("send_url", &self.send_url), ("report_url", &self.report_url)] {
            let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or_default();
            let odd = url.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#'));
            if !url.is_empty() && (host.is_empty() || host.starts_with('/') || odd) {
                flaws.push(format!("{name} must be http:// or https://, a host, and no more than a path"));
            }
        }
        let missing = pages_need.iter().filter(|value| !self.has(**value)).filter_map(|value| value.setting());
        flaws.extend(missing.map(|setting| format!("for its pages, {setting} is needed")));
        match sending {
            None if !self.send_url.is_empty() && !pages_sent => flaws.push("send_url: this profile cannot send".to_owned()),
            Some(sending) if !self.send_url.is_empty() => {
                let missing = sending.needs.iter().filter(|value| !self.has(**value)).filter_map(|value| value.setting());
                flaws.extend(missing.map(|setting| format!("to send, {setting} is needed")));
            }
            _ => {}
        }
        flaws
    }

    /// Empty: this channel does not send.
    pub(super) fn send_url(&self) -> &str {
        &self.send_url
    }

    pub(super) fn wants_reports(&self) -> bool {
        !self.report_url.is_empty()
    }

    /// The facts with this account's among them.
    pub(super) fn facts<'a>(&'a self, message: Facts<'a>) -> Facts<'a> {
        Facts {
            from: &self.from,
            key: self.key.reveal(),
            password: self.password.reveal(),
            report_url: &self.report_url,
            service: &self.service,
            url: &self.url,
            username: &self.username,
            ..message
        }
    }

    /// Whether the sender showed the right value of a setting. Without that setting nothing need be shown.
    pub(super) fn knows(&self, setting: Value, shown: Option<Cow<'_, str>>) -> bool {
        let own = self.facts(Facts::default()).of(setting);
        own.is_empty() || Secret::from(own).is(&shown.unwrap_or_default())
    }

    /// Whether it has every setting that the text names.
    pub(super) fn has_all(&self, pieces: &[Piece]) -> bool {
        pieces.iter().all(|piece| match piece {
            Piece::Literal(_) => true,
            Piece::Value(value) => self.has(*value),
        })
    }

    pub(super) fn has(&self, value: Value) -> bool {
        value.setting().is_none() || !self.facts(Facts::default()).of(value).is_empty()
    }
}
