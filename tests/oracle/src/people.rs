//! Who calls: the demo's citizens and the phones that belong to tests.

/// Phones +62 812 000 00000 to +62 812 000 99999 belong to demo and tests.
pub const PHONES: u32 = 100_000;
/// The first phone of those that write. Where some do, nobody dials from these: each has one citizen.
pub const WRITERS: u32 = 50_000;

/// A citizen as `GET /sim/api/citizens` lists them.
#[derive(Clone)]
pub struct Citizen {
    pub nik: String,
    pub kk4: String,
    pub status: String,
}

impl Citizen {
    /// The last four digits: all that a page may show of a NIK.
    pub fn nik4(&self) -> &str {
        last4(&self.nik)
    }
}

impl std::fmt::Debug for Citizen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Citizen(..{}, {})", self.nik4(), self.status)
    }
}

pub fn read_citizens(json: &[u8]) -> Result<Vec<Citizen>, String> {
    let value: serde_json::Value = serde_json::from_slice(json).map_err(|e| format!("the list of citizens is no JSON: {e}"))?;
    let list = value.as_array().ok_or("the list of citizens is no array")?;
    let citizens = list
        .iter()
        .map(|one| {
            let field = |name: &str| one.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
            Citizen { nik: field("nik"), kk4: field("kk4"), status: field("status") }
        })
        .filter(|citizen| citizen.nik.len() == 16 && citizen.kk4.len() == 4)
        .collect::<Vec<_>>();
    if citizens.is_empty() { Err("no citizen with a NIK and four KK digits".to_owned()) } else { Ok(citizens) }
}

/// One of the test phones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(pub u32);

impl Phone {
    /// `+62812000NNNNN`.
    pub fn number(self) -> String {
        format!("+62812000{:05}", self.0 % PHONES)
    }

    pub fn to4(self) -> String {
        last4(&self.number()).to_owned()
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "phone ..{:05}", self.0)
    }
}

fn last4(digits: &str) -> &str {
    digits.get(digits.len().saturating_sub(4)..).unwrap_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_list_and_skips_what_is_no_citizen() {
        let json = br#"[{"nik":"1606010101909999","kk4":"1234","status":"tercetak","note":""},{"nik":"12","kk4":"1"}]"#;
        let citizens = read_citizens(json).unwrap();
        assert_eq!(citizens.len(), 1);
        assert_eq!(citizens[0].nik4(), "9999");
        assert!(read_citizens(b"{}").is_err());
        assert!(!format!("{:?}", citizens[0]).contains("16060101"));
    }

    #[test]
    fn phones_are_the_test_phones() {
        assert_eq!(Phone(7).number(), "+6281200000007");
        assert_eq!(Phone(99_999).to4(), "9999");
    }
}
