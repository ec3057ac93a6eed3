//! From words to a command.

use std::ops::Range;

use super::lex::{Kind, Token};
use super::number::{self, NumberKind, WHOLE};
use super::said::Said;
use super::words::{Id, Phrase};
use super::{Code, Command, Flaw, Intent, Need, Village, answer, form};
use crate::citizen::area::Level;

/// Words of weight after `MULAI`, `STOP`, `DATA` that may be a name: more make a sentence, in which the keyword is only a word.
const REST_WORDS_MAX: usize = 2;
/// Words after a code before which `LAPOR K4821735` is a new complaint that happens to begin with one.
const CHECK_WORDS_MAX: usize = 5;
/// How many words of weight may stand before a code: `batal janji saya no K4821735`.
const CODE_WORDS_MAX: usize = 6;

pub(super) fn decide(said: &Said<'_>) -> Command {
    if said.words_in(said.all()).next().is_none() && said.numbers.is_empty() {
        return Command::new(if said.asks() { Intent::Bantuan } else { Intent::Kosong });
    }
    if let Some(intent) = sim_registration(said) {
        return Command::new(intent);
    }
    if let Some(reply) = answer::read(said) {
        return Command { reply: Some(reply), ..Command::new(Intent::Jawab) };
    }
    if let Some(command) = form::read(said) {
        return command;
    }
    keyword(said).or_else(|| by_number(said)).or_else(|| by_hints(said)).unwrap_or_else(|| greeting_or_nothing(said))
}

/// `REG nik#kk#`, `ULANG#nik#kk#`, `nik#kk#`; and `DAFTAR#nik#kk#`, which may be ours.
fn sim_registration(said: &Said<'_>) -> Option<Intent> {
    let first = said.words_in(said.all()).find(|&at| !said.is_greeting(at));
    let exact = |at: usize, ids: &std::collections::HashSet<Id>| said.is_one_of(at, ids);
    let has_long = said.numbers.iter().any(|number| !matches!(number.kind, NumberKind::Short | NumberKind::Phone));
    if has_long && first.is_some_and(|at| exact(at, &said.words.sim_only)) {
        return Some(Intent::SalahKirimReg);
    }
    let mut long = said.numbers.iter().filter(|number| !matches!(number.kind, NumberKind::Phone));
    let (one, two, three) = (long.next()?, long.next()?, long.next());
    let between = said.text.get(one.end..two.start).unwrap_or_default();
    let is_pair = |number: &number::Number| number.kind != NumberKind::Short;
    if three.is_some() || !is_pair(one) || !is_pair(two) || between.trim() != "#" {
        return None;
    }
    let ending = said.ending(false);
    let others = said.words_in(0..ending).filter(|&at| !said.is_greeting(at)).count();
    match first.filter(|&at| at < ending) {
        None => Some(Intent::SalahKirimReg),
        Some(at) if others == 1 && exact(at, &said.words.sim_or_ours) => Some(Intent::AmbiguDaftarReg),
        Some(_) => None,
    }
}

/// The keyword that a message begins with, after greetings.
fn keyword(said: &Said<'_>) -> Option<Command> {
    let mut lead = None;
    let mut first_lead = None;
    let mut at = 0;
    for place in said.words_in(said.all()) {
        if place < at {
            continue;
        }
        if let Some((intent, end)) = longest(said, place, &said.words.keywords) {
            return strong(said, intent, place, end, first_lead);
        }
        if let Some((intent, end)) = longest(said, place, &said.words.leads) {
            first_lead = first_lead.or(Some(intent));
            lead = Some(intent);
            at = end;
        } else if !said.is_greeting(place) {
            break;
        }
    }
    weak(said, lead?, first_lead?)
}

/// The phrases stand longest first. A slip that may be two words of different sense (`biara`: biaya, bicara) leads nowhere by itself.
pub(super) fn longest(said: &Said<'_>, at: usize, phrases: &[(Intent, Phrase)]) -> Option<(Intent, usize)> {
    let (intent, end) = phrases.iter().find_map(|(intent, phrase)| said.phrase_at(at, phrase).map(|end| (*intent, end)))?;
    let heard = said.heard(at);
    let is_sure = heard.len() == 1 || said.words_in(at..end).count() > 1;
    (is_sure || heard.iter().all(|&id| said.words.may_mean(id, intent))).then_some((intent, end))
}

