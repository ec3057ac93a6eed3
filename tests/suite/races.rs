//! Many callers at once, and the same callback many times.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::house::House;

/// Keys of a booking at Dukcapil Sekayu, up to the list of windows.
fn path_to_list(house: &House, citizen: u32) -> String {
    let person = house.citizen(citizen);
    format!("2*{}*{}*1*2", person.nik, person.kk4)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_race_for_seven_seats() {
    let house = Arc::new(House::new(7).await);
    let mut paths = Vec::new();
    for at in 0..100 {
        let path = path_to_list(&house, at);
        let list = house.call(u64::from(at), "race", &path).await;
        assert!(list.text.contains("1 Sen 30 Nov 08-10 (7)"), "everybody sees the same window first: {}", list.text);
        paths.push(format!("{path}*1"));
    }
    let racers: Vec<_> = (0_u64..)
        .zip(paths)
        .map(|(at, path)| {
            let house = Arc::clone(&house);
            tokio::spawn(async move {
                let summary = house.call(at, "race", &path).await;
                if !summary.text.contains("1 YA") {
                    return summary.text;
                }
                house.call(at, "race", &format!("{path}*1")).await.text
            })
        })
        .collect();
    // Who comes when the first window is full is offered the next one.
    let mut booked: BTreeMap<String, usize> = BTreeMap::new();
    let mut codes = BTreeSet::new();
    for racer in racers {
        let page = racer.await.unwrap();
        if page.contains("TERSIMPAN") {
            *booked.entry(page.lines().nth(2).unwrap().to_owned()).or_default() += 1;
            codes.insert(page.lines().nth(1).unwrap().to_owned());
        } else {
            assert!(page.contains("penuh") || page.contains("dipesan"), "told: {page}");
        }
    }
    assert_eq!(booked.get("Sen 30 Nov jam 08-10"), Some(&7), "{booked:?}");
    assert!(booked.values().all(|seats| *seats <= 7), "{booked:?}");
    assert_eq!(codes.len(), booked.values().sum::<usize>(), "every booking has a code of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_callback_twenty_times_at_once_is_one_booking_and_one_page() {
    let house = Arc::new(House::new(12).await);
    let summary = format!("{}*1", path_to_list(&house, 5));
    assert!(house.call(5, "again", &summary).await.text.contains("1 YA"));
    let path = format!("{summary}*1");
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (house, path) = (Arc::clone(&house), path.clone());
            tokio::spawn(async move { house.call(5, "again", &path).await.text })
        })
        .collect();
    let mut pages = BTreeSet::new();
    for call in calls {
        pages.insert(call.await.unwrap());
    }
    assert_eq!(pages.len(), 1, "{pages:?}");
    assert!(pages.first().unwrap().contains("TERSIMPAN"));
}
