//! From text to steps.

use std::time::Duration;

use super::pattern::PageLine;
use super::{Act, Block, Givens, Mark, Phone, Step, Transcript};
use crate::clock::Timestamp;

/// All that is wrong with the file at once.
pub(super) fn parse(source: &str) -> Result<Transcript, Vec<Mark>> {
    let mut reader = Reader::default();
    for (index, line) in source.lines().enumerate() {
        if let Err(message) = reader.line(index, line) {
            reader.block_open = false;
            reader.marks.push(Mark::new(index + 1, message));
        }
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    at: Option<Timestamp>,
    pairs: Vec<(String, String)>,
    phones: Vec<Phone>,
    steps: Vec<Step>,
    /// Page lines may follow.
    block_open: bool,
    marks: Vec<Mark>,
}

impl Reader {
    fn line(&mut self, index: usize, line: &str) -> Result<(), String> {
        let trimmed = line.trim();
        if let Some(page) = line.trim_start().strip_prefix('|') {
            return self.page_line(index, page.strip_prefix(' ').unwrap_or(page));
        }
        if trimmed == "end" {
            return self.end_line(index);
        }
        self.block_open = false;
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return Ok(());
        }
        let (word, rest) = trimmed.split_once(char::is_whitespace).map_or((trimmed, ""), |(word, rest)| (word, rest.trim()));
        let act = match word {
            "at" => return self.at_line(index, trimmed, rest),
            "given" => return self.given_line(rest),
            "now" => {
                let (key, value) = rest.split_once(char::is_whitespace).ok_or("say `now KEY VALUE`")?;
                Act::Now(key.to_owned(), value.trim().to_owned())
            }
            "wait" => Act::Wait(parse_span(rest)?),
            "sms" => {
                let name = rest.strip_prefix("to ").ok_or("say `sms to NAME`")?;
                Act::Sms(self.phone(name.trim())?)
            }
            "no" => {
                let name = rest.strip_prefix("sms to ").ok_or("say `no sms to NAME`")?;
                Act::NoSms(self.phone(name.trim())?)
            }
            "expect" => {
                let (name, value) = rest.split_once(char::is_whitespace).ok_or("say `expect NAME NUMBER`")?;
                Act::Expect(name.to_owned(), value.trim().parse().map_err(|_| "say `expect NAME NUMBER`")?)
            }
            _ => match self.phone_line(word, rest)? {
                Some(act) => act,
                None => return Ok(()),
            },
        };
        self.push(index, trimmed, act)
    }

    fn at_line(&mut self, index: usize, said: &str, rest: &str) -> Result<(), String> {
        let at = Timestamp::parse(rest).ok_or("say `at 2026-11-30 09:00 WIB`")?;
        if self.at.is_some() {
            return self.push(index, said, Act::At(at));
        }
        self.at = Some(at);
        Ok(())
    }

    fn given_line(&mut self, rest: &str) -> Result<(), String> {
        if !self.steps.is_empty() {
            return Err("`given` stands before anything happens".to_owned());
        }
        let (key, value) = rest.split_once(char::is_whitespace).ok_or("say `given KEY VALUE`")?;
        self.pairs.push((key.to_owned(), value.trim().to_owned()));
        Ok(())
    }

    /// `None` for `NAME is NUMBER`, which does nothing yet.
    fn phone_line(&mut self, name: &str, rest: &str) -> Result<Option<Act>, String> {
        if let Some(number) = rest.strip_prefix("is ") {
            let number = number.trim();
            if number.starts_with(|first: char| first.is_ascii_lowercase()) {
                return self.same_line(name, number).map(|()| None);
            }
            if !number.starts_with("+62812000") || number.len() != 14 || !number.bytes().skip(1).all(|byte| byte.is_ascii_digit()) {
                return Err("numbers in transcripts are fake: +62812000 and five digits".to_owned());
            }
            if self.phones.iter().any(|phone| phone.name == name || phone.number.as_deref() == Some(number)) {
                return Err("this name or number is taken".to_owned());
            }
            self.phone(name)?;
            if let Some(phone) = self.phones.last_mut() {
                phone.number = Some(number.to_owned());
            }
            return Ok(None);
        }
        if let Some(code) = rest.strip_prefix("dials ") {
            return Ok(Some(Act::Dial(self.known(name)?, code.trim().to_owned())));
        }
        if let Some(text) = rest.strip_prefix("texts ").map(str::trim).filter(|text| *text != "again") {
            let text = quoted(text).ok_or("say `siti texts \"…\"`")?;
            return Ok(Some(Act::Text(self.known(name)?, text.replace("\\n", "\n"))));
        }
        // Only a phone that dialled or wrote can do more: so a line with a slip in its first word is not taken for keys.
        let phone = self.phones.iter().position(|phone| phone.name == name && phone.known);
        let phone = phone.ok_or_else(|| format!("`{name}` is no word of a transcript and no phone that has dialled"))?;
        Ok(Some(match rest {
            "" => return Err("which keys? \"\" presses send on nothing".to_owned()),
            "repeats" => Act::Repeat(phone),
            "hangs up" => Act::HangUp(phone),
            "texts again" => Act::TextAgain(phone),
            keys => Act::Press(phone, quoted(keys).unwrap_or(keys).to_owned()),
        }))
    }

    fn same_line(&mut self, name: &str, other: &str) -> Result<(), String> {
        if self.phones.iter().any(|phone| phone.name == name) {
            return Err("this name is taken".to_owned());
        }
        let other = self.phones.iter().position(|phone| phone.name == other && phone.same_as.is_none());
        let other = other.ok_or("say `lama is siti` with a phone that was named before")?;
        let at = self.phone(name)?;
        if let Some(phone) = self.phones.get_mut(at) {
            phone.same_as = Some(other);
        }
        Ok(())
    }

    /// A phone that does something.
    fn known(&mut self, name: &str) -> Result<usize, String> {
        let at = self.phone(name)?;
        if let Some(phone) = self.phones.get_mut(at) {
            phone.known = true;
        }
        Ok(at)
    }

    fn phone(&mut self, name: &str) -> Result<usize, String> {
        if let Some(at) = self.phones.iter().position(|phone| phone.name == name) {
            return Ok(at);
        }
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            return Err(format!("`{name}` is no word of a transcript, and no name of a phone (small letters and digits)"));
        }
        self.phones.push(Phone { name: name.to_owned(), number: None, same_as: None, known: false });
        Ok(self.phones.len() - 1)
    }

    fn push(&mut self, index: usize, said: &str, act: Act) -> Result<(), String> {
        if self.at.is_none() && self.steps.is_empty() {
            self.marks.push(Mark::new(index + 1, "say first what time it is: `at 2026-11-30 09:00 WIB`"));
        }
        self.block_open = matches!(act, Act::Dial(..) | Act::Press(..) | Act::Repeat(_) | Act::Sms(_));
        self.steps.push(Step { line: index + 1, said: said.to_owned(), act, block: None });
        Ok(())
    }

    fn page_line(&mut self, index: usize, text: &str) -> Result<(), String> {
        let line = PageLine::parse(text)?;
        match self.steps.last_mut().filter(|_| self.block_open) {
            Some(step) => {
                let block = step.block.get_or_insert(Block { at: index..index, lines: Vec::new(), end: false });
                block.at.end = index + 1;
                block.lines.push(line);
                Ok(())
            }
            None => Err("a page line stands right under what brought the page".to_owned()),
        }
    }

    fn end_line(&mut self, index: usize) -> Result<(), String> {
        match self.steps.last_mut().filter(|step| self.block_open && !matches!(step.act, Act::Sms(_))) {
            Some(step) => {
                let block = step.block.get_or_insert(Block { at: index..index, lines: Vec::new(), end: false });
                block.at.end = index + 1;
                block.end = true;
                self.block_open = false;
                Ok(())
            }
            None => Err("`end` stands right under a page".to_owned()),
        }
    }

    fn finish(mut self) -> Result<Transcript, Vec<Mark>> {
        if self.steps.is_empty() && self.marks.is_empty() {
            self.marks.push(Mark::new(1, "nothing happens in this transcript"));
        }
        let taken: Vec<String> = self.phones.iter().filter_map(|phone| phone.number.clone()).collect();
        let mut free = (1..100_000).map(|number| format!("+62812000{number:05}")).filter(|number| !taken.contains(number));
        for phone in self.phones.iter_mut().filter(|phone| phone.number.is_none() && phone.same_as.is_none()) {
            phone.number = free.next();
        }
        for at in 0..self.phones.len() {
            if let Some(other) = self.phones.get(at).and_then(|phone| phone.same_as) {
                let number = self.phones.get(other).and_then(|phone| phone.number.clone());
                if let Some(phone) = self.phones.get_mut(at) {
                    phone.number = number;
                }
            }
        }
        match self.at {
            Some(at) if self.marks.is_empty() => {
                Ok(Transcript { givens: Givens { at, pairs: self.pairs }, phones: self.phones, steps: self.steps })
            }
            _ => Err(self.marks),
        }
    }
}

