//! Reads what `strace -f -ttt -T -y -xx` wrote: every string in hex, a line for each call, two when another thread spoke in between.
//!
//! ```text
//! 559 1795567977.221191 write(3<\x2f\x61>, "\x68\x65", 2) = 2 <0.000029>
//! 560 1795567977.223656 fdatasync(3<\x2f\x61> <unfinished ...>
//! 560 1795567977.224027 <... fdatasync resumed>) = 0 <0.000364>
//! 554 1795567977.226031 rename("\x2f\x61", "\x2f\x62") = 0 <0.000018>
//! 559 1795567977.225661 +++ exited with 0 +++
//! ```

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// All calls that change a file or folder, or make that lasting. `?`: not every machine has them all.
pub const CALLS: &str = "?open,?creat,openat,write,pwrite64,writev,pwritev,?pwritev2,ftruncate,?truncate,fallocate,\
?rename,renameat,renameat2,?link,linkat,?unlink,unlinkat,?rmdir,?mkdir,mkdirat,fsync,fdatasync,sync,syncfs,sync_file_range,\
close,dup,?dup2,dup3,fcntl,lseek,copy_file_range,sendfile";

/// A call that succeeded. Descriptors are those of the gateway's process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    Open {
        path: PathBuf,
        create: bool,
        truncate: bool,
        append: bool,
        synchronous: bool,
        fd: i64,
    },
    Write {
        fd: i64,
        at: Option<u64>,
        bytes: Vec<u8>,
    },
    Truncate {
        fd: i64,
        length: u64,
    },
    /// Make the file at least so long.
    Extend {
        fd: i64,
        length: u64,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Link {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
    MakeFolder {
        path: PathBuf,
    },
    Sync {
        fd: i64,
    },
    SyncAll,
    Seek {
        fd: i64,
        to: u64,
    },
    Close {
        fd: i64,
    },
    Duplicate {
        fd: i64,
        copy: i64,
    },
    /// Changes a file in a way that is not modelled: the run cannot be judged if it was one of ours.
    Unknown {
        name: String,
        fd: i64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Line at which the call began; a sync makes lasting only what was done before that.
    pub begun: u64,
    pub line: u64,
    /// Microseconds since 1970 of the line.
    pub at: u64,
    pub call: Call,
}

/// Reads line by line; a call that was cut in two is given back at its second half.
#[derive(Debug, Default)]
pub struct Reader {
    line: u64,
    open: HashMap<u64, (u64, String)>,
}

impl Reader {
    /// `None`: nothing that matters. An error is a line that cannot be trusted.
    pub fn read(&mut self, line: &str) -> Result<Option<Event>, String> {
        self.line += 1;
        let tell = |what: &str| format!("line {} of the trace: {what}", self.line);
        let Some((process, rest)) = line.trim_end().split_once(' ') else { return Ok(None) };
        let process: u64 = process.parse().map_err(|_| tell("no process id"))?;
        let (at, rest) = rest.trim_start().split_once(' ').ok_or_else(|| tell("no time"))?;
        let at = micros(at).ok_or_else(|| tell("no time"))?;
        if rest.starts_with("+++") || rest.starts_with("---") {
            return Ok(None);
        }
        if let Some(begin) = rest.strip_suffix("<unfinished ...>") {
            self.open.insert(process, (self.line, begin.to_owned()));
            return Ok(None);
        }
        let (begun, text) = match rest.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            None => (self.line, rest.to_owned()),
            Some((_, end)) => match self.open.remove(&process) {
                Some((begun, begin)) => (begun, format!("{begin}{end}")),
                None => return Ok(None),
            },
        };
        let call = read_call(&text).map_err(|what| tell(&what))?;
        Ok(call.map(|call| Event { begun, line: self.line, at, call }))
    }
}

fn micros(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.split_once('.')?;
    Some(seconds.parse::<u64>().ok()? * 1_000_000 + fraction.get(..6)?.parse::<u64>().ok()?)
}

fn read_call(text: &str) -> Result<Option<Call>, String> {
    let (Some((name, rest)), Some(end)) = (text.split_once('('), text.find(") = ")) else { return Ok(None) };
    let result = text.get(end + 4..).unwrap_or_default();
    let Ok(result) = result.split(|c: char| !(c.is_ascii_digit() || c == '-')).next().unwrap_or_default().parse::<i64>() else {
        return Ok(None);
    };
    if result < 0 {
        return Ok(None);
    }
    let arguments = rest.get(..rest.len() - (text.len() - end)).unwrap_or_default();
    let args = Args(split(arguments));
    let count = u64::try_from(result).unwrap_or(0);
    let call = match name {
        "open" => open(args.path(None, 0)?, args.get(1), result),
        "creat" => open(args.path(None, 0)?, "O_CREAT|O_TRUNC", result),
        "openat" => open(args.path(Some(0), 1)?, args.get(2), result),
        "write" | "writev" => Call::Write { fd: args.fd(0), at: None, bytes: args.bytes(1, count)? },
        "pwrite64" | "pwritev" | "pwritev2" => Call::Write { fd: args.fd(0), at: Some(args.number(3)?), bytes: args.bytes(1, count)? },
        "ftruncate" => Call::Truncate { fd: args.fd(0), length: args.number(1)? },
        "fallocate" if args.get(1) == "0" => Call::Extend { fd: args.fd(0), length: args.number(2)? + args.number(3)? },
        "rename" => Call::Rename { from: args.path(None, 0)?, to: args.path(None, 1)? },
        "renameat" => Call::Rename { from: args.path(Some(0), 1)?, to: args.path(Some(2), 3)? },
        "renameat2" if !args.get(4).contains("EXCHANGE") => Call::Rename { from: args.path(Some(0), 1)?, to: args.path(Some(2), 3)? },
        "link" => Call::Link { from: args.path(None, 0)?, to: args.path(None, 1)? },
        "linkat" => Call::Link { from: args.path(Some(0), 1)?, to: args.path(Some(2), 3)? },
        "unlink" | "rmdir" => Call::Remove { path: args.path(None, 0)? },
        "unlinkat" => Call::Remove { path: args.path(Some(0), 1)? },
        "mkdir" => Call::MakeFolder { path: args.path(None, 0)? },
        "mkdirat" => Call::MakeFolder { path: args.path(Some(0), 1)? },
        "fsync" | "fdatasync" => Call::Sync { fd: args.fd(0) },
        "sync" | "syncfs" => Call::SyncAll,
        "close" => Call::Close { fd: args.fd(0) },
        "lseek" => Call::Seek { fd: args.fd(0), to: count },
        "dup" | "dup2" | "dup3" => Call::Duplicate { fd: args.fd(0), copy: result },
        "fcntl" if args.get(1).contains("F_DUPFD") => Call::Duplicate { fd: args.fd(0), copy: result },
        // It only starts writing out: nothing is on the disk when it returns.
        "sync_file_range" | "fcntl" => return Ok(None),
        "copy_file_range" => Call::Unknown { name: name.to_owned(), fd: args.fd(2) },
        other => Call::Unknown { name: other.to_owned(), fd: args.fd(0) },
    };
    Ok(Some(call))
}

fn open(path: PathBuf, flags: &str, fd: i64) -> Call {
    let has = |flag: &str| flags.split('|').any(|f| f == flag);
    if has("O_TMPFILE") {
        return Call::Unknown { name: "open with O_TMPFILE".to_owned(), fd };
    }
    let synchronous = has("O_SYNC") || has("O_DSYNC");
    Call::Open { path, create: has("O_CREAT"), truncate: has("O_TRUNC"), append: has("O_APPEND"), synchronous, fd }
}

/// Arguments between the commas of the outermost level. Strings are hex, so brackets and commas in them cannot mislead.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut args) = (0_i32, 0, Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                args.push(text.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    args.push(text.get(start..).unwrap_or_default().trim());
    args
}

