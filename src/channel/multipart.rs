//! Bodies of `multipart/form-data`, which one aggregator sends in place of a form.
//!
//! ```text
//!  --B\r\nContent-Disposition: form-data; name="message"\r\n\r\nCEK KTP\r\n--B--\r\n
//! ```

/// Name and value of each part; `None` if the content type is another or names no boundary.
pub(super) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<(&'a str, &'a [u8])>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?.trim_matches('"');
    let mark = format!("--{boundary}");
    Some(split(body, mark.as_bytes()).into_iter().filter_map(part).collect())
}

/// What stands between marks.
fn split<'a>(body: &'a [u8], mark: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = body;
    while let Some(at) = find(rest, mark) {
        let (before, from) = rest.split_at(at);
        pieces.push(before);
        rest = from.get(mark.len()..).unwrap_or_default();
    }
    // What stands before the first mark is no part, nor what follows the last.
    pieces.drain(..pieces.len().min(1));
    pieces
}

fn part(piece: &[u8]) -> Option<(&str, &[u8])> {
    let at = find(piece, b"\r\n\r\n")?;
    let (head, value) = piece.split_at(at);
    let head = std::str::from_utf8(head).ok()?;
    let (_, after) = head.split_once(" name=\"")?;
    let (name, _) = after.split_once('"')?;
    let value = value.get(4..)?;
    Some((name, value.strip_suffix(b"\r\n").unwrap_or(value)))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() { None } else { bytes.windows(wanted.len()).position(|window| window == wanted) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_as_they_are_sent() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n--B\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n\r\n--B--\r\n";
        let found = parts("multipart/form-data; boundary=B", body).unwrap();
        assert_eq!(found, [("a", b"1\r\n2".as_slice()), ("b", b"")]);
        assert_eq!(parts("multipart/form-data; boundary=\"B\"", b"--B--").unwrap(), []);
        for other in ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded; boundary=B"] {
            assert_eq!(parts(other, body), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_parts_or_none(body in proptest::collection::vec(any::<u8>(), 0..200), boundary in "[a-z-]{0,4}") {
            let _ = parts(&format!("multipart/form-data; boundary={boundary}"), &body);
        }
    }
}
