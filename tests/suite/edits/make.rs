//! Single random edits of the menu files, of the kinds that a hand makes by mistake. The same ones every time.

use std::collections::BTreeSet;
use std::ops::Range;

use kentongan::menu::MenuSource;

/// The file of screens, and the first language's words.
pub(super) const FLOW: usize = 0;
pub(super) const WORDS: usize = 1;

/// Slips in another language that a machine can know: it does not read its sentences.
const SLIPS: &[(&str, usize, Make)] = &[
    ("delete a line", 120, delete_line),
    ("duplicate a line", 60, duplicate_line),
    ("change a digit", 60, change_digit),
    ("drop an option", 40, drop_option),
    ("rename a key", 60, rename_key),
    ("change a name in a text", 60, change_name),
];

/// How many of each kind. A kind that has fewer different ones gives all it has.
const KINDS: &[(&str, usize, Make)] = &[
    ("delete a line", 45, delete_line),
    ("duplicate a line", 20, duplicate_line),
    ("swap neighbouring lines", 25, swap_lines),
    ("swap two targets", 50, swap_targets),
    ("change a target", 90, change_target),
    ("change a digit", 50, change_digit),
    ("drop an option", 40, drop_option),
    ("change a character", 80, change_character),
    ("delete a character", 40, delete_character),
    ("swap two texts", 40, swap_texts),
    ("change a type", 60, change_type),
    ("change a condition", 80, change_condition),
    ("change a promise", 30, change_promise),
    ("rename an outcome", 20, rename_outcome),
    ("rename a key", 20, rename_key),
    ("change a name in a text", 30, change_name),
];
/// Other screens tried at one place. Where the checker refuses these it refuses them all, as a rule: what they want is not set, or nothing
/// leads to a screen any more.
const TURNS_MAX: usize = 8;
/// A kind is given up after so many edits in a row that were made before.
const TRIES_MAX: usize = 400;

type Make = fn(&mut Random, &Files) -> Option<Edit>;

/// One edit, and the menu it leaves behind.
pub(super) struct Edit {
    pub(super) kind: &'static str,
    pub(super) file: usize,
    /// From 0, in the file as it was.
    pub(super) line: usize,
    pub(super) before: String,
    pub(super) after: String,
    lines: Vec<String>,
}

impl Edit {
    pub(super) fn source(&self, shipped: &MenuSource) -> MenuSource {
        let mut source = shipped.clone();
        source.files[self.file].1 = self.lines.join("\n") + "\n";
        source
    }
}

pub(super) fn edits(shipped: &MenuSource) -> Vec<Edit> {
    make(&Files::new(shipped, WORDS), KINDS)
}

/// Slips in the words of one language alone.
pub(super) fn slips(shipped: &MenuSource, words: usize) -> Vec<Edit> {
    make(&Files::new(shipped, words), SLIPS).into_iter().filter(|edit| edit.file == words).collect()
}