/// After a keyword that says what is wanted.
fn strong(said: &Said<'_>, intent: Intent, at: usize, end: usize, lead: Option<Intent>) -> Option<Command> {
    let rest = said.after(end);
    // `REKAM 1606…` names the errand with its keyword; `AMBIL ANTRIAN 1606…` and `UBAH JADWAL` do not.
    let is_phrase = said.words_in(at..end).count() > 1;
    let whole = if is_phrase { rest.clone() } else { at..said.tokens.len() };
    let is_asking = said.words_in(rest.clone()).any(|at| said.is_one_of(at, &said.words.asking));
    let is_short = is_short(said, end);
    // Whatever it begins with. `Biaya` begins a question after the price.
    if !matches!(intent, Intent::LaporBaru | Intent::Syarat)
        && let Some(told) = bribe(said)
    {
        return Some(told);
    }
    let command = match intent {
        Intent::LaporBaru => return Some(complaint(said, lead, at, end)),
        // `tidak jadi datang, ganti hari saja`: not to come then is to come another day.
        Intent::Batal if is_phrase && wants(said, Intent::Ganti) => return hinted(said, &[Intent::Ganti]),
        Intent::Batal | Intent::Ganti => {
            let code = code_after(said, &rest);
            if intent == Intent::Ganti && code.is_none() {
                if let Some(language) = said.best(&rest, &said.words.languages) {
                    return Some(language_command(Some(language)));
                }
                if let Some(topic) = data_topic(said, &whole).and_then(|_| data_topic(said, &(at..said.tokens.len()))) {
                    return Some(topic_command(Some(topic)));
                }
            }
            let mut command =
                Command { code: Some(code.clone().map_or(Code::Open, |(code, _)| Code::Typed(code))), ..Command::new(intent) };
            numbers_into(said, &mut command, code.map(|(_, end)| end));
            command
        }
        Intent::Bahasa => language_command(said.best(&rest, &said.words.languages)),
        Intent::Daftar if lead == Some(Intent::CekKtp) && is_asking && said.nik_like().is_some() => cek_ktp(said),
        Intent::Daftar => {
            if said.nik_like().is_none() && asks_what_to_bring(said) {
                return Some(papers(said));
            }
            daftar(said, &whole)
        }
        Intent::Syarat => papers(said),
        Intent::Keliling => keliling(said, end),
        Intent::Petugas => {
            if wants(said, Intent::LaporBaru) {
                return Some(told(said, said.all()));
            }
            if is_short { Command::new(Intent::Petugas) } else { by_hints(said).unwrap_or_else(|| Command::new(Intent::Petugas)) }
        }
        // Done at once: a sentence must say it, not only begin with it.
        Intent::Hapus | Intent::Stop | Intent::StopSemua if !is_short => return by_hints(said),
        Intent::Stop if said.words_in(rest.clone()).any(|at| said.is_one_of(at, &said.words.all)) => Command::new(Intent::StopSemua),
        Intent::Hapus | Intent::Stop | Intent::StopSemua => Command::new(intent),
        // What these say is done at once or shown: only if the message is about nothing else.
        _ if !is_short || said.nik_like().is_some() || intent == Intent::Data && data_topic(said, &rest).is_some() => {
            return by_number(said).or_else(|| by_hints(said));
        }
        _ => Command::new(intent),
    };
    Some(command)
}

