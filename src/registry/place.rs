//! Names of places as a citizen's phone can show them.

use crate::gsm;

/// Longest place in an entry: what a status page has room for.
pub const PLACE_SEPTETS_MAX: usize = 20;

/// Makes a name from outside short and showable: one space between words, the GSM alphabet only, cut at a word. A first word that is too
/// long by itself is cut within.
pub(super) fn short(name: &str) -> String {
    let mut place = String::new();
    let mut used = 0;
    for word in name.split(|char: char| char.is_whitespace() || char.is_control()) {
        let word: String = word.chars().map(plain).filter(|&char| width(char).is_some()).collect();
        let gap = usize::from(!place.is_empty());
        let length: usize = word.chars().filter_map(width).sum();
        if word.is_empty() {
            continue;
        }
        if used + gap + length > PLACE_SEPTETS_MAX {
            if place.is_empty() {
                place = cut(&word);
            }
            break;
        }
        if gap == 1 {
            place.push(' ');
        }
        place.push_str(&word);
        used += gap + length;
    }
    place
}

fn cut(word: &str) -> String {
    let mut used = 0;
    word.chars()
        .take_while(|&char| {
            used += width(char).unwrap_or(0);
            used <= PLACE_SEPTETS_MAX
        })
        .collect()
}

/// Septets of one character; `None` if a basic phone cannot show it.
fn width(char: char) -> Option<usize> {
    gsm::septets(char.encode_utf8(&mut [0; 4])).ok()
}

/// What office software makes of typed quotes and dashes, back to what was typed.
const fn plain(char: char) -> char {
    match char {
        '‘' | '’' | '`' | '´' => '\'',
        '“' | '”' => '"',
        '‐' | '‑' | '–' | '—' => '-',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_fits_its_screen() {
        for (name, expected) in [
            ("Sekayu", "Sekayu"),
            ("", ""),
            ("  Kantor \t Camat\u{a0}Keluang ", "Kantor Camat Keluang"),
            // 20 septets are the most; the 21st takes its word along.
            ("12345678901234567890", "12345678901234567890"),
            ("Kantor Camat Lalanxyz", "Kantor Camat"),
            ("Kecamatan Bayung Lencir", "Kecamatan Bayung"),
            ("123456789012345678901", "12345678901234567890"),
            // Characters of the extension table count twice.
            ("[[[[[[[[[[[", "[[[[[[[[[["),
            ("Jum’at – Balai", "Jum'at - Balai"),
            // Not in the alphabet: left out.
            ("Balai 🏛 Desa", "Balai Desa"),
            ("Pos\u{0}A\nB", "Pos A B"),
        ] {
            let place = short(name);
            assert_eq!(place, expected, "{name:?}");
            assert!(gsm::septets(&place).is_ok_and(|septets| septets <= PLACE_SEPTETS_MAX), "{name:?}");
        }
    }
}
