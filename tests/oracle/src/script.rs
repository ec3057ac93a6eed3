//! What a citizen with a goal presses on a page: a page and a goal in, a move out. Pages are read, digits are never assumed, so a
//! page of an earlier step (after a restart) is answered like any other.

use crate::page::{Page, Window, is_code};
use crate::people::Citizen;
use crate::unit::VILLAGES;

/// What the caller wants of this dialogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    Status,
    Book {
        need: u8,
        place: Place,
        pick: Pick,
    },
    Cancel {
        code: String,
    },
    /// Leave a complaint or call for a human, in these words, as a form has them.
    Report {
        way: Way,
        words: String,
    },
    /// Something about the mobile unit in a village, by its place in the list of villages.
    Village {
        village: usize,
        wish: Wish,
    },
    /// Say that what a ticket was about is done.
    Agree {
        code: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Complain,
    Call,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To be told when it comes; and not any more.
    Join,
    Leave,
    /// A seat at one of its stops.
    Visit {
        need: u8,
        pick: Pick,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    First,
    /// The option that holds this word.
    Named(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// The n-th window on the page, counted round.
    Nth(u64),
    /// This window and no other.
    Only(Window),
    /// None: only see what is offered.
    Look,
}

/// What to do with a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    Press(String),
    /// Press a window of the list.
    Choose(String, Window),
    /// The first window offered, for somebody who only looks.
    Offered(Window),
    /// Press what changes the world: confirm a booking, its cancelling, a complaint, or that it is done. With the window that the page names.
    Confirm(String, Option<Window>),
    /// The dialogue has come to its end.
    Done(Why),
}

/// How a dialogue ended, as the citizen saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// `END …`: the page itself says what happened.
    Ended,
    /// The status page of the asked NIK.
    Status,
    Full,
    Held,
    Already,
    /// The wanted window (or any) is not in the list.
    NotOffered,
    /// A page that leads nowhere for this goal: not matching, too young, locked, asked too often.
    Other,
}

impl Why {
    pub fn name(self) -> &'static str {
        match self {
            Why::Ended => "ended",
            Why::Status => "status",
            Why::Full => "full",
            Why::Held => "held",
            Why::Already => "already",
            Why::NotOffered => "not_offered",
            Why::Other => "other",
        }
    }
}

pub fn next(goal: &Goal, page: &Page, citizen: &Citizen) -> Move {
    if !page.open {
        return Move::Done(refusal(page).unwrap_or(Why::Ended));
    }
    if let (Some(_), Some(fresh)) = (page.choice_with("lanjutkan"), page.choice_with("mulai baru")) {
        return press(fresh.key);
    }
    if let (Some(status), Some(booking)) = (page.choice_with("cek ktp"), page.choice_with("buat janji")) {
        return match goal {
            Goal::Status => press(status.key),
            Goal::Book { .. } | Goal::Cancel { .. } => press(booking.key),
            Goal::Report { way: Way::Call, .. } => press_with(page, "bicara petugas"),
            Goal::Report { .. } | Goal::Agree { .. } => press_with(page, "lapor"),
            Goal::Village { .. } => press_with(page, "info"),
        };
    }
    match goal {
        Goal::Report { words, .. } => return report(page, words),
        Goal::Agree { code } => return agree(page, code),
        Goal::Village { village, wish } => {
            if let Some(found) = in_village(page, *village, *wish) {
                return found;
            }
        }
        Goal::Status | Goal::Book { .. } | Goal::Cancel { .. } => {}
    }
    let asks = page.choices().next().is_none();
    if asks && page.holds("4 angka") && page.holds("KK") {
        return press(&citizen.kk4);
    }
    // A page that names `..NNNN` has a NIK already, and `16` is part of a date.
    if asks && page.holds("NIK") && page.holds("16") && page.tails().next().is_none() {
        return press(&citizen.nik);
    }
    if let Some(other) = page.choice_with("nik lain") {
        return press(other.key);
    }
    match goal {
        Goal::Status if page.tails().any(|tail| tail == citizen.nik4()) => Move::Done(Why::Status),
        Goal::Status => Move::Done(Why::Other),
        Goal::Book { need, place, pick } => book(page, *need, place, *pick),
        Goal::Cancel { code } => cancel(page, code),
        Goal::Village { wish: Wish::Visit { need, pick }, .. } => book(page, *need, &Place::First, *pick),
        Goal::Report { .. } | Goal::Agree { .. } | Goal::Village { .. } => Move::Done(Why::Other),
    }
}

