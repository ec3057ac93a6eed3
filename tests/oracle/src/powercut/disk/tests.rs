use super::*;

/// A disk and the lines told to it so far.
struct Story {
    disk: Disk,
    line: u64,
}

impl Story {
    fn new() -> Story {
        Story::with(false, false)
    }

    fn with(names_by_fsync: bool, ignore_syncs: bool) -> Story {
        let mut story = Story { disk: Disk::new(Path::new("/d"), names_by_fsync, ignore_syncs), line: 0 };
        story.call(Call::MakeFolder { path: "/d".into() });
        story.open("/d", 9, false);
        story
    }

    fn call(&mut self, call: Call) -> &mut Self {
        self.line += 1;
        self.disk.follow(&Event { begun: self.line, line: self.line, at: 0, call }).unwrap();
        self
    }

    fn open(&mut self, path: &str, fd: i64, create: bool) -> &mut Self {
        self.call(Call::Open { path: path.into(), create, truncate: false, append: false, synchronous: false, fd })
    }

    fn write(&mut self, fd: i64, text: &str) -> &mut Self {
        self.call(Call::Write { fd, at: None, bytes: text.as_bytes().to_vec() })
    }

    fn sync(&mut self, fd: i64) -> &mut Self {
        self.call(Call::Sync { fd })
    }

    fn rename(&mut self, from: &str, to: &str) -> &mut Self {
        self.call(Call::Rename { from: from.into(), to: to.into() })
    }

