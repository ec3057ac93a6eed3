//! Reading a page as a citizen would: words, numbered lines, codes, days. Nothing is known of menus.

use std::fmt;

/// A page of a dialogue: `CON …` leaves it open, `END …` closes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub open: bool,
    pub text: String,
}

/// A line `1 Cek KTP`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice<'a> {
    pub key: &'a str,
    pub label: &'a str,
}

/// Keys that mean the same everywhere: back, menu, language, more, a human.
const CONSTANTS: &[&str] = &["0", "00", "9", "98", "99"];
const MORE: &str = "98";

impl Page {
    pub fn read(body: &[u8]) -> Result<Page, &'static str> {
        let text = std::str::from_utf8(body).map_err(|_| "not UTF-8")?;
        match (text.strip_prefix("CON "), text.strip_prefix("END ")) {
            (Some(text), _) if !text.trim().is_empty() => Ok(Page { open: true, text: text.to_owned() }),
            (_, Some(text)) if !text.trim().is_empty() => Ok(Page { open: false, text: text.to_owned() }),
            (None, None) => Err("neither CON nor END"),
            _ => Err("an empty page"),
        }
    }

    /// The numbered lines, without the constants.
    pub fn choices(&self) -> impl Iterator<Item = Choice<'_>> {
        self.text.lines().filter_map(choice).filter(|c| !CONSTANTS.contains(&c.key))
    }

    /// The first choice whose label holds `word`, in any case.
    pub fn choice_with(&self, word: &str) -> Option<Choice<'_>> {
        self.choices().find(|c| holds(c.label, word))
    }

    /// The first choice whose label begins with `word`, in any case.
    pub fn choice_from(&self, word: &str) -> Option<Choice<'_>> {
        self.choices().find(|c| c.label.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
    }

    /// Is there another part of this page behind `98`?
    pub fn has_more(&self) -> bool {
        self.text.lines().flat_map(|line| line.split("  ")).filter_map(choice).any(|c| c.key == MORE)
    }

    pub fn holds(&self, word: &str) -> bool {
        self.text.contains(word)
    }

    /// Booking codes on the page: a capital letter and 7 digits.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| is_code(word))
    }

    /// Every `NNNN` of a `..NNNN`.
    pub fn tails(&self) -> impl Iterator<Item = &str> {
        self.text.match_indices("..").filter_map(|(at, _)| {
            let rest = self.text.get(at + 2..)?;
            let tail = rest.get(..4)?;
            let longer = rest.as_bytes().get(4).is_some_and(u8::is_ascii_digit);
            (tail.bytes().all(|b| b.is_ascii_digit()) && !longer).then_some(tail)
        })
    }

    /// A run of 16 digits, a whole NIK or KK, stands on the page.
    pub fn shows_whole_nik(&self) -> bool {
        self.text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= 16)
    }

    /// The first line with its digits taken out: what kind of page it is.
    pub fn heading(&self) -> String {
        self.text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_ascii_digit()).collect()
    }

    /// The page on one line, short, for a report. Runs of digits longer than a code's are blotted out.
    pub fn brief(&self) -> String {
        let line: String = self.text.chars().take(90).map(|c| if c == '\n' { '/' } else { c }).collect();
        let mut out = String::with_capacity(line.len());
        for run in line.split_inclusive(|c: char| !c.is_ascii_digit()) {
            let digits = run.chars().take_while(char::is_ascii_digit).count();
            if digits > 7 {
                out.push('#');
                out.push_str(run.get(digits..).unwrap_or_default());
            } else {
                out.push_str(run);
            }
        }
        out
    }
}

/// Is it a capital letter and 7 digits, as `K4821735`?
pub fn is_code(word: &str) -> bool {
    word.len() == 8 && word.starts_with(|c: char| c.is_ascii_uppercase()) && word.bytes().skip(1).all(|b| b.is_ascii_digit())
}

fn choice(line: &str) -> Option<Choice<'_>> {
    let line = line.trim();
    let end = line.find(|c: char| !c.is_ascii_digit())?;
    let (key, rest) = line.split_at(end);
    let label = rest.trim_start_matches(['.', ')']).strip_prefix(' ')?.trim();
    (!key.is_empty() && key.len() <= 2 && !label.is_empty()).then_some(Choice { key, label })
}

fn holds(label: &str, word: &str) -> bool {
    label.to_ascii_lowercase().contains(&word.to_ascii_lowercase())
}

/// A window as a page names it: `Sen 01 Des 08-10`. The year is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window {
    pub month: u8,
    pub day: u8,
    pub from: u8,
    pub to: u8,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "mei", "jun", "jul", "agu", "sep", "okt", "nov", "des"];

