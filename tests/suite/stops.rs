//! A route of the mobile unit from a file, the list that its crew takes along, and what becomes of people when a stop is cancelled.

use std::time::Duration;

use kentongan::admin::{Here, Request, answer};
use kentongan::citizen::Msisdn;
use kentongan::clock::{Clock, Timestamp};
use kentongan::demo::{self, FakeCitizen};
use kentongan::exit::Exit;
use kentongan::service::appointment::codes_on;
use kentongan::service::mobile_unit::{Home, Reason, Stop, StopState, Waiter, day_list, plan_route};
use kentongan::store::queue::Outgoing;
use kentongan::store::seal::Keys;
use kentongan::store::{Draft, Key, Settings, Space, Store};
use tokio::runtime::Runtime;

use crate::house::House;

const ROUTE: &str = "desa,tanggal,jam,menit,alat,jalur,tempat\nMangsang,2026-12-10,08-12,10,2,perahu,Balai Desa\n\
    Muara Medak,2026-12-11,08-10,30,1,perahu,SDN 1\n";

fn asked(store: &Store, request: &Request, file: &str) -> (Exit, Vec<String>) {
    let (runtime, clock) = (Runtime::new().unwrap(), Clock::held_at(at("2026-11-30T09:00")));
    let places = demo::places(None, 0).unwrap();
    let here = Here { store, places: &places, clock: &clock, runtime: runtime.handle(), running: None };
    let mut told = Vec::new();
    let exit = answer(request, &here, &mut file.as_bytes(), &mut |reply| {
        told.push(reply.to_string());
        Ok(())
    });
    (exit.unwrap(), told)
}