/// After words that say little: what else is there?
fn weak(said: &Said<'_>, lead: Intent, first: Intent) -> Option<Command> {
    if said.nik_like().is_some() {
        return by_number(said);
    }
    if is_spam(said) {
        return None;
    }
    if let Some(told) = bribe(said) {
        return Some(told);
    }
    let code = code_after(said, &said.all()).map(|(code, _)| code).filter(|code| code.starts_with(|c: char| c.is_ascii_alphabetic()));
    if code.is_some() && lead == Intent::CekKtp && first == lead {
        return Some(Command { code: code.map(Code::Typed), ..Command::new(Intent::LaporCek) });
    }
    let is_asking = said.words_in(said.all()).any(|at| said.is_one_of(at, &said.words.asking));
    let topic = said.best(&said.all(), &said.words.topics);
    match (first, topic) {
        (Intent::CekKtp, Some("ktp") | None) => Some(cek_ktp(said)),
        (Intent::CekKtp, Some("ktp_baru")) if is_asking => Some(cek_ktp(said)),
        (Intent::CekKtp | Intent::Bantuan, Some(_)) => {
            hinted(said, &[Intent::LaporBaru, Intent::Petugas, Intent::Keliling]).or(Some(topic_command(topic)))
        }
        (Intent::Keliling, _) => hinted(said, &[Intent::Batal, Intent::Ganti]).or_else(|| Some(keliling(said, 0))),
        (intent, _) => by_hints(said).or_else(|| Some(Command::new(intent))),
    }
}

/// A number that is or should be a NIK says what is wanted, if no word does.
fn by_number(said: &Said<'_>) -> Option<Command> {
    said.nik_like()?;
    let all = said.all();
    let is_asking = said.words_in(all.clone()).any(|at| said.is_one_of(at, &said.words.asking));
    if said.has_any(&all, &said.words.bribe) {
        return Some(told(said, all));
    }
    if !is_asking {
        let need = said.best(&all, &said.words.needs).filter(|need| *need != "rekam");
        if wants(said, Intent::Daftar) || need.is_some() {
            return Some(daftar(said, &all));
        }
    }
    Some(cek_ktp(said))
}

/// Money was asked for: a complaint, in all its words. `harus bayar` alone may only ask.
fn bribe(said: &Said<'_>) -> Option<Command> {
    let is_bribe = said.has_any(&said.all(), &said.words.bribe) && wants(said, Intent::LaporBaru);
    is_bribe.then(|| told(said, said.all()))
}

/// Are the words of a hint for it there?
fn wants(said: &Said<'_>, intent: Intent) -> bool {
    said.words.hints.iter().any(|(then, phrases)| *then == intent && said.has_any(&said.all(), phrases))
}

fn by_hints(said: &Said<'_>) -> Option<Command> {
    let told = hinted(said, &[Intent::LaporBaru, Intent::Petugas]);
    if told.is_some() {
        return told;
    }
    if is_spam(said) { None } else { hinted(said, &Intent::ALL) }
}

/// The first hint that fits, of these intents.
fn hinted(said: &Said<'_>, of: &[Intent]) -> Option<Command> {
    let all = said.all();
    let (intent, _) = said.words.hints.iter().find(|(intent, phrases)| of.contains(intent) && said.has_any(&all, phrases))?;
    Some(match intent {
        Intent::Batal | Intent::Ganti => {
            let code = code_after(said, &all).map_or(Code::Open, |(code, _)| Code::Typed(code));
            Command { code: Some(code), ..Command::new(*intent) }
        }
        Intent::CekKtp => cek_ktp(said),
        Intent::Daftar => daftar(said, &all),
        Intent::Keliling => keliling(said, 0),
        Intent::LaporBaru => told(said, all),
        Intent::Syarat => papers(said),
        other => Command::new(*other),
    })
}

fn greeting_or_nothing(said: &Said<'_>) -> Command {
    let words: Vec<usize> = said.words_in(0..said.ending(false)).collect();
    let is_person = words.iter().any(|&at| said.is_one_of(at, &said.words.people));
    let is_closing = |at: usize| said.words.closers.iter().any(|phrase| said.phrase_at(at, phrase).is_some());
    let says_nothing = said.numbers.is_empty() && words.iter().all(|&at| is_light(said, at) || answer::meanings(said, at).next().is_some());
    if says_nothing {
        return Command::new(if is_person { Intent::Petugas } else { Intent::Bantuan });
    }
    let alone = said.best(&said.all(), &said.words.languages).filter(|_| words.iter().filter(|&&at| !is_light(said, at)).count() == 1);
    match alone {
        Some(language) => language_command(Some(language)),
        None if words.first().is_some_and(|&at| is_closing(at)) && words.len() <= answer::WORDS_MAX => Command::new(Intent::Bantuan),
        None => Command::new(Intent::TakPaham),
    }
}