fn make(files: &Files, kinds: &[(&'static str, usize, Make)]) -> Vec<Edit> {
    let mut random = Random(0x1606);
    let mut seen = BTreeSet::new();
    let mut edits = Vec::new();
    for (kind, count, make) in kinds {
        let (mut made, mut tries) = (0, 0);
        while made < *count && tries < TRIES_MAX {
            tries += 1;
            let Some(mut edit) = make(&mut random, files) else { continue };
            let text = edit.lines.join("\n");
            if text != files.lines[edit.file.min(WORDS)].join("\n") && seen.insert((edit.file, text)) {
                edit.kind = kind;
                edits.push(edit);
                (made, tries) = (made + 1, 0);
            }
        }
    }
    edits
}

/// For every place where the flow names a screen, edits that name another one there instead, likely ones first.
pub(super) fn wrong_turns(shipped: &MenuSource) -> Vec<Vec<Edit>> {
    let files = Files::new(shipped, WORDS);
    let mut random = Random(0x1606);
    let all_at = |(line, range): (usize, Range<usize>)| {
        let mut others: Vec<&String> = files.screens.iter().filter(|name| **name != files.lines[FLOW][line][range.clone()]).collect();
        for at in (1..others.len()).rev() {
            others.swap(at, random.below(at + 1));
        }
        // Nearly every value is unset there, so the checker lets these stand in most places.
        others.sort_by_key(|name| !["kontak", "info", "utama", "cek_nik"].contains(&name.as_str()));
        let edit = |other: &String| files.replace(FLOW, line, range.clone(), other);
        others.into_iter().take(TURNS_MAX).filter_map(edit).map(|edit| Edit { kind: "wrong turn", ..edit }).collect()
    };
    files.targets().into_iter().map(all_at).collect()
}

/// The screens and the words of one language by lines, and the screens' names.
pub(super) struct Files {
    pub(super) lines: [Vec<String>; 2],
    /// Which file the words are.
    words: usize,
    pub(super) screens: Vec<String>,
}

impl Files {
    pub(super) fn new(source: &MenuSource, words: usize) -> Self {
        let lines = [FLOW, words].map(|file| source.files[file].1.lines().map(str::to_owned).collect::<Vec<_>>());
        let begin = lines[FLOW].iter().position(|line| line == "screens:").unwrap();
        let screens = lines[FLOW].iter().skip(begin).filter_map(|line| screen_name(line)).map(str::to_owned).collect();
        Self { lines, words, screens }
    }

    fn begin_of_screens(&self, file: usize) -> usize {
        self.lines[file].iter().position(|line| line == "screens:").unwrap()
    }

    /// Lines that say something.
    fn telling(&self, file: usize) -> Vec<usize> {
        let lines = self.lines[file].iter().enumerate();
        lines.filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#')).map(|(at, _)| at).collect()
    }

    fn edit(&self, file: usize, line: usize, change: impl FnOnce(&mut Vec<String>)) -> Option<Edit> {
        let mut lines = self.lines[file].clone();
        let before = lines[line].clone();
        change(&mut lines);
        let after = lines.get(line).cloned().unwrap_or_default();
        Some(Edit { kind: "", file: if file == FLOW { FLOW } else { self.words }, line, before, after, lines })
    }

    fn replace(&self, file: usize, line: usize, range: Range<usize>, with: &str) -> Option<Edit> {
        self.edit(file, line, |lines| lines[line].replace_range(range, with))
    }

    /// Every place where a screen is named as one to go to.
    fn targets(&self) -> Vec<(usize, Range<usize>)> {
        let mut found = Vec::new();
        for at in self.telling(FLOW) {
            let line = &self.lines[FLOW][at];
            let key = line.trim_start();
            if key.starts_with("call:") || key.starts_with("promises:") || key.starts_with("into:") {
                continue;
            }
            for range in words(line) {
                let (before, after) = (&line[..range.start], &line[range.end..]);
                let entry = &before[before.rfind([',', '{', ':']).unwrap_or(0)..];
                let is_value = entry.contains(" when ") && !entry.contains(" else ");
                if self.screens.iter().any(|screen| *screen == line[range.clone()])
                    && !after.starts_with([':', '='])
                    && !before.ends_with(['.', '='])
                    && !is_value
                {
                    found.push((at, range));
                }
            }
        }
        found
    }
}

/// `  NAME:` and nothing more.
pub(super) fn screen_name(line: &str) -> Option<&str> {
    line.strip_prefix("  ")?.strip_suffix(':').filter(|name| !name.starts_with(' '))
}

/// SplitMix64: small, and the same on every machine.
pub(super) struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len())) }
    }

    fn file(&mut self) -> usize {
        self.below(2)
    }
}

fn delete_line(random: &mut Random, files: &Files) -> Option<Edit> {
    let file = random.file();
    let line = *random.pick(&files.telling(file))?;
    let mut edit = files.edit(file, line, |lines| drop(lines.remove(line)))?;
    edit.after = String::new();
    Some(edit)
}

fn duplicate_line(random: &mut Random, files: &Files) -> Option<Edit> {
    let file = random.file();
    let line = *random.pick(&files.telling(file))?;
    files.edit(file, line, |lines| lines.insert(line, lines[line].clone()))
}

fn swap_lines(random: &mut Random, files: &Files) -> Option<Edit> {
    let file = random.file();
    let line = *random.pick(&files.telling(file))?;
    (line + 1 < files.lines[file].len()).then_some(())?;
    files.edit(file, line, |lines| lines.swap(line, line + 1))
}

fn swap_targets(random: &mut Random, files: &Files) -> Option<Edit> {
    let targets = files.targets();
    let first = random.below(targets.len());
    // Most mistakes are made between neighbours.
    let second = (first + 1 + random.below(4)) % targets.len();
    let [(one, left), (two, right)] = [first.min(second), first.max(second)].map(|at| targets[at].clone());
    files.edit(FLOW, one, |lines| {
        let (was_left, was_right) = (lines[one][left.clone()].to_owned(), lines[two][right.clone()].to_owned());
        lines[two].replace_range(right, &was_left);
        lines[one].replace_range(left, &was_right);
    })
}

