//! Kentongan: an SMS/USSD gateway through which people with a basic phone reach their civil registry.
//!
//! A *kentongan* is the wooden drum with which an Indonesian village calls its people. This one answers `*123#` in Kabupaten Musi
//! Banyuasin: *is my e-KTP ready?* and *when can I come?*, from any phone, in under a minute.
//!
//! # Words
//! | word | meaning |
//! |---|---|
//! | citizen | who holds the phone: a [`citizen::Msisdn`]; may name a person by a [`citizen::Nik`] |
//! | profile | a telco's wire format, as data: `gateway-config/profiles/NAME.toml` |
//! | channel | one configured link: a profile with its addresses and secrets |
//! | callback | the bytes a telco sends us; parsed to a [`channel::Inbound`] |
//! | turn | one inbound handled: read, step, commit once, answer |
//! | dialogue | one USSD session as the telco sees it |
//! | session | our record of where a citizen is; survives the dialogue as a resume note |
//! | reader | who reads the pages: the language chosen, and whether they have been through it before |
//! | screen, page | a named place in the menu; the text of it that fits one answer |
//! | call, outcome | a menu asks an action of a service; the outcome is an edge out of the screen |
//! | draft, batch | one turn's reads and held-back writes; what is committed |
//! | record, stamp | a value under an ordered key; the version that commits are checked against |
//! | officer | who answers citizens, from a phone of their own |
//! | coordinator | village head, RT head or volunteer who said yes: passes news on, and books for a neighbour who asks |
//! | follower | who said yes to the announcements of a village |
//! | announcement | what an office tells many: one officer writes it, another approves it |
//! | ticket | a conversation or complaint in an officer's hands, with its deadline |
//! | topic, cluster | what a complaint is about; five that are alike, for which somebody must say what is done |
//! | slot, booking | a window at a place on a day; a citizen's seat in it |
//! | document, visit | what a citizen must bring; how their appointment ended |
//! | stop | the mobile unit's visit to a village: a place with slots of its own |
//! | claim | a seat of a stop kept for who was invited from the village's list |
//! | transcript | a phone conversation as text: test and manual at once |
//!
//! # Layers
//! A module imports only from rows below it (`tests/suite/tidy.rs` holds this):
//! ```text
//!  9  main  author  operator  admin  exit  config  gateway  demo  rehearsal  parse  manual
//!  8  server                        simulator (knows only citizen, gsm, clock: a second reading of every wire format)
//!  7  due
//!  6  outbox  intake  export  report
//!  5  turn
//!  4  service
//!  3  store                         registry
//!  2  menu                          channel
//!  1  citizen                        tls
//!  0  gsm                           clock
//! ```
//! [`menu`] knows no telco, store, clock or service. [`channel`] knows no menu and no store. [`service`] sees no telco's bytes and no
//! screen's text. Only [`clock`] reads the time; only [`store`] touches records; only [`turn`], [`outbox`], [`due`], [`intake`]
//! and, for an operator, [`admin`] commit.
//!
//! # Life of a callback
//! 1. [`server`] takes the connection, within limits on number, size and time, and finds the channel by `/in/NAME`.
//! 2. [`channel`] authenticates the raw bytes and reads them; what is wrong is refused without echo.
//! 3. [`turn`] locks the number. Heard before? The same page again. Else it steps the menu, runs the services it calls, and commits
//!    session, records and messages in one batch; on a conflict it runs once more.
//! 4. [`store`] checks what the batch saw, and for an effect waits until the journal is on disk.
//! 5. [`channel`] renders the page into the telco's bytes.
//!
//! # What is promised
//! An effect that a page tells of is on disk before the page leaves. A callback heard twice changes nothing the second time. No page
//! shows a citizen anything about a person whose NIK and KK digits, or link, they did not give. What is only counted (`turn::Counts`) is kept once a
//! minute: a power cut loses at most a minute of these figures, and nothing else. `tests/oracle` judges this from outside.

pub mod admin;
pub mod author;
pub mod channel;
pub mod citizen;
pub mod clock;
pub mod config;
pub mod demo;
pub mod due;
pub mod exit;
pub mod export;
pub mod gateway;
pub mod gsm;
pub mod intake;
pub mod manual;
pub mod menu;
pub mod operator;
pub mod outbox;
pub mod parse;
pub mod registry;
pub mod rehearsal;
pub mod report;
pub mod server;
pub mod service;
pub mod simulator;
pub mod store;
pub mod tls;
pub mod turn;