pub(super) fn is_light(said: &Said<'_>, at: usize) -> bool {
    said.is_greeting(at) || said.is_one_of(at, &said.words.all)
}

/// Are there only a few words of weight behind the keyword that ends here?
pub(super) fn is_short(said: &Said<'_>, end: usize) -> bool {
    rest(said, end).filter(|&at| !is_light(said, at)).count() <= REST_WORDS_MAX
}

/// The words behind a keyword, without the end of a letter. `dari` in a sentence begins none.
pub(super) fn rest<'s>(said: &'s Said<'_>, end: usize) -> impl Iterator<Item = usize> + Clone + 's {
    said.words_in(end..said.ending(true).max(end))
}

fn is_spam(said: &Said<'_>) -> bool {
    said.has_any(&said.all(), &said.words.spam)
}

fn asks_what_to_bring(said: &Said<'_>) -> bool {
    said.words.hints.iter().any(|(then, phrases)| {
        *then == Intent::Syarat
            && phrases.iter().any(|p| {
                p.len() < 3 && said.has(said.all(), p) && {
                    // Only words about papers and money: `kk` by itself is no question.
                    said.words.keywords.iter().any(|(intent, keyword)| *intent == Intent::Syarat && said.has(said.all(), keyword))
                }
            })
    })
}

/// `ubah data`, `ganti alamat`: a matter of papers, not of an appointment.
fn data_topic<'w>(said: &'w Said<'_>, range: &Range<usize>) -> Option<&'w str> {
    said.best(range, &said.words.topics)
        .filter(|topic| *topic != "ktp" && (*topic != "ktp_ubah" || said.words_in(range.clone()).count() > 1))
}

fn cek_ktp(said: &Said<'_>) -> Command {
    let mut command = Command::new(Intent::CekKtp);
    numbers_into(said, &mut command, None);
    command
}

pub(super) fn daftar(said: &Said<'_>, range: &Range<usize>) -> Command {
    let mut command = Command::new(Intent::Daftar);
    numbers_into(said, &mut command, None);
    let digit = said.numbers.iter().find(|number| number.digits.len() == 1).and_then(|number| number.digits.parse().ok());
    let named = said.best(range, &said.words.needs).map(|need| Need::Named(need.to_owned()));
    command.need = named.or(digit.filter(|digit| *digit > 0).map(Need::Digit));
    command
}

/// What to bring; whoever wants it looked through says for what.
fn papers(said: &Said<'_>) -> Command {
    let all = said.all();
    let is_checking = said.words_in(all.clone()).any(|at| said.is_one_of(at, &said.words.checking));
    let need = said.best(&all, &said.words.needs).filter(|_| is_checking);
    Command { need: need.map(|need| Need::Named(need.to_owned())), ..topic_command(said.best(&all, &said.words.topics)) }
}

fn topic_command(topic: Option<&str>) -> Command {
    Command { topic: topic.map(str::to_owned), ..Command::new(Intent::Syarat) }
}

fn language_command(language: Option<&str>) -> Command {
    Command { language: language.map(str::to_owned), ..Command::new(Intent::Bahasa) }
}

