//! A channel for every shipped profile, so that each telco's bytes can be sent to the demo.

use std::collections::HashSet;
use std::net::SocketAddr;

use super::CHANNELS;
use crate::channel::{ChannelSettings, HttpChannel, Problem, Profile};
use crate::config::ConfigError;
use crate::simulator::{Courier, Secrets, Telco, pages, web};

/// Names and profiles of the channels that the demo has beside [`CHANNELS`]: one for each shipped profile, named as it is without
/// `-ussd` or `-sms` where that is free. Where both would have a name, the dialogues get it.
pub fn others() -> Vec<(String, &'static str)> {
    let mut taken: HashSet<String> = CHANNELS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let (messages, others): (Vec<_>, Vec<_>) = Profile::shipped_names().partition(|profile| profile.ends_with("-sms"));
    let mut named = Vec::new();
    for profile in others.into_iter().chain(messages) {
        let bare = profile.strip_suffix("-ussd").or_else(|| profile.strip_suffix("-sms")).unwrap_or(profile);
        if CHANNELS.iter().any(|(name, own)| *own == profile && (*name == bare || *name == profile)) {
            continue;
        }
        let name = [bare, profile].into_iter().find(|name| taken.insert((*name).to_owned()));
        named.extend(name.map(|name| (name.to_owned(), profile)));
    }
    named.sort();
    named
}

/// Those channels, with secrets that everybody may know.
///
/// # Errors
/// If a shipped profile is wrong, which the tests rule out.
pub fn other_channels(listener: SocketAddr) -> Result<Vec<HttpChannel>, ConfigError> {
    let url = web::url_of(listener);
    others().into_iter().map(|(name, profile)| channel(name, profile, &url)).collect()
}

/// One of them by its name.
///
/// # Errors
/// If there is none of this name.
pub fn other_channel(name: &str, listener: SocketAddr) -> Result<HttpChannel, ConfigError> {
    let found = others().into_iter().find(|(own, _)| own == name);
    let (name, profile) = found.ok_or_else(|| ConfigError(vec![format!("the demo has no channel {name}")]))?;
    channel(name, profile, &web::url_of(listener))
}

fn channel(name: String, profile: &str, url: &str) -> Result<HttpChannel, ConfigError> {
    let wrong = |problems: Vec<Problem>| ConfigError(problems.iter().map(ToString::to_string).collect());
    let shown = Secrets::default();
    // Pages that go in requests of their own come back to the phones of this gateway.
    let hears = Telco::of_profile(profile).is_some_and(|telco| !telco.is_heard(None));
    let signs = Courier::of_profile(profile).is_some_and(Courier::signs);
    let settings = ChannelSettings {
        send_url: hears.then(|| format!("{url}{}{name}", pages::PATH)),
        username: Some(shown.username),
        password: Some(shown.password.into()),
        key: Some(shown.key.into()),
        signing_key: signs.then(|| shown.signing_key.into()),
        service: Some("demo".to_owned()),
        report_url: Some(url.to_owned()),
        ..ChannelSettings::open(profile)
    };
    let profile = Profile::shipped(profile).ok_or_else(|| ConfigError(vec![format!("no profile {profile}")]))?.map_err(wrong)?;
    HttpChannel::new(name, &profile, settings).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_a_channel_of_its_own_name() {
        let names = others();
        let profiles: HashSet<_> = names.iter().map(|(_, profile)| *profile).chain(CHANNELS.map(|(_, profile)| profile)).collect();
        assert_eq!(profiles.len(), Profile::shipped_names().count());
        for (name, profile) in [
            ("hubtel", "hubtel"),
            ("advanta", "advanta-ussd"),
            ("advanta-sms", "advanta-sms"),
            ("huawei-sdp", "huawei-sdp-ussd"),
            ("yo", "yo-sms"),
        ] {
            assert!(names.contains(&(name.to_owned(), profile)), "{name} {profile}");
        }
        assert!(!names.iter().any(|(name, _)| CHANNELS.iter().any(|(own, _)| own == name)), "a name is taken twice");
    }
}