struct Args<'a>(Vec<&'a str>);

impl<'a> Args<'a> {
    fn get(&self, at: usize) -> &'a str {
        self.0.get(at).copied().unwrap_or_default()
    }

    /// `3<\x2f…>`; -1 for what is no descriptor of ours.
    fn fd(&self, at: usize) -> i64 {
        self.get(at).split('<').next().and_then(|n| n.parse().ok()).unwrap_or(-1)
    }

    fn number(&self, at: usize) -> Result<u64, String> {
        self.get(at).parse().map_err(|_| format!("argument {at} is no number"))
    }

    /// A path, below the folder that another argument names (`AT_FDCWD<\x2f…>`) when it is relative.
    fn path(&self, folder: Option<usize>, at: usize) -> Result<PathBuf, String> {
        let path = PathBuf::from(String::from_utf8_lossy(&quoted(self.get(at))?).into_owned());
        if path.is_absolute() {
            return Ok(path);
        }
        let base = folder.and_then(|at| self.get(at).split_once('<')).map(|(_, rest)| rest.trim_end_matches('>'));
        let base = base.ok_or("a relative path")?;
        Ok(Path::new(&String::from_utf8_lossy(&hex(base)?).into_owned()).join(path))
    }

    /// The written bytes: one string or those of a list, cut to what was really written.
    fn bytes(&self, at: usize, count: u64) -> Result<Vec<u8>, String> {
        let mut bytes = quoted(self.get(at))?;
        let count = usize::try_from(count).map_err(|_| "a huge write")?;
        if bytes.len() < count {
            return Err("a string is shorter than what was written: strace cut it".to_owned());
        }
        bytes.truncate(count);
        Ok(bytes)
    }
}

/// All strings in quotes of an argument, one after the other.
fn quoted(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for piece in text.split('"').skip(1).step_by(2) {
        bytes.extend(hex(piece)?);
    }
    Ok(bytes)
}