fn change_target(random: &mut Random, files: &Files) -> Option<Edit> {
    let (line, range) = random.pick(&files.targets())?.clone();
    let other = random.pick(&files.screens)?.clone();
    files.replace(FLOW, line, range, &other)
}

fn change_digit(random: &mut Random, files: &Files) -> Option<Edit> {
    let file = random.file();
    let line = *random.pick(&files.telling(file))?;
    let digits: Vec<usize> = files.lines[file][line].match_indices(|c: char| c.is_ascii_digit()).map(|(at, _)| at).collect();
    let at = *random.pick(&digits)?;
    let digit = random.below(10).to_string();
    files.replace(file, line, at..at + 1, &digit)
}

fn drop_option(random: &mut Random, files: &Files) -> Option<Edit> {
    let file = random.file();
    let begin = files.begin_of_screens(file);
    let lines: Vec<usize> = files.telling(file).into_iter().filter(|at| *at > begin).collect();
    let line = *random.pick(&lines)?;
    let text = &files.lines[file][line];
    let is_option = |entry: &str| entry.trim_start().starts_with(|c: char| c.is_ascii_digit()) && entry.contains(": ");
    if is_option(text) {
        return files.edit(file, line, |lines| drop(lines.remove(line)));
    }
    let (open, close) = (text.find("{ ")?, text.rfind(" }")?);
    let entries: Vec<&str> = text.get(open + 2..close)?.split(", ").collect();
    let at = random.below(entries.len());
    is_option(entries[at]).then_some(())?;
    let left: Vec<&str> = entries.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, entry)| *entry).collect();
    files.replace(file, line, open + 2..close, &left.join(", "))
}

/// Letters of what stands after the key.
fn letters(line: &str) -> Vec<usize> {
    let from = line.find(": ").map_or(0, |at| at + 2);
    line.char_indices().filter(|(at, c)| *at >= from && c.is_ascii_alphabetic()).map(|(at, _)| at).collect()
}

fn change_character(random: &mut Random, files: &Files) -> Option<Edit> {
    let line = *random.pick(&files.telling(WORDS))?;
    let text = &files.lines[WORDS][line];
    let at = *random.pick(&letters(text))?;
    let base = if text.as_bytes()[at].is_ascii_uppercase() { b'A' } else { b'a' };
    let letter = char::from(base + u8::try_from(random.below(26)).unwrap()).to_string();
    files.replace(WORDS, line, at..at + 1, &letter)
}

fn delete_character(random: &mut Random, files: &Files) -> Option<Edit> {
    let line = *random.pick(&files.telling(WORDS))?;
    let at = *random.pick(&letters(&files.lines[WORDS][line]))?;
    files.replace(WORDS, line, at..at + 1, "")
}

fn swap_texts(random: &mut Random, files: &Files) -> Option<Edit> {
    let value = |line: &str| {
        let from = line.find(": ")? + 2;
        (!line[from..].starts_with(['{', '|', '>', '['])).then_some(from)
    };
    let lines: Vec<usize> = files.telling(WORDS).into_iter().filter(|at| value(&files.lines[WORDS][*at]).is_some()).collect();
    let first = random.below(lines.len());
    let second = (first + 1 + random.below(3)) % lines.len();
    let (one, two) = (lines[first], lines[second]);
    let (left, right) = (value(&files.lines[WORDS][one])?, value(&files.lines[WORDS][two])?);
    files.edit(WORDS, one, |lines| {
        let (was_left, was_right) = (lines[one].split_off(left), lines[two].split_off(right));
        lines[one].push_str(&was_right);
        lines[two].push_str(&was_left);
    })
}

fn change_type(random: &mut Random, files: &Files) -> Option<Edit> {
    const TYPES: [&str; 13] =
        ["code", "day", "id", "kk", "moment", "nik", "number 2", "number 4", "text 10", "text 21", "text 39", "window", "word"];
    let begin = files.lines[FLOW].iter().position(|line| line == "values:")? + 1;
    let line = begin + random.below(files.begin_of_screens(FLOW) - begin - 1);
    let from = files.lines[FLOW][line].find(": ")? + 2;
    let end = files.lines[FLOW][line].len();
    let kind = *random.pick(&TYPES)?;
    files.replace(FLOW, line, from..end, kind)
}