/// The pages on the way to the mobile unit; none for those that every booking passes.
fn in_village(page: &Page, village: usize, wish: Wish) -> Option<Move> {
    let is_visit = matches!(wish, Wish::Visit { .. });
    if let Some(timetable) = page.choice_with("jadwal keliling") {
        return Some(press(timetable.key));
    }
    if page.choices().next().is_none() && page.holds("JADWAL KELILING") {
        return Some(VILLAGES.get(village).map_or(Move::Done(Why::Other), |(name, _)| press(name)));
    }
    if let Some(join) = page.choice_from("ya, daftar") {
        let is_join = wish == Wish::Join;
        return Some(if is_join { Move::Confirm(join.key.to_owned(), None) } else { Move::Done(Why::NotOffered) });
    }
    if let Some(leave) = page.choice_from("keluar daftar") {
        let is_leave = wish == Wish::Leave;
        return Some(if is_leave { Move::Confirm(leave.key.to_owned(), None) } else { Move::Done(Why::Already) });
    }
    if page.holds("KELILING ") && page.choices().any(|choice| Window::find(choice.label).is_some()) && !is_visit {
        return Some(Move::Done(Why::NotOffered));
    }
    page.choice_from("buat janji").filter(|_| is_visit).map(|book| press(book.key))
}

fn report(page: &Page, words: &str) -> Move {
    if let Some(yes) = page.choice_from("ya") {
        return Move::Confirm(yes.key.to_owned(), None);
    }
    if page.choices().next().is_none() && page.holds("Tulis") { press(words) } else { Move::Done(Why::Other) }
}

fn agree(page: &Page, code: &str) -> Move {
    match page.choice_from("sudah") {
        Some(done) if page.holds(code) => Move::Confirm(done.key.to_owned(), None),
        None if page.choices().next().is_none() && page.holds("No. laporan") => press(code),
        _ => Move::Done(Why::Other),
    }
}

fn book(page: &Page, need: u8, place: &Place, pick: Pick) -> Move {
    if let Some(why) = refusal(page) {
        return Move::Done(why);
    }
    if let Some(yes) = page.choice_from("ya") {
        let named = Window::find(&page.text);
        // After a restart a digit may have meant another window than the one that was read beside it.
        return match pick {
            Pick::Only(wanted) if named.is_some_and(|named| named != wanted) => Move::Done(Why::NotOffered),
            _ => Move::Confirm(yes.key.to_owned(), named),
        };
    }
    if let Some(fresh) = page.choice_with("janji baru") {
        return press(fresh.key);
    }
    if page.choices().any(|c| is_code(c.label.split(' ').next().unwrap_or_default())) {
        // The citizen's own bookings; the way to a new one stands on a later part of the page.
        return if page.has_more() { press("98") } else { Move::Done(Why::Other) };
    }
    let windows: Vec<(&str, Window)> = page.choices().filter_map(|c| Some((c.key, Window::find(c.label)?))).collect();
    if !windows.is_empty() {
        return choose(page, &windows, pick);
    }
    if page.choice_with("rekam").is_some() && page.choices().count() > 3 {
        let key = need.to_string();
        return match page.choices().find(|c| c.key == key).or_else(|| page.choices().next()) {
            Some(choice) => press(choice.key),
            None => Move::Done(Why::Other),
        };
    }
    let offices = ["sekayu", "kecamatan", "desa"];
    if offices.iter().any(|word| page.choice_with(word).is_some()) {
        let choice = match place {
            Place::First => page.choices().next(),
            Place::Named(word) => page.choice_with(word),
        };
        return choice.map_or(Move::Done(Why::Other), |choice| press(choice.key));
    }
    Move::Done(Why::Other)
}

fn choose(page: &Page, windows: &[(&str, Window)], pick: Pick) -> Move {
    let found = match pick {
        Pick::Look => return windows.first().map_or(Move::Done(Why::NotOffered), |(_, window)| Move::Offered(*window)),
        Pick::Nth(n) => usize::try_from(n % windows.len() as u64).ok().and_then(|n| windows.get(n)),
        Pick::Only(wanted) => windows.iter().find(|(_, window)| *window == wanted),
    };
    match found {
        Some((key, window)) => Move::Choose((*key).to_owned(), *window),
        None if page.has_more() => press("98"),
        None => Move::Done(Why::NotOffered),
    }
}