impl Window {
    /// The first day and the first pair of hours in a text.
    pub fn find(text: &str) -> Option<Window> {
        let words: Vec<&str> = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.')).collect();
        let (day, month) = words.windows(2).find_map(|pair| match pair {
            [day, month] => Some((small(day, 31)?, named_month(month)?)),
            _ => None,
        })?;
        let (from, to) = words.iter().find_map(|word| {
            let (from, to) = word.trim_end_matches('.').split_once('-')?;
            Some((hour(from)?, hour(to)?))
        })?;
        (from < to).then_some(Window { month, day, from, to })
    }

    /// The window of a record: `2026-12-01`, 8, 10.
    pub fn of_record(day: &str, from: u64, to: u64) -> Option<Window> {
        let mut parts = day.split('-').skip(1);
        let (month, day) = (small(parts.next()?, 12)?, small(parts.next()?, 31)?);
        Some(Window { month, day, from: u8::try_from(from).ok()?, to: u8::try_from(to).ok()? })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = MONTHS.get(usize::from(self.month).wrapping_sub(1)).copied().unwrap_or("?");
        write!(f, "{:02} {month} {:02}-{:02}", self.day, self.from, self.to)
    }
}

fn small(word: &str, max: u8) -> Option<u8> {
    word.parse().ok().filter(|n| (1..=max).contains(n))
}

fn named_month(word: &str) -> Option<u8> {
    let start = word.get(..3)?.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| *month == start)?;
    u8::try_from(at + 1).ok()
}

/// `08`, `8` or `08.00`.
fn hour(word: &str) -> Option<u8> {
    let word = word.split('.').next()?;
    word.parse().ok().filter(|hour| *hour <= 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn reads_con_and_end_and_refuses_the_rest() {
        assert!(page("CON x").open);
        assert!(!page("END x").open);
        for body in [b"".as_slice(), b"x", b"END ", b"CON \n", b"con x", b"<html>", b"END \xff"] {
            assert!(Page::read(body).is_err(), "{body:?}");
        }
    }

    #[test]
    fn choices_are_the_numbered_lines_without_the_constants() {
        let menu = page("CON DUKCAPIL MUBA - GRATIS\n1 Cek KTP\n2. Buat janji\n5) Bicara petugas\n9 Bahasa\n98 Lagi\n0 Kembali");
        let keys: Vec<_> = menu.choices().map(|c| (c.key, c.label)).collect();
        assert_eq!(keys, [("1", "Cek KTP"), ("2", "Buat janji"), ("5", "Bicara petugas")]);
        assert_eq!(menu.choice_with("JANJI").unwrap().key, "2");
        assert_eq!(menu.choice_from("janji"), None);
        assert!(menu.has_more());
        assert!(page("CON a\n0 Kembali  98 Lagi").has_more());
        assert!(!page("CON a\n0 Kembali").has_more());
    }

    #[test]
    fn finds_codes_and_tails() {
        let done = page("END JANJI TERSIMPAN\nKode K4821735.\nNIK ..9999 k1234567 K12345678");
        assert_eq!(done.codes().collect::<Vec<_>>(), ["K4821735"]);
        assert_eq!(done.tails().collect::<Vec<_>>(), ["9999"]);
        assert_eq!(page("CON tunggu... 5 menit, ..12345 ..123").tails().count(), 0);
        assert!(page("END NIK 1606010101909999").shows_whole_nik());
        assert!(!page("END NIK ..9999 K4821735").shows_whole_nik());
        assert_eq!(page("END NIK 1606010101909999 K4821735").brief(), "NIK # K4821735");
    }

    #[test]
    fn finds_windows() {
        let window = Window { month: 12, day: 1, from: 8, to: 10 };
        for text in ["Sen 01 Des 08-10 (4)", "JANJI TERSIMPAN\nKode K4821735\nSen 1 Des, jam 08-10", "Senin 01 Desember 08.00-10.00."] {
            assert_eq!(Window::find(text), Some(window), "{text}");
        }
        for text in ["", "Sen 01 Des", "08-10", "Sen 41 Des 08-10", "Sen 01 Foo 08-10", "Sen 01 Des 10-08"] {
            assert_eq!(Window::find(text), None, "{text}");
        }
        assert_eq!(Window::of_record("2026-12-01", 8, 10), Some(window));
        assert_eq!(Window::of_record("2026", 8, 10), None);
        assert_eq!(window.to_string(), "01 des 08-10");
    }
}
