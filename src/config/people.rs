//! Who answers citizens, as the config names them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ConfigError, one};
use crate::citizen::Msisdn;
use crate::gsm;
use crate::service::officer::{Officer, Role, Roster};
use crate::service::place::Window;

/// Who answers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PeopleConfig {
    /// Phones of officers who answer what citizens want of a human, for the whole regency and whenever the offices are open. Without any
    /// here or in `roster`, the menu offers none.
    #[serde(default)]
    officers: Vec<String>,
    /// Whoever answers otherwise: supervisors, heads, inspectors, and officers of some kecamatan or hours.
    #[serde(default)]
    roster: Vec<OfficerConfig>,
    /// What officers have ready to say: `A4821735 /syarat` says the text of that name. One SMS each.
    #[serde(default)]
    words: BTreeMap<String, String>,
}

/// What is said around a text takes the rest of one SMS.
const CANNED_SEPTETS_MAX: usize = 130;
/// Names are typed on a phone.
const NAME_LETTERS_MAX: usize = 12;
/// The list of names is one message.
const CANNED_MAX: usize = 20;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfficerConfig {
    number: String,
    role: RoleName,
    /// Numbers of kecamatan, 9 for 16.06.09. Without it the whole regency.
    #[serde(default)]
    districts: Vec<u16>,
    /// Whole hours of working days, `08-12`. Without it whenever the offices are open.
    hours: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RoleName {
    Officer,
    /// Gets what officers leave lying.
    Supervisor,
    /// Gets what supervisors leave lying.
    Head,
    /// Alone gets complaints about money that was asked for.
    Inspector,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Officer => Self::Officer,
            RoleName::Supervisor => Self::Supervisor,
            RoleName::Head => Self::Head,
            RoleName::Inspector => Self::Inspector,
        }
    }
}

impl PeopleConfig {
    pub(super) const fn has_nobody(&self) -> bool {
        self.officers.is_empty() && self.roster.is_empty()
    }

    /// What officers have ready to say: everything that is wrong with it.
    pub(super) fn words(&self) -> Result<BTreeMap<String, String>, ConfigError> {
        let mut wrong = Vec::new();
        if self.words.len() > CANNED_MAX {
            wrong.push(format!("people: words: more than {CANNED_MAX}"));
        }
        for (name, text) in &self.words {
            let is_name =
                (1..=NAME_LETTERS_MAX).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            let what = match gsm::septets(text) {
                _ if !is_name => format!("the name is 1 to {NAME_LETTERS_MAX} small letters or digits"),
                _ if text.trim().is_empty() => "says nothing".to_owned(),
                _ if text.contains(['{', '}']) => "has a brace in it, and nothing is filled in".to_owned(),
                Ok(septets) if septets > CANNED_SEPTETS_MAX => {
                    format!("takes {septets} septets, more than {CANNED_SEPTETS_MAX}: it must be one SMS")
                }
                Err(foreign) => foreign.to_string(),
                Ok(_) => continue,
            };
            wrong.push(format!("people: words: {name}: {what}"));
        }
        if wrong.is_empty() { Ok(self.words.clone()) } else { Err(ConfigError(wrong)) }
    }

    /// Those of `officers`, then those of `roster`.
    pub(super) fn officers(&self) -> Result<Roster, ConfigError> {
        let plain = self.officers.iter().map(|number| (number, Role::Officer, [].as_slice(), None));
        let rows = self.roster.iter();
        let listed = rows.map(|row| (&row.number, row.role.into(), row.districts.as_slice(), row.hours.as_deref()));
        let mut officers: Vec<Officer> = Vec::new();
        for (at, (number, role, districts, hours)) in (1..).zip(plain.chain(listed)) {
            let wrong = |what: String| one(format!("people: officers: number {at}: {what}"));
            let number = Msisdn::parse(number).map_err(|error| wrong(error.to_string()))?;
            if officers.iter().any(|other| other.number == number) {
                return Err(wrong("stands twice".to_owned()));
            }
            let hours = hours.map(Window::parse).transpose().map_err(|error| wrong(error.to_string()))?;
            officers.push(Officer { number, role, districts: districts.to_vec(), hours });
        }
        Ok(Roster::new(officers).with_words(self.words()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_ready_is_one_sms_without_braces() {
        let told = |words: &str| {
            let people: PeopleConfig = toml::from_str(words).unwrap();
            people.words().map(|words| words.len()).map_err(|ConfigError(wrong)| wrong.join("; "))
        };
        assert_eq!(told("words = { syarat = \"Bawa KK.\", tutup2 = \"Selesai.\" }"), Ok(2));
        let long = format!("words = {{ a = \"{}\" }}", "a".repeat(131));
        for (words, expected) in [
            ("words = { Syarat = \"Bawa KK.\" }", "small letters"),
            ("words = { syaratyangpanjang = \"Bawa KK.\" }", "1 to 12"),
            ("words = { a = \" \" }", "says nothing"),
            ("words = { a = \"Halo {nama}\" }", "brace"),
            ("words = { a = \"\u{4e2d}\" }", "\u{4e2d}"),
            (&long, "takes 131 septets"),
        ] {
            let wrong = told(words).unwrap_err();
            assert!(wrong.contains(expected), "{words}: {wrong}");
        }
    }
}