    fn left(&self, survives: Survives) -> String {
        let image = self.disk.image(survives, &mut Random::new(1));
        let files = image.files.iter().map(|(path, bytes)| format!("{}={}", path.display(), String::from_utf8_lossy(bytes)));
        files.collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn bytes_last_when_a_sync_returned_and_names_when_their_folder_was_synced() {
    let mut story = Story::new();
    story.open("/d/a", 3, true).write(3, "one").sync(3);
    assert_eq!(story.left(Survives::Nothing), "", "the folder was not synced");
    assert_eq!(story.left(Survives::Everything), "a=one");
    story.sync(9).write(3, "two");
    assert_eq!(story.left(Survives::Nothing), "a=one");
    assert_eq!(story.left(Survives::Everything), "a=onetwo");
    story.sync(3);
    assert_eq!(story.left(Survives::Nothing), "a=onetwo");
}

#[test]
fn a_sync_covers_only_what_was_written_before_it_began() {
    let mut story = Story::new();
    story.open("/d/a", 3, true).sync(9).write(3, "one").write(3, "two");
    let (begun, line) = (story.line, story.line + 1);
    story.disk.follow(&Event { begun, line, at: 0, call: Call::Sync { fd: 3 } }).unwrap();
    assert_eq!(story.left(Survives::Nothing), "a=one");
}

#[test]
fn a_rename_is_whole_or_not_at_all_and_lasts_with_its_folder() {
    let mut story = Story::new();
    story.open("/d/old", 3, true).write(3, "old").sync(3).open("/d/new", 4, true).write(4, "new").sync(4).sync(9);
    story.rename("/d/new", "/d/old");
    assert_eq!(story.left(Survives::Nothing), "new=new old=old");
    assert_eq!(story.left(Survives::Everything), "old=new");
    story.sync(9);
    assert_eq!(story.left(Survives::Nothing), "old=new");
}

#[test]
fn a_rename_of_unsynced_bytes_leaves_an_empty_file() {
    let mut story = Story::new();
    story.open("/d/a", 3, true).write(3, "old").sync(3).sync(9).open("/d/t", 4, true).write(4, "new").rename("/d/t", "/d/a").sync(9);
    assert_eq!(story.left(Survives::Nothing), "a=");
}

#[test]
fn folders_of_folders_need_their_own_syncs() {
    let mut story = Story::new();
    story.call(Call::MakeFolder { path: "/d/s".into() }).open("/d/s/a", 3, true).write(3, "x").sync(3);
    story.open("/d/s", 5, false).sync(5);
    assert_eq!(story.left(Survives::Nothing), "", "s itself is not in its folder yet");
    story.sync(9);
    assert_eq!(story.left(Survives::Nothing), "s/a=x");
    story.rename("/d/s", "/d/t").sync(9);
    assert_eq!(story.left(Survives::Nothing), "t/a=x");
    story.call(Call::Remove { path: "/d/t/a".into() });
    assert_eq!((story.left(Survives::Nothing), story.left(Survives::Everything)), ("t/a=x".to_owned(), String::new()));
}

#[test]
fn ext4_names_a_file_that_is_synced() {
    let mut story = Story::with(true, false);
    story.open("/d/a", 3, true).write(3, "x").sync(3);
    assert_eq!(story.left(Survives::Nothing), "a=x");
}

#[test]
fn without_syncs_nothing_lasts() {
    let mut story = Story::with(false, true);
    story.open("/d/a", 3, true).write(3, "x").sync(3).sync(9).call(Call::SyncAll);
    assert_eq!((story.left(Survives::Nothing), story.left(Survives::Everything)), (String::new(), "a=x".to_owned()));
}

#[test]
fn places_lengths_and_copies_of_descriptors() {
    let mut story = Story::new();
    story.open("/d/a", 3, true).sync(9).write(3, "abcdef").call(Call::Write { fd: 3, at: Some(1), bytes: b"X".to_vec() });
    story.call(Call::Duplicate { fd: 3, copy: 7 }).call(Call::Close { fd: 3 }).write(7, "gh").sync(7);
    assert_eq!(story.left(Survives::Nothing), "a=aXcdefgh");
    story.call(Call::Truncate { fd: 7, length: 2 }).call(Call::Seek { fd: 7, to: 2 }).write(7, "!");
    assert_eq!((story.left(Survives::Nothing), story.left(Survives::Everything)), ("a=aXcdefgh".to_owned(), "a=aX!".to_owned()));
    story.call(Call::Extend { fd: 7, length: 5 }).sync(7);
    assert_eq!(story.left(Survives::Nothing), "a=aX!\0\0");
}

#[test]
fn appending_ignores_the_place() {
    let mut story = Story::new();
    story.call(Call::Open { path: "/d/a".into(), create: true, truncate: false, append: true, synchronous: true, fd: 3 }).sync(9);
    story.write(3, "ab").call(Call::Seek { fd: 3, to: 0 }).write(3, "cd");
    assert_eq!(story.left(Survives::Nothing), "a=abcd", "O_SYNC: each write is its own sync");
    story.call(Call::Open { path: "/d/a".into(), create: false, truncate: true, append: false, synchronous: false, fd: 4 });
    assert_eq!((story.left(Survives::Nothing), story.left(Survives::Everything)), ("a=abcd".to_owned(), "a=".to_owned()));
}

#[test]
fn some_and_torn_leave_parts() {
    let mut story = Story::new();
    story.open("/d/a", 3, true).sync(9);
    let block = |letter: &str| letter.repeat(1024);
    for letter in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        story.write(3, &block(letter));
    }
    let mut random = Random::new(5);
    let mut lengths = BTreeSet::new();
    for _ in 0..200 {
        let image = story.disk.image(Survives::Torn, &mut random);
        let bytes = &image.files[Path::new("a")];
        assert_eq!(bytes.len() % 512, 0);
        lengths.insert(bytes.len());
    }
    assert!(lengths.iter().any(|n| n % 1024 == 512), "some are torn: {lengths:?}");
    assert!(lengths.len() > 4, "{lengths:?}");
}

#[test]
fn one_file_may_run_ahead_of_another() {
    let mut story = Story::new();
    story.open("/d/a", 3, true).open("/d/b", 4, true).sync(9).write(3, "1").write(4, "1").write(3, "2").write(4, "2");
    let mut random = Random::new(1);
    let seen: BTreeSet<_> =
        (0..50).map(|_| story.disk.image(Survives::Files, &mut random).files.into_values().collect::<Vec<_>>()).collect();
    let whole = |a: &str, b: &str| vec![a.as_bytes().to_vec(), b.as_bytes().to_vec()];
    assert_eq!(seen, BTreeSet::from([whole("", ""), whole("12", ""), whole("", "12"), whole("12", "12")]));
}

#[test]
fn what_it_cannot_follow_is_an_error() {
    let mut story = Story::new();
    story.open("/d/a", 3, true);
    for call in [
        Call::Unknown { name: "copy_file_range".to_owned(), fd: 3 },
        Call::Rename { from: "/d/a".into(), to: "/e/a".into() },
        Call::Open { path: "/d/none".into(), create: false, truncate: false, append: false, synchronous: false, fd: 4 },
    ] {
        assert!(story.disk.follow(&Event { begun: 50, line: 50, at: 0, call: call.clone() }).is_err(), "{call:?}");
    }
    let elsewhere = Call::Unknown { name: "copy_file_range".to_owned(), fd: 30 };
    assert_eq!(story.disk.follow(&Event { begun: 51, line: 51, at: 0, call: elsewhere }), Ok(false));
}