/// Where to is what is named after `from`; if that is not clear, with what the citizen signed.
fn keliling(said: &Said<'_>, from: usize) -> Command {
    let mut command = Command::new(Intent::Keliling);
    let named = |range: Range<usize>| {
        let tokens = said.tokens.get(range).unwrap_or_default();
        let number = |token: &Token| said.text.get(token.start..token.end).filter(|text| ["1", "2", "3"].contains(text));
        let words: Vec<&str> = tokens.iter().filter_map(|token| token.word().or_else(|| number(token))).collect();
        said.areas.find(&words, |word| said.words.is_common(word))
    };
    // A line by itself may as well be the village.
    let ending = Some(said.ending(false)).filter(|&at| !said.tokens.get(at).is_some_and(|token| token.is_mark('\n')));
    let mention = named(from..ending.unwrap_or(said.tokens.len()).max(from));
    let is_clear = mention.villages.len() == 1 || mention.villages.is_empty() && mention.district.is_some();
    let mention = if is_clear { mention } else { named(said.after(from)) };
    match mention.villages.as_slice() {
        [] => command.district = mention.district.map(|district| district.code.clone()),
        [one] => command.village = Some(Village::One { code: one.code.clone(), name: one.name.clone() }),
        several => command.village = Some(Village::Several(several.iter().map(|village| village.code.clone()).collect())),
    }
    debug_assert!(mention.villages.iter().all(|village| village.level == Level::Village));
    command
}

/// A new complaint, or a question after one.
fn complaint(said: &Said<'_>, lead: Option<Intent>, at: usize, end: usize) -> Command {
    let rest = said.after(end);
    let code = code_after(said, &rest).filter(|(code, _)| code.starts_with(|c: char| c.is_ascii_alphabetic()));
    let first = rest.clone().find(|&at| !matches!(said.tokens.get(at).map(|token| &token.kind), Some(Kind::Mark(_))));
    let words = said.words_in(end..said.ending(false).max(end)).count();
    if let Some((code, _)) = code.filter(|(_, code_end)| {
        let is_next = said.tokens.get(first.unwrap_or_default()).is_some_and(|token| {
            said.text.get(token.start..*code_end).is_some_and(|text| number::code(text).is_some() || text.split_whitespace().count() <= 3)
        });
        is_next && words <= CHECK_WORDS_MAX
    }) {
        return Command { code: Some(Code::Typed(code)), ..Command::new(Intent::LaporCek) };
    }
    if lead == Some(Intent::CekKtp) && said.words_in(at..at + 1).next().is_some() && words <= CHECK_WORDS_MAX {
        return Command { code: Some(Code::Open), ..Command::new(Intent::LaporCek) };
    }
    // `MUBA KTP 1606…` is addressed like a complaint, and none.
    let inner = said.words_in(rest.clone()).next().and_then(|at| longest(said, at, &said.words.leads)).is_some();
    if inner && said.nik_like().is_some() && is_address(said, at) {
        return by_number(said).unwrap_or_else(|| told(said, rest));
    }
    told(said, rest)
}

/// Does the keyword here name an office, as LAPOR! messages begin?
fn is_address(said: &Said<'_>, at: usize) -> bool {
    said.tokens.get(at).and_then(Token::word) == Some("muba")
}

/// What the citizen tells in a range, without a NIK in front and a greeting behind.
fn told(said: &Said<'_>, range: Range<usize>) -> Command {
    let mut command = Command::new(Intent::LaporBaru);
    numbers_into(said, &mut command, None);
    command.kk = command.kk.filter(|kk| kk.len() == WHOLE);
    command.flaw = None;
    let is_bribe = said.has_any(&range, &said.words.bribe);
    let mut start = range.start;
    let end = said.ending(true).clamp(start, range.end);
    let is_border =
        |at: usize| matches!(said.tokens.get(at).map(|token| &token.kind), Some(Kind::Mark(mark)) if !matches!(mark, '(' | '"' | '\''));
    let is_nik = |at: usize| {
        said.tokens.get(at).is_some_and(|token| {
            said.numbers.iter().any(|number| number.kind == NumberKind::Whole && number.start <= token.start && token.end <= number.end)
        })
    };
    while start < end && (is_border(start) || is_nik(start)) {
        start += 1;
    }
    let mut stop = end;
    while stop > start
        && said.tokens.get(stop - 1).is_some_and(|token| matches!(token.kind, Kind::Mark('#' | '*' | '\n' | '-' | ',' | '/')))
    {
        stop -= 1;
    }
    let text = said.slice(&(start..stop));
    command.text = (!text.is_empty()).then(|| text.to_owned());
    command.is_bribe = is_bribe;
    command
}

