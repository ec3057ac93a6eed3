//! How far two spellings lie apart.

/// Is `b` reached from `a` with at most `max` wrong, missing, doubled or swapped letters? (Damerau's four mistakes, each letter
/// touched once.) Both in lower case; compared by bytes, as names and keywords here are ASCII.
pub fn within(a: &str, b: &str, max: usize) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > max || b.len() > LETTERS_MAX {
        return false;
    }
    // Most pairs differ in too many letters to be worth a table: a wrong letter is one gone and one come.
    if (letters(a) ^ letters(b)).count_ones() as usize > 2 * max {
        return false;
    }
    let mut older = [0_usize; LETTERS_MAX + 1];
    let mut above = [0_usize; LETTERS_MAX + 1];
    let mut row = [0_usize; LETTERS_MAX + 1];
    for (column, cell) in above.iter_mut().enumerate() {
        *cell = column;
    }
    for (i, &left) in a.iter().enumerate() {
        row[0] = i + 1;
        for (j, &right) in b.iter().enumerate() {
            let mut best = (above[j] + usize::from(left != right)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && left == b[j - 1] && a[i - 1] == right {
                best = best.min(older[j - 1] + 1);
            }
            row[j + 1] = best;
        }
        if row[..=b.len()].iter().all(|&cell| cell > max) {
            return false;
        }
        (older, above, row) = (above, row, older);
    }
    above[b.len()] <= max
}

/// A bit for each letter that is there.
fn letters(word: &[u8]) -> u32 {
    word.iter().fold(0, |letters, letter| letters | 1 << (letter % 32))
}

/// Longer than any name or keyword; what is longer is near nothing.
const LETTERS_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_mistakes_count_one_each() {
        for (a, b, apart) in [
            ("daftar", "daftar", 0),
            ("daftra", "daftar", 1),
            ("dafta", "daftar", 1),
            ("daftarr", "daftar", 1),
            ("daptar", "daftar", 1),
            ("dfatra", "daftar", 2),
            ("", "ab", 2),
            ("ab", "", 2),
            ("ab", "ba", 1),
            ("mangsang", "mendis", 5),
        ] {
            for max in 0..4 {
                assert_eq!(within(a, b, max), apart <= max, "{a} {b} {max}");
                assert_eq!(within(b, a, max), apart <= max, "{b} {a} {max}");
            }
        }
    }

    #[test]
    fn very_long_words_are_near_nothing() {
        let long = "a".repeat(LETTERS_MAX + 1);
        assert!(!within(&long, &long, 1) && within(&long[1..], &long[1..], 0));
        assert!(within(&long, &long[1..], 1));
    }
}