/// Pages that say no: every seat booked, the last ones held, a booking stands already.
pub fn refusal(page: &Page) -> Option<Why> {
    if page.holds("TERSIMPAN") || page.holds("DIBATALKAN") {
        return None;
    }
    let small = page.text.to_ascii_lowercase();
    let lists_windows = page.choices().any(|c| Window::find(c.label).is_some());
    if !lists_windows && small.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word == "penuh") {
        Some(Why::Full)
    } else if small.contains("dipesan") {
        Some(Why::Held)
    } else if small.contains("sudah ada janji") || small.contains("sudah punya janji") || small.contains("sudah ada") {
        Some(Why::Already)
    } else {
        None
    }
}

fn cancel(page: &Page, code: &str) -> Move {
    if let Some(yes) = page.choice_from("ya") {
        return Move::Confirm(yes.key.to_owned(), None);
    }
    if let Some(mine) = page.choice_with(code) {
        return press(mine.key);
    }
    if let Some(cancel) = page.choice_from("batalkan") {
        return press(cancel.key);
    }
    if page.has_more() { press("98") } else { Move::Done(Why::Other) }
}

fn press_with(page: &Page, word: &str) -> Move {
    page.choice_with(word).map_or(Move::Done(Why::Other), |choice| press(choice.key))
}