fn change_condition(random: &mut Random, files: &Files) -> Option<Edit> {
    const CONDITIONS: [(&str, &[&str]); 9] = [
        (" when kk else janji_kk", &["", " when kk", " when nik else janji_kk"]),
        (" when kk", &["", " when nik", " when kode"]),
        (" when tempat_id tempat", &["", " when tempat_id", " when tempat", " when slot"]),
        (" set urusan=rekam", &["", " set urusan=hilang", " set bawa=rekam"]),
        (" set urusan=hilang", &["", " set urusan=rusak"]),
        (" set urusan=rusak", &["", " set urusan=ubah"]),
        (" set urusan=ubah", &["", " set urusan=ambil"]),
        (" set urusan=ambil", &["", " set urusan=rekam"]),
        ("text 40", &["text 39", "text 20", "nik", "kk"]),
    ];
    let (was, others) = random.pick(&CONDITIONS)?;
    let lines: Vec<usize> = files.telling(FLOW).into_iter().filter(|at| files.lines[FLOW][*at].contains(was)).collect();
    let line = *random.pick(&lines)?;
    let at = files.lines[FLOW][line].find(was)?;
    let other = *random.pick(others)?;
    files.replace(FLOW, line, at..at + was.len(), other)
}

fn change_promise(random: &mut Random, files: &Files) -> Option<Edit> {
    let lines: Vec<usize> = files.telling(FLOW).into_iter().filter(|at| files.lines[FLOW][*at].contains("promises: ")).collect();
    let line = *random.pick(&lines)?;
    let from = files.lines[FLOW][line].find(": ")? + 2;
    let end = files.lines[FLOW][line].len();
    match *random.pick(&["", "tunda", "tautan", "batal", "janji", "bukti"])? {
        "" => delete_at(files, line),
        other => files.replace(FLOW, line, from..end, other),
    }
}

fn delete_at(files: &Files, line: usize) -> Option<Edit> {
    files.edit(FLOW, line, |lines| drop(lines.remove(line)))
}

/// Outcomes named as keys.
fn outcomes(files: &Files) -> Vec<(usize, Range<usize>)> {
    let mut found = Vec::new();
    for at in files.telling(FLOW) {
        let line = &files.lines[FLOW][at];
        let is_edge = line.contains("on: {") || line.starts_with("      ") && !line.trim_start().starts_with(|c: char| c.is_ascii_digit());
        let keys = words(line).into_iter().filter(|range| line[range.end..].starts_with(':') && line[range.clone()] != *"on");
        found.extend(keys.filter(|_| is_edge).map(|range| (at, range)));
    }
    found
}

fn rename_outcome(random: &mut Random, files: &Files) -> Option<Edit> {
    let all = outcomes(files);
    let (line, range) = random.pick(&all)?.clone();
    let (other_line, other) = random.pick(&all)?.clone();
    let name = match random.below(2) {
        0 => files.lines[FLOW][other_line][other].to_owned(),
        _ => format!("{}x", &files.lines[FLOW][line][range.clone()]),
    };
    files.replace(FLOW, line, range, &name)
}

fn rename_key(random: &mut Random, files: &Files) -> Option<Edit> {
    let file = random.file();
    let line = *random.pick(&files.telling(file))?;
    let text = &files.lines[file][line];
    let is_key = |range: &Range<usize>| text[..range.start].trim().is_empty() && text[range.end..].starts_with(':');
    let key = words(text).into_iter().find(is_key)?;
    let name = format!("{}x", &files.lines[file][line][key.clone()]);
    files.replace(file, line, key, &name)
}

fn change_name(random: &mut Random, files: &Files) -> Option<Edit> {
    let is_name = |line: &str, range: &Range<usize>| line[..range.start].ends_with('{') && line[range.end..].starts_with('}');
    let mut all = Vec::new();
    for at in files.telling(WORDS) {
        let line = &files.lines[WORDS][at];
        all.extend(words(line).into_iter().filter(|range| is_name(line, range)).map(|range| (at, range)));
    }
    let (line, range) = random.pick(&all)?.clone();
    let (other_line, other) = random.pick(&all)?.clone();
    let name = files.lines[WORDS][other_line][other].to_owned();
    files.replace(WORDS, line, range, &name)
}

/// Runs of small letters, digits and underscores.
fn words(line: &str) -> Vec<Range<usize>> {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, byte) in line.bytes().enumerate().filter(|(_, byte)| is_part(*byte)) {
        match found.last_mut().filter(|last| last.end == at) {
            Some(last) => last.end += 1,
            None => found.push(at..at + usize::from(is_part(byte))),
        }
    }
    found
}
