//! A text without the number of anybody's card in it, for whoever needs only what it tells.

use super::lex;
use super::number;
use super::said::number_starts;

/// Digits that are left to know a number by.
const LEFT_DIGITS: usize = 4;

/// Of what is, or was to be, a NIK or the number of a KK only the last four digits are left. Telephone numbers stay.
pub fn masked(text: &str) -> String {
    let text = lex::clean(text);
    let mut out = String::new();
    let mut done = 0;
    for range in number::personal(&text, number_starts(&lex::tokens(&text))) {
        out.push_str(text.get(done..range.start).unwrap_or_default());
        out.push_str("..");
        let typed = text.get(range.clone()).unwrap_or_default();
        let last: Vec<char> = typed.chars().rev().filter(char::is_ascii_digit).take(LEFT_DIGITS).collect();
        out.extend(last.into_iter().rev());
        done = range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_nik_stands_in_what_an_officer_is_sent() {
        for (text, shown) in [
            ("KTP saya belum jadi", "KTP saya belum jadi"),
            ("NIK 1606090101909999 belum jadi", "NIK ..9999 belum jadi"),
            ("NIK1606 0901 0190-9999, belum", "NIK..9999, belum"),
            ("16.06.09.010190.9999", "..9999"),
            ("1606  0901 0190 9999", "..9999"),
            ("1606 - 0901 - 0190 - 9999", "..9999"),
            ("nik 1606\n0901\r\n0190\n9999\nbelum", "nik ..9999\nbelum"),
            ("1606\u{a0}0901\u{a0}0190\u{a0}9999", "..9999"),
            ("１６０６０９０１０１９０９９９９", "..9999"),
            ("16060901O1909999 belum", "..9999 belum"),
            ("1606 O901 0190 9999 belum", "..9999 belum"),
            ("l606 0901 0190 9999 lama", "..9999 lama"),
            ("160609010190999", "..0999"),
            ("16060901019099991", "..9991"),
            ("1606 0901 0190 999", "..0999"),
            ("1606 0901 0190 99991", "..9991"),
            ("16060901019099991606090101909998", "..9998"),
            ("telp 0812 0000 0001 jam 10", "telp 0812 0000 0001 jam 10"),
            ("1606090101909999 08120000000", "..9999 08120000000"),
            ("1606090101909999 1606090101909998", "..9999 ..9998"),
            ("tgl 12.11 2 orang", "tgl 12.11 2 orang"),
            ("12-11-2026 jam 08.00-10.00", "12-11-2026 jam 08.00-10.00"),
            ("K4821735, 50 ribu", "K4821735, 50 ribu"),
            ("", ""),
        ] {
            assert_eq!(masked(text), shown, "{text:?}");
        }
    }
}
