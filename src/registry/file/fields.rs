//! The cells of one row.

use std::borrow::Cow;

/// Cells of a row in order. A cell in quotation marks may hold the separator, line ends, and quotation marks written twice.
pub(super) struct Fields<'t> {
    rest: Option<&'t str>,
    separator: char,
}

/// A quotation mark is not closed, in this line at least, or text follows a closed one. Nothing can be said of the cells after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quote;

impl<'t> Fields<'t> {
    pub(super) const fn of(row: &'t str, separator: char) -> Self {
        Self { rest: Some(row), separator }
    }
}

impl<'t> Iterator for Fields<'t> {
    type Item = Result<Cow<'t, str>, Quote>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let Some(quoted) = rest.trim_start_matches(' ').strip_prefix('"') else {
            return Some(Ok(Cow::Borrowed(match rest.split_once(self.separator) {
                Some((cell, rest)) => {
                    self.rest = Some(rest);
                    cell
                }
                None => rest,
            })));
        };
        let Some((cell, rest)) = closed(quoted) else { return Some(Err(Quote)) };
        match rest.trim_start_matches(' ') {
            "" => {}
            rest => match rest.strip_prefix(self.separator) {
                Some(rest) => self.rest = Some(rest),
                None => return Some(Err(Quote)),
            },
        }
        Some(Ok(if cell.contains('"') { Cow::Owned(cell.replace("\"\"", "\"")) } else { Cow::Borrowed(cell) }))
    }
}

/// What stands before the closing quotation mark, and what after it.
fn closed(quoted: &str) -> Option<(&str, &str)> {
    let mut marks = quoted.match_indices('"');
    while let Some((at, _)) = marks.next() {
        let rest = quoted.get(at + 1..)?;
        if !rest.starts_with('"') {
            return Some((quoted.get(..at)?, rest));
        }
        marks.next();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_and_without_quotation_marks() {
        for (row, expected) in [
            ("a,b", Ok(vec!["a", "b"])),
            ("", Ok(vec![""])),
            ("a,", Ok(vec!["a", ""])),
            (",,", Ok(vec!["", "", ""])),
            (r#""a,b",c"#, Ok(vec!["a,b", "c"])),
            (r#""a","""#, Ok(vec!["a", ""])),
            (r#"  "a" ,b"#, Ok(vec!["a", "b"])),
            (r#""he ""who"" asks",b"#, Ok(vec![r#"he "who" asks"#, "b"])),
            (r#""""#, Ok(vec![""])),
            (r#""""""#, Ok(vec!["\""])),
            ("\"a\nb\",c", Ok(vec!["a\nb", "c"])),
            // Only at the beginning of a cell does a mark quote.
            (r#"5" pipe,b"#, Ok(vec![r#"5" pipe"#, "b"])),
            (r#"="1606",b"#, Ok(vec![r#"="1606""#, "b"])),
            (r#"a,"b"#, Err(Quote)),
            (r#"a,"b"""#, Err(Quote)),
            (r#""a"b,c"#, Err(Quote)),
        ] {
            let cells: Result<Vec<_>, _> = Fields::of(row, ',').collect();
            assert_eq!(cells, expected.map(|cells| cells.into_iter().map(Cow::Borrowed).collect()), "{row}");
        }
    }
}
