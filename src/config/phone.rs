//! The phone in the browser, in earnest: through the very channels that telcos use, on this machine only.

use std::fs;

use super::{ChannelConfig, Config, ConfigError, one};
use crate::clock::Clock;
use crate::simulator::aggregator::Aggregator;
use crate::simulator::web::{self, Setup};
use crate::simulator::{Line, Telco};

/// Profiles whose bytes the phone's telco speaks.
const TELCOS: [(&str, Telco); 2] = [("africastalking-ussd", Telco::AfricasTalking), ("infobip-ussd", Telco::Infobip)];
/// And those that bring its messages.
const AGGREGATORS: [(&str, Aggregator); 3] =
    [("kannel-sms", Aggregator::Kannel), ("telkomsel-cp", Aggregator::Telkomsel), ("africastalking-sms", Aggregator::AfricasTalking)];

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
            if let Some((_, telco)) = TELCOS.iter().find(|(profile, _)| *profile == channel.profile) {
                let (channel, service_code) = (self.door(channel)?, self.service_code.clone());
                lines.push(Line { url: url.clone(), telco: *telco, channel, service_code, clock: clock.clone() });
            }
            if let Some((_, aggregator)) = AGGREGATORS.iter().find(|(profile, _)| *profile == channel.profile && texting.is_none()) {
                texting = Some((*aggregator, self.door(channel)?));
            }
        }
        if lines.is_empty() {
            let names = TELCOS.map(|(profile, _)| profile).join(", ");
            return Err(one(format!("listen: phone: no channel whose bytes it speaks; it knows {names}")));
        }
        Ok(Some(Setup { lines, texting, play: None }))
    }

    /// The channel's name, with its secret path segment if it has one.
    fn door(&self, channel: &ChannelConfig) -> Result<String, ConfigError> {
        let Some(file) = &channel.secret_path_file else { return Ok(channel.name.clone()) };
        let file = self.folder.join(file);
        let secret = fs::read_to_string(&file).map_err(|error| one(format!("{}: {error}", file.display())))?;
        Ok(format!("{}/{}", channel.name, secret.trim()))
    }
}
