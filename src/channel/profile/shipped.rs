//! The profiles that come with the program.

use super::{Problem, Profile};

macro_rules! profiles {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../gateway-config/profiles/", $name, ".toml")))),*]
    };
}

/// Name and text of each.
const SHIPPED: &[(&str, &str)] = profiles![
    "advanta-sms",
    "advanta-ussd",
    "africastalking-sms",
    "africastalking-ussd",
    "airtel-flares",
    "apposit",
    "arabiacell",
    "arkesel",
    "axis-cp",
    "bandwidth",
    "bdapps",
    "beem-sms",
    "beem-ussd",
    "blackmyna",
    "bongolive",
    "burstsms",
    "cellulant-sms",
    "cellulant-ussd",
    "chikka",
    "clickatell",
    "clickmobile",
    "clicksend",
    "cm",
    "comviva-sms",
    "comviva-ussd",
    "crmtext",
    "cross-switch",
    "crossgate",
    "dart",
    "diginov",
    "dmark-sms",
    "dmark-ussd",
    "emergent",
    "globe",
    "highconnection",
    "hollatags",
    "hormuud",
    "httpsms",
    "huawei-sdp-ussd",
    "hubtel",
    "hutch3-cp",
    "i2sms",
    "iconcept",
    "imimobile",
    "indosat-cp",
    "infobip-sms",
    "infobip-ussd",
    "integrat-sms",
    "integrat-ussd",
    "jasmin",
    "junebug",
    "justcall",
    "kairosafrika",
    "kannel-sms",
    "korba",
    "m3tech",
    "macrokiosk",
    "mblox",
    "mediaedgegsm",
    "mediafonemc",
    "messagebird",
    "messangi",
    "mobifone-vn",
    "mobivate",
    "mobtech-kannel",
    "moolre",
    "movilgate",
    "mtarget",
    "mtech-kenya",
    "mtech-ussd",
    "mtn",
    "mtn-madapi",
    "mtn-rwanda",
    "nalo",
    "netcore",
    "novo",
    "nsano",
    "oltranz",
    "opera-interactive",
    "orange-sdp",
    "parlayx-huawei",
    "playmobile",
    "playsms",
    "plivo",
    "rajasms",
    "redrabbit",
    "restcomm",
    "safaricom",
    "sendexa",
    "shaqodoon",
    "smscentral",
    "smsgate",
    "smssync",
    "southpawsl",
    "start",
    "tcastsms",
    "telesom",
    "telkomsel-cp",
    "telkomsel-digihub",
    "telkomsel-direct",
    "textbee",
    "thinq",
    "trueafrican",
    "truroute",
    "ttc-burkinafaso",
    "twilio",
    "txtghana",
    "vas2nets-sms",
    "vas2nets-ussd",
    "vodacom-aat",
    "vonage",
    "wavecell-8x8",
    "wavy",
    "wigal",
    "xl-cp",
    "yate",
    "yo-sms",
    "yoni",
    "zenvia",
    "zenviaold",
    "zenziva",
];

/// Letters by which somebody is found who remembers a name by half.
const NEAR_LETTERS: usize = 4;

impl Profile {
    /// A profile that comes with the program, by its name or another that it goes by.
    pub fn shipped(name: &str) -> Option<Result<Self, Vec<Problem>>> {
        let own = SHIPPED.iter().find(|(own, _)| *own == name).map(|(name, text)| Self::parse(&format!("{name}.toml"), text));
        own.or_else(|| {
            let goes_by = |profile: &Self| profile.also.iter().any(|other| other == name);
            SHIPPED.iter().filter_map(|(name, text)| Self::parse(name, text).ok()).find(goes_by).map(Ok)
        })
    }

    /// The file of one that comes with the program.
    pub fn shipped_text(name: &str) -> Option<&'static str> {
        SHIPPED.iter().find(|(own, _)| *own == name).map(|(_, text)| *text)
    }

    /// The names of those that begin as a name does that is none.
    pub fn shipped_near(name: &str) -> Vec<&'static str> {
        let opening = |name: &str| name.to_lowercase().chars().take(NEAR_LETTERS).collect::<String>();
        Self::shipped_names().filter(|own| opening(own) == opening(name)).collect()
    }

    /// The names of all, without the others that they go by.
    pub fn shipped_names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_profile_in_the_folder_is_shipped() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("gateway-config/profiles");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        assert_eq!(files, Profile::shipped_names().collect::<Vec<_>>());
    }

    #[test]
    fn no_two_go_by_one_name() {
        let mut names: Vec<String> = Profile::shipped_names().map(str::to_owned).collect();
        for name in Profile::shipped_names() {
            names.extend(Profile::shipped(name).unwrap().unwrap().also);
        }
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
