//! What a caller does with each page: pure, page in, keys out.
//!
//! A status dialogue is four turns (dial, 1, NIK, KK), a booking eight (dial, 2, NIK, KK, need, place, slot, confirm). The caller reads
//! what is offered instead of pressing blind, so it also finds its way when a page is resumed or a place has a list before it.

use super::Citizen;

/// Choices between the KK digits and the last page of a booking; more would be a circle.
const CHOICES_MAX: u8 = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    Status,
    Booking,
}

impl Errand {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Booking => "booking",
        }
    }
}

/// What to do after a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    Press(&'a str),
    /// It went as it should and came to this.
    Done(&'static str),
    /// This page should not have come here.
    Wrong(&'static str),
}

/// One caller's way through one dialogue.
#[derive(Debug)]
pub(super) struct Script<'a> {
    errand: Errand,
    citizen: &'a Citizen,
    waits_for: Waits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Menu,
    Nik,
    Kk,
    Status,
    /// So many choices were made since the KK digits.
    Booking(u8),
}

/// Words of a page, in small letters, that end a booking dialogue, and what it is counted as. The first that is there counts.
const BOOKING_OUTCOMES: &[(&str, &str)] = &[
    ("tersimpan", "stored"),
    ("sedang dipesan", "held"),
    ("penuh", "full"),
    ("sudah ada janji", "already"),
    ("sudah punya", "already"),
    ("belum 16", "under_age"),
    ("belum cukup umur", "under_age"),
    ("tidak cocok", "no_match"),
    ("sudah lewat", "expired"),
];

/// The first line of the main menu.
const MENU: &str = "DUKCAPIL MUBA";

impl<'a> Script<'a> {
    pub(super) const fn new(errand: Errand, citizen: &'a Citizen) -> Self {
        Self { errand, citizen, waits_for: Waits::Menu }
    }

    pub(super) fn next<'p>(&mut self, text: &'p str, open: bool) -> Next<'p>
    where
        'a: 'p,
    {
        match self.waits_for {
            Waits::Menu if open && text.starts_with(MENU) => {
                self.waits_for = Waits::Nik;
                Next::Press(if self.errand == Errand::Status { "1" } else { "2" })
            }
            // A number whose last dialogue broke off is offered to go on.
            Waits::Menu if open => choice(text, "Mulai baru").map_or(Next::Wrong("menu"), Next::Press),
            Waits::Menu => Next::Wrong("menu"),
            Waits::Nik if open && text.contains("NIK") && text.contains("16") => {
                self.waits_for = Waits::Kk;
                Next::Press(&self.citizen.nik)
            }
            // A number that is linked to a NIK is offered it; ours may be another citizen's of an earlier run.
            Waits::Nik if open && self.errand == Errand::Status => choice(text, "NIK lain").map_or(Next::Wrong("nik"), Next::Press),
            Waits::Nik if open && choice(text, "Janji baru").is_some() => Next::Done("already"),
            Waits::Nik => Next::Wrong("nik"),
            Waits::Kk if open && text.contains("4 angka") && text.contains("KK") => {
                self.waits_for = if self.errand == Errand::Status { Waits::Status } else { Waits::Booking(0) };
                Next::Press(&self.citizen.kk4)
            }
            Waits::Kk => Next::Wrong("kk"),
            Waits::Status if text.contains(&self.citizen.shown()) => Next::Done("shown"),
            Waits::Status if text.contains("DICATAT") => Next::Done("late"),
            Waits::Status => Next::Wrong("status"),
            Waits::Booking(made) => self.booking(text, open, made),
        }
    }

    fn booking<'p>(&mut self, text: &'p str, open: bool, made: u8) -> Next<'p> {
        let small = text.to_lowercase();
        if let Some((_, outcome)) = BOOKING_OUTCOMES.iter().find(|(words, _)| small.contains(words)) {
            // Nothing counts as stored before anything could be confirmed.
            return if *outcome == "stored" && made < 2 { Next::Wrong("booking") } else { Next::Done(outcome) };
        }
        match first_choice(text) {
            Some(digits) if open && made < CHOICES_MAX => {
                self.waits_for = Waits::Booking(made + 1);
                Next::Press(digits)
            }
            _ => Next::Wrong("booking"),
        }
    }
}