fn press(key: &str) -> Move {
    Move::Press(key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn citizen() -> Citizen {
        Citizen { nik: "1606010101909999".to_owned(), kk4: "1234".to_owned(), status: "tercetak".to_owned() }
    }

    fn first() -> Goal {
        Goal::Book { need: 4, place: Place::First, pick: Pick::Nth(0) }
    }

    const MENU: &str = "CON DUKCAPIL MUBA - GRATIS\n1 Cek KTP\n2 Buat janji\n3 Info & belajar\n4 Lapor keluhan\n5 Bicara petugas";
    const SUMMARY: &str = "CON Sen 01 Des 08-10\nDukcapil Sekayu\n1 YA, simpan\n2 Tidak";
    const SLOTS: &str = "CON Pilih waktu:\n1 Sen 01 Des 08-10 (4)\n2 Sen 01 Des 10-12 (12)\n98 Lagi\n0 Kembali";

    #[test]
    fn presses_what_the_page_offers() {
        let window = |from| Window { month: 12, day: 1, from, to: from + 2 };
        let cancel = Goal::Cancel { code: "K4821735".to_owned() };
        let only = |from| Goal::Book { need: 1, place: Place::Named("Sekayu".to_owned()), pick: Pick::Only(window(from)) };
        let press = |key: &str| Move::Press(key.to_owned());
        let complain = || Goal::Report { way: Way::Complain, words: "pintu+macet".to_owned() };
        let agree = || Goal::Agree { code: "A4821735".to_owned() };
        let village = |wish| Goal::Village { village: 0, wish };
        let visit = || village(Wish::Visit { need: 1, pick: Pick::Nth(1) });
        let confirm = || Move::Confirm("1".to_owned(), None);
        let cases = [
            (Goal::Status, MENU, press("1")),
            (first(), MENU, press("2")),
            (complain(), MENU, press("4")),
            (Goal::Report { way: Way::Call, words: "a".to_owned() }, MENU, press("5")),
            (complain(), "CON LAPOR KELUHAN\nTulis keluhan, atau No. laporan utk cek.\n0 Kembali", press("pintu+macet")),
            (complain(), "CON Kirim keluhan ini?\n1 YA, kirim\n2 Rahasiakan nomor", Move::Confirm("1".to_owned(), None)),
            (complain(), "CON No. A4821735 antre ke-2\n1 Tambah pesan\n2 Telepon & alamat", Move::Done(Why::Other)),
            (agree(), MENU, press("4")),
            (agree(), "CON LAPOR KELUHAN\nTulis keluhan, atau No. laporan utk cek.\n0 Kembali", press("A4821735")),
            (agree(), "CON No. A4821735 sudah dijawab petugas. Sudah beres?\n1 Sudah\n2 Belum", Move::Confirm("1".to_owned(), None)),
            (agree(), "CON No. A4821735: BELUM SELESAI\n1 Lapor lagi", Move::Done(Why::Other)),
            (village(Wish::Join), MENU, press("3")),
            (village(Wish::Join), "CON INFO\n4 Data nomor ini\n5 Jadwal keliling", press("5")),
            (village(Wish::Join), "CON JADWAL KELILING\nKetik nama desa.\n0 Kembali", press("Mangsang")),
            (village(Wish::Join), "CON Belum ada jadwal baru ke Mangsang.\n1 YA, daftar\n2 Minta ke rumah", confirm()),
            (visit(), "CON Belum ada jadwal baru ke Mangsang.\n1 YA, daftar\n2 Minta ke rumah", Move::Done(Why::NotOffered)),
            (village(Wish::Leave), "CON Anda antre keliling Mangsang\n1 Keluar daftar", confirm()),
            (village(Wish::Join), "CON Anda antre keliling Mangsang\n1 Keluar daftar", Move::Done(Why::Already)),
            (village(Wish::Join), "CON KELILING Mangsang\n1 Kam 10 Des 08-10 (3)", Move::Done(Why::NotOffered)),
            (visit(), "CON KELILING Mangsang\n1 Sen 01 Des 08-10 (3)\n2 Sen 01 Des 10-12 (3)", Move::Choose("2".to_owned(), window(10))),
            (visit(), "CON Pos 7 Mangsang\nKam 10 Des jam 08-10\nSisa 2 kursi.\n1 Buat janji", press("1")),
            (visit(), "CON DI MANA?\n1 Pos 7 Mangsang\n2 Dukcapil Sekayu\n4 Ketik nama desa", press("1")),
            (visit(), SUMMARY, Move::Confirm("1".to_owned(), Some(window(8)))),
            (first(), "CON Anda belum selesai.\n1 Lanjutkan\n2 Mulai baru", press("2")),
            (first(), "CON Ketik NIK 16 angka.\nHanya untuk layanan ini.\n0 Kembali", press("1606010101909999")),
            (first(), "CON Ketik 4 angka terakhir No. KK:\n0 Kembali", press("1234")),
            (Goal::Status, "CON 1 NIK ..9999\n2 NIK lain\n0 Kembali", press("2")),
            (Goal::Status, "CON NIK ..9999: SIAP CETAK\nDatang bawa KK\n1 Buat janji\n2 Ingat NIK ini", Move::Done(Why::Status)),
            (Goal::Status, "CON NIK ..9999: TERCETAK\nsejak 16 Nov\n0 Kembali", Move::Done(Why::Status)),
            (Goal::Status, "CON Data tak cocok\n1 Coba lagi", Move::Done(Why::Other)),
            (first(), "CON Janji Anda:\n1 K4821735 Sen 01 Des 08-10\n2 Janji baru", press("2")),
            (first(), "CON Perlu apa?\n1 Rekam KTP baru\n2 KTP hilang\n3 KTP rusak\n4 Ubah data\n5 Ambil KTP", press("4")),
            (first(), "CON Di mana?\n1 Kantor Camat Lais\n2 Dukcapil Sekayu\n3 Pilih kecamatan", press("1")),
            (first(), "CON Di mana?\n2 Dukcapil Sekayu\n3 Pilih kecamatan", press("2")),
            (only(8), "CON Di mana?\n1 Kantor Camat Lais\n2 Dukcapil Sekayu", press("2")),
            (first(), SLOTS, Move::Choose("1".to_owned(), window(8))),
            (only(10), SLOTS, Move::Choose("2".to_owned(), window(10))),
            (only(13), SLOTS, press("98")),
            (only(13), "CON 6 Sen 01 Des 08-10 (1)\n0 Kembali", Move::Done(Why::NotOffered)),
            (first(), SUMMARY, Move::Confirm("1".to_owned(), Some(window(8)))),
            (only(8), SUMMARY, Move::Confirm("1".to_owned(), Some(window(8)))),
            (only(10), SUMMARY, Move::Done(Why::NotOffered)),
            (first(), "CON PENUH. Pilih lain:\n1 Jam lain", Move::Done(Why::Full)),
            (first(), "CON Waktu itu baru saja penuh.\n1 Waktu lain\n2 Tempat lain", Move::Done(Why::Full)),
            (first(), "CON Sedang dipesan, coba 3 menit lagi\n1 Jam lain", Move::Done(Why::Held)),
            (first(), "CON NIK ini sudah ada janji.\n1 Menu", Move::Done(Why::Already)),
            (first(), "END JANJI TERSIMPAN", Move::Done(Why::Ended)),
            (first(), "END Maaf, PENUH.", Move::Done(Why::Full)),
            (cancel.clone(), "CON Janji Anda:\n1 K4821735 Sen 01 Des 08-10\n2 Janji baru", press("1")),
            (cancel.clone(), "CON K4821735\nSen 01 Des 08-10\n1 Batalkan\n0 Kembali", press("1")),
            (cancel, "CON Batalkan K4821735?\n1 Ya, batalkan\n2 Tidak", Move::Confirm("1".to_owned(), None)),
        ];
        for (goal, text, wanted) in cases {
            assert_eq!(next(&goal, &Page::read(text.as_bytes()).unwrap(), &citizen()), wanted, "{text}");
        }
    }
}