/// The first stop of Mangsang and its first window. What is dialled is digits: words come in an answer, and so does a confirmation.
async fn book(house: &House, number: u64, person: &FakeCitizen, need: u8) {
    let whole = format!("3*5*Mangsang*1*1*{}*{}*{need}*1*1", person.nik, person.kk4);
    for path in ["3*5", "3*5*Mangsang", &whole] {
        house.clock.set(house.clock.now().plus(Duration::from_secs(3)));
        house.call(number, "a", path).await;
    }
    let page = house.call(number, "a", &format!("{whole}*1")).await;
    assert!(page.text.contains("TERSIMPAN"), "{}", page.text);
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn a_route_is_stored_whole_or_not_at_all() {
    let store = Store::memory(&Keys::generate().unwrap());
    let list = || asked(&store, &Request::Stops, "").1;
    let (exit, told) = asked(&store, &Request::StopsImport { dry_run: true }, ROUTE);
    assert!(exit == Exit::Ok && told.len() == 2 && told[0].starts_with('-') && list().is_empty(), "{told:?}");
    let (exit, told) =
        asked(&store, &Request::StopsImport { dry_run: false }, &format!("{ROUTE}Jakarta,2026-12-12,08-10,30,1,mobil,SDN 1\n"));
    assert!(exit == Exit::Findings && told == ["4: no village has this name"] && list().is_empty(), "{told:?}");
    let (exit, told) = asked(&store, &Request::StopsImport { dry_run: false }, ROUTE);
    assert!(exit == Exit::Ok && told == list() && told.len() == 2, "{told:?}");
    assert!(told[0].contains("2026-12-10 08-12  Mangsang (Bayung Lencir), Balai Desa, by boat: 0 of 48 seats, planned"), "{told:?}");
    let (exit, told) = asked(&store, &Request::StopsImport { dry_run: false }, ROUTE);
    assert!(exit == Exit::Findings && told.len() == 2 && list().len() == 2, "the same file again: {told:?}");
}

#[tokio::test]
async fn the_crew_s_list_says_who_comes_with_what_and_whom_to_visit() {
    let house = House::new(12).await;
    house.clock.set(at("2026-11-30T09:00"));
    let store = house.turns.store();
    let mut draft = Draft::new(store);
    let places = &house.turns.office().places;
    let (stops, bad) = plan_route(places, &mut draft, ROUTE, house.clock.now().day()).await.unwrap();
    let (code, village) = (stops[0].code.clone(), stops[0].village);
    let (place, stop) = Stop::by_code(&mut draft, &code).await.unwrap().unwrap();
    draft.put(Stop::key(place), &Stop { state: StopState::Published, ..stop }).unwrap();
    let old = Msisdn::parse("+6281200000077").unwrap();
    let mut waiter = Waiter::new(old, house.clock.now());
    waiter.home = Some(Home::Old);
    draft.put(Waiter::key(village, [7; 16]), &waiter).unwrap();
    store.commit(draft.into_batch()).await.unwrap();
    assert!(bad.is_empty());

    let person = house.citizen(3);
    book(&house, 1, &person, 2).await;
    let list = day_list(house.turns.office(), &mut Draft::new(store), &code).await.unwrap().unwrap();
    let shown = list.to_string();
    let line = format!("[ ] 08-10  {}  hilang  NIK ..{}  kk, surat polisi", list.people[0].code, &person.nik[12..]);
    assert!(shown.contains(&line), "{shown}");
    assert!(shown.contains("At home, to be called before: 1\n[ ] +6281200000077  lansia"), "{shown}");
    assert!(!shown.contains(&person.nik), "a whole NIK: {shown}");
}

const KEYS: &str = "hash AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\nseal 1 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n";

/// What waits to be sent, by the words that tell one message from another.
async fn told(store: &Store) -> (usize, usize) {
    let rows = Draft::new(store).scan::<Outgoing>(Key::new(Space::Outgoing)..Key::after(Space::Outgoing), usize::MAX).await.unwrap();
    let with = |words: &str| rows.iter().filter(|(_, row)| row.text.contains(words)).count();
    (with(" pindah ke Sen 14 Des"), with("didahulukan di Mangsang"))
}

/// Twenty-four people and twelve seats elsewhere: each hears once what became of their appointment, whoever does it and however often it is begun.
#[tokio::test]
async fn a_cancelled_stop_forgets_nobody_and_tells_nobody_twice_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Store::open(folder.path(), &Keys::parse(KEYS).unwrap(), Settings::default()).unwrap().0;
    let house = House::on(open(), 12).await;
    house.clock.set(at("2026-11-30T09:00"));
    let route = "desa,tanggal,jam,menit,alat,jalur,tempat\nMangsang,2026-12-10,08-10,5,1,perahu,Balai Desa\n\
        Mangsang,2026-12-14,08-09,5,1,perahu,Balai Desa\n";
    let (places, today) = (house.turns.office().places.clone(), house.clock.now().day());
    let mut draft = Draft::new(house.turns.store());
    let (stops, _) = plan_route(&places, &mut draft, route, today).await.unwrap();
    for stop in &stops {
        let (place, stop) = Stop::by_code(&mut draft, &stop.code).await.unwrap().unwrap();
        draft.put(Stop::key(place), &Stop { state: StopState::Published, ..stop }).unwrap();
    }
    house.turns.store().commit(draft.into_batch()).await.unwrap();
    for who in 0..24 {
        let person = house.citizen(who);
        book(&house, who.into(), &person, 1).await;
    }
    let mut draft = Draft::new(house.turns.store());
    let (place, stop) = Stop::by_code(&mut draft, &stops[0].code).await.unwrap().unwrap();
    draft.put(Stop::key(place), &Stop { state: StopState::Cancelled(Reason::Weather), is_settling: true, ..stop }).unwrap();
    draft.durable();
    house.turns.store().commit(draft.into_batch()).await.unwrap();
    // The machine stops before anybody was told. Then two do it at once.
    house.turns.store().close();
    drop(house);
    let house = House::on(open(), 12).await;
    house.clock.set(at("2026-11-30T10:01"));
    {
        let (one, other) = (house.due(), house.due());
        let (one, other) = tokio::join!(one.settle(), other.settle());
        assert!(one.is_ok() && other.is_ok());
    }
    assert_eq!(told(house.turns.store()).await, (12, 12));
    house.turns.store().close();
    drop(house);
    let house = House::on(open(), 12).await;
    house.clock.set(at("2026-11-30T10:02"));
    house.due().settle().await.unwrap();
    assert_eq!(told(house.turns.store()).await, (12, 12), "after another restart");
    let mut draft = Draft::new(house.turns.store());
    let (place, stop) = Stop::by_code(&mut draft, &stops[1].code).await.unwrap().unwrap();
    let (left, _) = Stop::by_code(&mut draft, &stops[0].code).await.unwrap().unwrap();
    let booked = async |place, day| codes_on(&Draft::new(house.turns.store()), place, day).await.unwrap().len();
    assert_eq!((booked(place, stop.day).await, booked(left, stops[0].day).await), (12, 0));
    let waiting = Waiter::of_village(&draft, stop.village).await.unwrap();
    assert!(waiting.len() == 12 && waiting.iter().all(|(_, waiter)| waiter.is_first));
}