/// The key in front of `words`: `2` of `1 Lanjutkan 2 Mulai baru`.
fn choice<'p>(text: &'p str, words: &str) -> Option<&'p str> {
    let before = text.get(..text.find(words)?)?.trim_end_matches(' ');
    let digits = before.len() - before.bytes().rev().take_while(u8::is_ascii_digit).count();
    before.get(digits..).filter(|key| !key.is_empty())
}

/// The first key offered at the beginning of a line that is not one of the constants.
fn first_choice(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let (key, words) = line.split_once(' ')?;
        let is_key = matches!(key.len(), 1 | 2) && key.bytes().all(|byte| byte.is_ascii_digit());
        (is_key && !matches!(key, "0" | "00" | "98" | "99") && !words.is_empty()).then_some(key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MENU_PAGE: &str = "DUKCAPIL MUBA - GRATIS\n1 Cek KTP\n2 Buat janji";

    #[test]
    fn dialogues_go_by_what_is_read() {
        use Errand::{Booking, Status};
        let citizen = Citizen { nik: "1606010101909999".to_owned(), kk4: "1234".to_owned() };
        let ask_nik = "Ketik NIK 16 angka";
        let ask_kk = "Ketik 4 angka akhir No. KK";
        for (errand, pages, want) in [
            (Status, vec![MENU_PAGE, ask_nik, ask_kk, "KTP ..9999 SIAP CETAK"], vec!["1", "1606010101909999", "1234", "=shown"]),
            (Status, vec![MENU_PAGE, ask_nik, ask_kk, "KTP ..9998 SIAP CETAK"], vec!["1", "1606010101909999", "1234", "!status"]),
            (Status, vec!["1 Lanjutkan 2 Mulai baru", MENU_PAGE], vec!["2", "1"]),
            (Status, vec![MENU_PAGE, "1 NIK ..9999\n2 NIK lain", ask_nik], vec!["1", "2", "1606010101909999"]),
            (Status, vec!["Sedang sibuk"], vec!["!menu"]),
            (Status, vec![MENU_PAGE, "Sedang sibuk"], vec!["1", "!nik"]),
            (Status, vec![MENU_PAGE, ask_nik, "NIK salah"], vec!["1", "1606010101909999", "!kk"]),
            (
                Booking,
                vec![
                    MENU_PAGE,
                    ask_nik,
                    ask_kk,
                    "Untuk apa?\n1 Rekam KTP baru\n0 Kembali",
                    "Di mana?\n2 Dukcapil Sekayu\n3 Pilih kecamatan",
                    "Pilih waktu:\n6 Sen 01 Des 08-10 (4)\n98 Lagi",
                    "Sen 01 Des 08-10\n1 YA, simpan\n2 Tidak",
                    "JANJI TERSIMPAN\nKode K4821735",
                ],
                vec!["2", "1606010101909999", "1234", "1", "2", "6", "1", "=stored"],
            ),
            (Booking, vec![MENU_PAGE, ask_nik, ask_kk, "Sudah ada janji\n1 Lihat"], vec!["2", "1606010101909999", "1234", "=already"]),
            (Booking, vec![MENU_PAGE, "1 K4821735 Sen 01 Des\n2 Janji baru"], vec!["2", "=already"]),
            (Booking, vec![MENU_PAGE, ask_nik, ask_kk, "JANJI TERSIMPAN"], vec!["2", "1606010101909999", "1234", "!booking"]),
            (Booking, vec![MENU_PAGE, ask_nik, ask_kk, "Hari itu PENUH\n1 Lain"], vec!["2", "1606010101909999", "1234", "=full"]),
            (Booking, vec![MENU_PAGE, ask_nik, ask_kk, "Gangguan. 0 Kembali"], vec!["2", "1606010101909999", "1234", "!booking"]),
        ] {
            let mut script = Script::new(errand, &citizen);
            for (page, want) in pages.iter().zip(&want) {
                let open = !page.contains("TERSIMPAN") && !page.contains("sibuk");
                let got = match script.next(page, open) {
                    Next::Press(keys) => keys.to_owned(),
                    Next::Done(outcome) => format!("={outcome}"),
                    Next::Wrong(where_) => format!("!{where_}"),
                };
                assert_eq!(got, *want, "{page}");
            }
        }
    }
}