/// `\x2f\x74`.
fn hex(text: &str) -> Result<Vec<u8>, String> {
    let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|n| u8::try_from(n).ok()).ok_or("a string that is not hex");
    text.as_bytes()
        .chunks(4)
        .map(|chunk| match chunk {
            [b'\\', b'x', high, low] => Ok(nibble(*high)? << 4 | nibble(*low)?),
            _ => Err("a string that is not hex".to_owned()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from a small program on Debian 12 (strace 6.1); `@` stands for `\x2f\x64`, the folder `/d`.
    const SAMPLE: &str = r#"554   1795567977.220412 mkdir("@", 0777) = 0 <0.000065>
554   1795567977.220521 openat(AT_FDCWD<\x2f\x74\x6d\x70>, "@\x2f\x61", O_RDWR|O_CREAT|O_APPEND|O_CLOEXEC, 0777) = 3<@\x2f\x61> <0.000017>
559   1795567977.221191 write(3<@\x2f\x61>, "\x68\x65\x6c\x6c\x6f\x20\x30", 7) = 7 <0.000029>
560   1795567977.223656 fdatasync(3<@\x2f\x61> <unfinished ...>
559   1795567977.224070 write(3<@\x2f\x61>, "\x68\x31", 2 <unfinished ...>
560   1795567977.224090 <... fdatasync resumed>) = 0 <0.000364>
559   1795567977.224096 <... write resumed>) = 1 <0.000020>
554   1795567977.225854 pwrite64(3<@\x2f\x61>, "\x58\x59\x0a", 3, 2) = 3 <0.000044>
554   1795567977.225954 writev(3<@\x2f\x61>, [{iov_base="\x61\x62", iov_len=2}, {iov_base="\x63\x64", iov_len=2}], 2) = 4 <0.000004>
554   1795567977.225990 ftruncate(3<@\x2f\x61>, 10) = 0 <0.000013>
554   1795567977.226013 lseek(3<@\x2f\x61>, 0, SEEK_SET) = 0 <0.000002>
554   1795567977.226020 fcntl(3<@\x2f\x61>, F_DUPFD_CLOEXEC, 3) = 5<@\x2f\x61> <0.000002>
554   1795567977.226031 rename("@\x2f\x61", "@\x2f\x62") = 0 <0.000018>
554   1795567977.226062 openat(AT_FDCWD<@>, "\x62", O_RDONLY) = -1 ENOENT (No such file or directory) <0.000005>
554   1795567977.226086 fsync(4<@>) = 0 <0.000262>
554   1795567977.226087 sync_file_range(4<@>, 0, 10, SYNC_FILE_RANGE_WRITE) = 0 <0.000262>
554   1795567977.226401 unlinkat(AT_FDCWD<@>, "\x62", 0) = 0 <0.000018>
554   1795567977.226432 close(3<@\x2f\x62>(deleted)) = 0 <0.000168>
559   1795567977.228661 +++ killed by SIGKILL +++"#;

    fn calls() -> Vec<Event> {
        let mut reader = Reader::default();
        SAMPLE.replace('@', "\\x2f\\x64").lines().filter_map(|line| reader.read(line).unwrap()).collect()
    }

    #[test]
    fn reads_a_recorded_trace() {
        let path = |p: &str| PathBuf::from(p);
        let wanted = [
            (1, Call::MakeFolder { path: path("/d") }),
            (2, Call::Open { path: path("/d/a"), create: true, truncate: false, append: true, synchronous: false, fd: 3 }),
            (3, Call::Write { fd: 3, at: None, bytes: b"hello 0".to_vec() }),
            (4, Call::Sync { fd: 3 }),
            (5, Call::Write { fd: 3, at: None, bytes: b"h".to_vec() }),
            (8, Call::Write { fd: 3, at: Some(2), bytes: b"XY\n".to_vec() }),
            (9, Call::Write { fd: 3, at: None, bytes: b"abcd".to_vec() }),
            (10, Call::Truncate { fd: 3, length: 10 }),
            (11, Call::Seek { fd: 3, to: 0 }),
            (12, Call::Duplicate { fd: 3, copy: 5 }),
            (13, Call::Rename { from: path("/d/a"), to: path("/d/b") }),
            (15, Call::Sync { fd: 4 }),
            (17, Call::Remove { path: path("/d/b") }),
            (18, Call::Close { fd: 3 }),
        ];
        let events = calls();
        let got: Vec<_> = events.iter().map(|e| (e.begun, e.call.clone())).collect();
        assert_eq!(got, wanted);
        assert_eq!(events[0].at, 1_795_567_977_220_412);
        assert_eq!((events[3].begun, events[3].line), (4, 6));
    }

    #[test]
    fn a_string_that_strace_cut_is_refused() {
        let line = r#"1 1.000000 write(3<\x2f>, "\x61"..., 2) = 2 <0.1>"#;
        assert!(Reader::default().read(line).unwrap_err().contains("cut"));
        let plain = r#"1 1.000000 write(3<\x2f>, "ab", 2) = 2 <0.1>"#;
        assert!(Reader::default().read(plain).unwrap_err().contains("hex"));
    }
}
