//! The phone in the browser, in earnest: through the very channels that telcos use, on this machine only.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::{ChannelConfig, Config, ConfigError, one};
use crate::clock::Clock;
use crate::simulator::web::{self, Setup};
use crate::simulator::{Courier, Line, Secrets, SmsLine, Telco};

impl Config {
    /// What the phone is connected with; None where the config names no address for it.
    ///
    /// # Errors
    /// If others than this machine could reach it, or no channel takes its calls.
    pub fn phone(&self, clock: &Clock) -> Result<Option<Setup>, ConfigError> {
        let Some(address) = self.listen.phone else { return Ok(None) };
        if !address.ip().is_loopback() {
            return Err(one("listen: phone: whoever reaches it can call by every channel: only 127.0.0.1 or [::1]".to_owned()));
        }
        // Not where telcos call: that listener may want a certificate.
        let url = web::url_of(address);
        let mut lines = Vec::new();
        let mut texting = None;
        for channel in &self.channel {
            if let Some(telco) = Telco::of_profile(&channel.profile).filter(|telco| telco.is_heard(channel.send_url.as_deref())) {
                let (secrets, service_code) = (self.shown(channel)?, self.service_code.clone());
                lines.push(Line { url: url.clone(), telco, channel: self.door(channel)?, service_code, clock: clock.clone(), secrets });
            }
            if let Some(courier) = Courier::of_profile(&channel.profile).filter(|courier| courier.brings() && texting.is_none()) {
                texting = Some(SmsLine { courier, channel: self.door(channel)?, secrets: self.shown(channel)? });
            }
        }
        if lines.is_empty() {
            let names: Vec<_> = Telco::all().map(Telco::name).collect();
            return Err(one(format!("listen: phone: no channel whose bytes it speaks; it knows {}", names.join(", "))));
        }
        Ok(Some(Setup { lines, texting, play: None }))
    }

    /// The channel's name, with its secret path segment if it has one.
    fn door(&self, channel: &ChannelConfig) -> Result<String, ConfigError> {
        let secret = self.word(channel.secret_path_file.as_deref())?;
        Ok(if secret.is_empty() { channel.name.clone() } else { format!("{}/{secret}", channel.name) })
    }

    /// What the telco shows to this channel.
    fn shown(&self, channel: &ChannelConfig) -> Result<Arc<Secrets>, ConfigError> {
        Ok(Arc::new(Secrets {
            username: channel.username.clone().unwrap_or_default(),
            password: self.word(channel.password_file.as_deref())?,
            key: self.word(channel.key_file.as_deref())?,
            signing_key: self.word(channel.signing_key_file.as_deref())?,
            gateway: channel.report_url.clone(),
        }))
    }

    /// What stands in a file; nothing, where there is none.
    fn word(&self, file: Option<&Path>) -> Result<String, ConfigError> {
        let Some(file) = file.map(|file| self.folder.join(file)) else { return Ok(String::new()) };
        let word = fs::read_to_string(&file).map_err(|error| one(format!("{}: {error}", file.display())))?;
        Ok(word.trim().to_owned())
    }
}