/// Takes NIK and KK, or what is wrong with the NIK. `from`: only numbers from this byte on (behind a code).
pub(super) fn numbers_into(said: &Said<'_>, command: &mut Command, from: Option<usize>) {
    let numbers: Vec<_> = said.numbers.iter().filter(|number| number.start >= from.unwrap_or_default()).collect();
    let whole: Vec<_> = numbers.iter().filter(|number| number.kind == NumberKind::Whole).collect();
    match whole.as_slice() {
        [] => {}
        [one] => command.nik = Some(one.digits.clone()),
        // `KK 1606… NIK 1606…`: each is what the word in front of it says.
        [one, two, ..] => {
            let swapped = label(said, one.start) == Some("kk") && label(said, two.start) != Some("kk");
            let (nik, kk) = if swapped { (two, one) } else { (one, two) };
            command.nik = Some(nik.digits.clone());
            command.kk = Some(kk.digits.clone()).filter(|kk| Some(kk) != command.nik.as_ref());
        }
    }
    if command.kk.is_none() {
        let is_next = |before: usize, number: &number::Number| {
            said.text
                .get(before..number.start)
                .is_some_and(|between| between.chars().count() <= 2 && !between.contains(char::is_alphanumeric))
        };
        let last_whole = whole.last().map(|number| number.end).or(from);
        command.kk = numbers
            .iter()
            .filter(|number| number.kind == NumberKind::Short && number.digits.len() == 4)
            .find(|number| label(said, number.start) == Some("kk") || last_whole.is_some_and(|end| is_next(end, number)))
            .map(|number| number.digits.clone());
    }
    if command.nik.is_none() && from.is_none() {
        let named = || numbers.iter().copied().find(|number| number.kind == NumberKind::Short && number.digits.len() > NOT_A_NIK_DIGITS);
        command.flaw = said.nik_like().or_else(named).map(|number| match number.kind {
            NumberKind::Letter(letter) => Flaw::Letter(letter),
            _ => Flaw::Length(number.digits.len()),
        });
    }
}

/// A number of more digits than a year or KK digits, sent with KTP: a NIK that broke off.
const NOT_A_NIK_DIGITS: usize = 4;

/// The word in front of a place in the text.
fn label<'s>(said: &'s Said<'_>, start: usize) -> Option<&'s str> {
    said.tokens.iter().rev().filter(|token| token.end <= start).find_map(Token::word)
}

/// Does a number of a few digits follow, with a dash or nothing between? `ADU-0917` is a code, though `adu` is a word of ours.
fn is_before_short(said: &Said<'_>, token: &Token) -> bool {
    let is_next = |number: &number::Number| said.text.get(token.end..number.start).is_some_and(|between| matches!(between, "" | "-"));
    said.numbers.iter().any(|number| number.kind == NumberKind::Short && is_next(number))
}

/// The code in a range, and where it ends in the text.
fn code_after(said: &Said<'_>, range: &Range<usize>) -> Option<(String, usize)> {
    let mut words = 0;
    for at in range.clone() {
        let Some(token) = said.tokens.get(at) else { break };
        match &token.kind {
            Kind::Word(word) => {
                let may_be_letters = word.len() == 1 || !said.words.is_known(word) || is_before_short(said, token);
                let code = said.text.get(token.start..).filter(|_| may_be_letters).and_then(number::code);
                if let Some((code, length)) = code {
                    return Some((code, token.start + length));
                }
                words += usize::from(!said.is_greeting(at));
            }
            Kind::Digits => {
                let only = said.numbers.iter().find(|number| number.start == token.start && number.kind == NumberKind::Short);
                if let Some(number) = only.filter(|number| number::is_code_digits(&number.digits)) {
                    return Some((number.digits.clone(), number.end));
                }
            }
            Kind::Mark(_) => {}
        }
        if words > CODE_WORDS_MAX {
            break;
        }
    }
    None
}