/// What stands in quotation marks.
fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

/// `90 s`, `11 min`, `2 h`, `1 day`.
fn parse_span(text: &str) -> Result<Duration, String> {
    let wrong = "say `wait 11 min`: a number and s, min, h or days";
    let (count, unit) = text.split_once(char::is_whitespace).ok_or(wrong)?;
    let seconds: u64 = match unit.trim() {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        "day" | "days" => 86_400,
        _ => return Err(wrong.to_owned()),
    };
    let count: u32 = count.parse().map_err(|_| wrong)?;
    Ok(Duration::from_secs(u64::from(count) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_line_is_found_where_it_stands() {
        for (source, want) in [
            ("", vec![(1, "nothing happens")]),
            ("siti dials *123#", vec![(1, "what time")]),
            ("at noon\nsiti dials *123#", vec![(1, "2026-11-30"), (2, "what time")]),
            ("at 2026-11-30 09:00 WIB\nsiti 1", vec![(2, "`siti`")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nsitti 1", vec![(3, "`sitti`")]),
            ("at 2026-11-30 09:00\nSiti dials *123#", vec![(2, "small letters")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nsiti", vec![(3, "which keys")]),
            ("at 2026-11-30 09:00\n  | Menu\nsiti dials *123#", vec![(2, "right under")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\n# x\n  | Menu", vec![(4, "right under")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nsiti hangs up\n  | Menu", vec![(4, "right under")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\n  | a\n  end\n  | b", vec![(5, "right under")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nsms to siti\n  end", vec![(4, "`end`")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nsms for siti", vec![(3, "sms to")]),
            ("at 2026-11-30 09:00\nsiti texts again", vec![(2, "`siti`")]),
            ("at 2026-11-30 09:00\nsiti texts KTP", vec![(2, "siti texts")]),
            ("at 2026-11-30 09:00\nsiti texts \"KTP\"\n  | a", vec![(3, "right under")]),
            ("at 2026-11-30 09:00\nno siti", vec![(2, "no sms to")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\ngiven seats 1", vec![(3, "before anything")]),
            ("at 2026-11-30 09:00\ngiven seats\nsiti dials *123#", vec![(2, "KEY VALUE")]),
            ("at 2026-11-30 09:00\nsiti is +628123456789\nsiti dials *123#", vec![(2, "fake")]),
            ("at 2026-11-30 09:00\nsiti is +6281200000001\nbudi is +6281200000001\nsiti dials *1#", vec![(3, "taken")]),
            ("at 2026-11-30 09:00\nlama is siti\nsiti dials *1#", vec![(2, "named before")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nsiti is siti", vec![(3, "name is taken")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nwait long", vec![(3, "wait 11 min")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nwait 5 weeks\nexpect x", vec![(3, "wait 11 min"), (4, "expect NAME")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\nexpect bookings many", vec![(3, "expect NAME")]),
            ("at 2026-11-30 09:00\nsiti dials *123#\n  | ~", vec![(3, "contains what")]),
        ] {
            let marks = parse(source).expect_err(source);
            assert_eq!(marks.len(), want.len(), "{source}: {marks:?}");
            for (mark, (line, words)) in marks.iter().zip(want) {
                assert_eq!(mark.line, line, "{source}");
                assert!(mark.message.contains(words), "{source}: {}", mark.message);
            }
        }
    }

    #[test]
    fn every_kind_of_line_is_read() {
        let source = "# A story.\nat 2026-11-30 09:00 WIB\ngiven seats 1\ngiven registry  late \nbudi is +6281200000001\nlama is budi\n\
            siti dials *123#\n  | Menu\n  |\n  |  indented\nsiti Sungai Lilin\nsiti \"repeats\"\nsiti \"\"\nsiti repeats\n  end\n\
            siti hangs up\nwait 11 min\nat 2026-12-01 08:00 WIB\nbudi dials *123*1#\nsms to siti\n  | ...\nexpect bookings 1\n\
            ani texts \"KTP\\n1606\"\nani texts again\nno sms to ani\n";
        let transcript = parse(source).unwrap();
        assert_eq!(transcript.givens.value("registry"), Some("late"));
        assert_eq!(transcript.givens.value("seats"), Some("1"));
        let numbers: Vec<_> = transcript.phones.iter().map(|phone| (phone.name.as_str(), phone.number.as_deref().unwrap())).collect();
        let (budi, lama) = (("budi", "+6281200000001"), ("lama", "+6281200000001"));
        assert_eq!(numbers, [budi, lama, ("siti", "+6281200000002"), ("ani", "+6281200000003")]);
        let acts: Vec<&Act> = transcript.steps.iter().map(|step| &step.act).collect();
        let at = Timestamp::parse("2026-12-01 08:00").unwrap();
        assert_eq!(
            acts,
            [
                &Act::Dial(2, "*123#".into()),
                &Act::Press(2, "Sungai Lilin".into()),
                &Act::Press(2, "repeats".into()),
                &Act::Press(2, String::new()),
                &Act::Repeat(2),
                &Act::HangUp(2),
                &Act::Wait(Duration::from_secs(660)),
                &Act::At(at),
                &Act::Dial(0, "*123*1#".into()),
                &Act::Sms(2),
                &Act::Expect("bookings".into(), 1),
                &Act::Text(3, "KTP\n1606".into()),
                &Act::TextAgain(3),
                &Act::NoSms(3),
            ]
        );
        let first = transcript.steps[0].block.as_ref().unwrap();
        assert_eq!((first.at.clone(), first.lines.len(), first.end), (7..10, 3, false));
        let repeat = transcript.steps[4].block.as_ref().unwrap();
        assert!(repeat.end && repeat.lines.is_empty());
    }

    #[test]
    fn the_shipped_transcripts_are_well_formed() {
        let mut files = 0;
        for entry in std::fs::read_dir("tests/transcripts").unwrap() {
            let path = entry.unwrap().path();
            let source = std::fs::read_to_string(&path).unwrap();
            assert!(source.starts_with("# "), "{}: the first line says the story", path.display());
            parse(&source).map_err(|marks| format!("{}: {marks:?}", path.display())).unwrap();
            files += 1;
        }
        assert!(files > 0);
    }
}
