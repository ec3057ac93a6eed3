//! A route of the mobile unit from a file, and the list that its crew takes along.

use kentongan::admin::{Here, Request, answer};
use kentongan::citizen::Msisdn;
use kentongan::clock::Clock;
use kentongan::demo;
use kentongan::exit::Exit;
use kentongan::service::mobile_unit::{Home, Stop, StopState, Waiter, day_list};
use kentongan::store::seal::Keys;
use kentongan::store::{Draft, Store};
use tokio::runtime::Runtime;

use crate::house::House;

const ROUTE: &str = "desa,tanggal,jam,menit,alat,jalur,tempat\nMangsang,2026-12-10,08-12,10,2,perahu,Balai Desa\n\
    Muara Medak,2026-12-11,08-10,30,1,perahu,SDN 1\n";

fn asked(store: &Store, request: &Request, file: &str) -> (Exit, Vec<String>) {
    let (runtime, clock) = (Runtime::new().unwrap(), Clock::held_at("2026-11-30T09:00".parse_at()));
    let places = demo::places(None, 0).unwrap();
    let here = Here { store, places: &places, clock: &clock, runtime: runtime.handle(), running: None };
    let mut told = Vec::new();
    let exit = answer(request, &here, &mut file.as_bytes(), &mut |reply| {
        told.push(reply.to_string());
        Ok(())
    });
    (exit.unwrap(), told)
}

trait At {
    fn parse_at(&self) -> kentongan::clock::Timestamp;
}

impl At for str {
    fn parse_at(&self) -> kentongan::clock::Timestamp {
        kentongan::clock::Timestamp::parse(self).unwrap()
    }
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
    house.clock.set("2026-11-30T09:00".parse_at());
    let store = house.turns.store();
    let mut draft = Draft::new(store);
    let places = &house.turns.office().places;
    let (stops, bad) = kentongan::service::mobile_unit::plan_route(places, &mut draft, ROUTE, house.clock.now().day()).await.unwrap();
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
    let path = format!("3*5*Mangsang*1*1*{}*{}*2*1*1", person.nik, person.kk4);
    house.call(1, "a", &path).await;
    let page = house.call(1, "a", &format!("{path}*1")).await;
    assert!(page.text.contains("TERSIMPAN"), "{}", page.text);
    let list = day_list(house.turns.office(), &mut Draft::new(store), &code).await.unwrap().unwrap();
    let shown = list.to_string();
    let line = format!("[ ] 08-10  {}  hilang  NIK ..{}  kk, surat polisi", list.people[0].code, &person.nik[12..]);
    assert!(shown.contains(&line), "{shown}");
    assert!(shown.contains("At home, to be called before: 1\n[ ] +6281200000077  lansia"), "{shown}");
    assert!(!shown.contains(&person.nik), "a whole NIK: {shown}");
}
