//! What officers and coordinators write to reach villages. Pure.
//!
//! ```text
//! KADER 0812 0000 0001 Muara Medak      asks that phone to be the coordinator of a village, or of a kecamatan
//! KADER 0812 0000 0001 RT 03            of a part of the writer's own village
//! KADER 0812 0000 0001 KELUAR           that phone's is coordinator no more
//! AJAK 0812 0000 0001                   asks a neighbour whether announcements are welcome
//! KELUAR KADER                          coordinator no more
//! UMUM Bayung Lencir: Mobil datang Senin   an announcement, for a second person to approve
//! P4821735 SETUJU                       goes out; or TOLAK with the reason, or HENTI half way
//! ```

use super::split;
use crate::citizen::code;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outreach<'t> {
    Enrol {
        number: &'t str,
        area: &'t str,
    },
    Invite {
        number: &'t str,
    },
    Leave,
    /// Both are empty if no colon parts them.
    Announce {
        area: &'t str,
        text: &'t str,
    },
    Decide {
        code: String,
        decision: Decision<'t>,
    },
}

/// What becomes of an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<'t> {
    Approve,
    /// With the reason.
    Refuse(&'t str),
    Halt,
}

/// `None`: it is none of these, whoever wrote it.
pub fn read(text: &str) -> Option<Outreach<'_>> {
    let text = text.trim();
    let (first, rest) = split(text);
    match first.to_ascii_uppercase().as_str() {
        "KADER" => number(rest).map(|(number, area)| Outreach::Enrol { number, area }),
        "AJAK" => number(rest).map(|(number, _)| Outreach::Invite { number }),
        "KELUAR" if rest.eq_ignore_ascii_case("kader") => Some(Outreach::Leave),
        "UMUM" => {
            let (area, text) = rest.split_once(':').unwrap_or_default();
            Some(Outreach::Announce { area: area.trim(), text: text.trim() })
        }
        _ => {
            let code = code::read(first.trim_end_matches([':', ',', '.']))?;
            decision(rest).map(|decision| Outreach::Decide { code, decision })
        }
    }
}

fn decision(text: &str) -> Option<Decision<'_>> {
    let (first, rest) = split(text);
    match first.to_ascii_uppercase().as_str() {
        "SETUJU" if rest.is_empty() => Some(Decision::Approve),
        "TOLAK" => Some(Decision::Refuse(rest)),
        "HENTI" if rest.is_empty() => Some(Decision::Halt),
        _ => None,
    }
}

/// A telephone number however it is spaced, and what stands behind it.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-. ()".contains(c))).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    number.contains(|c: char| c.is_ascii_digit()).then(|| (number.trim(), rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_villages_is_read() {
        let code = code::from_number(7);
        let decide = |decision| Some(Outreach::Decide { code: code.clone(), decision });
        for (text, order) in [
            ("kader 0812 0000-0001 Muara Medak", Some(Outreach::Enrol { number: "0812 0000-0001", area: "Muara Medak" })),
            ("KADER +6281200000001 RT 03", Some(Outreach::Enrol { number: "+6281200000001", area: "RT 03" })),
            ("KADER Muara Medak", None),
            ("Kader kami belum dapat KTP", None),
            (" AJAK 081200000001 ", Some(Outreach::Invite { number: "081200000001" })),
            ("ajak tetangga", None),
            ("Keluar kader", Some(Outreach::Leave)),
            ("keluar dari sini", None),
            ("UMUM Bayung Lencir: Mobil datang jam 8: bawa KK", {
                Some(Outreach::Announce { area: "Bayung Lencir", text: "Mobil datang jam 8: bawa KK" })
            }),
            ("umum mobil datang", Some(Outreach::Announce { area: "", text: "" })),
            (&format!("{} setuju", code.to_lowercase()), decide(Decision::Approve)),
            (&format!("{code}: TOLAK salah hari"), decide(Decision::Refuse("salah hari"))),
            (&format!("{code} henti"), decide(Decision::Halt)),
            (&format!("{code} setuju pak"), None),
            (&format!("{code} datang saja"), None),
            ("", None),
        ] {
            assert_eq!(read(text), order, "{text}");
        }
    }
}
