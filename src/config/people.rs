//! Who answers citizens, as the config names them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ConfigError, one};
use crate::citizen::Msisdn;
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
}

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
        Ok(Roster::new(officers))
    }
}
