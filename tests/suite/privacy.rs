//! Two callers interleaved at any point: each sees what it would see alone, and never anything of the other.

use std::sync::LazyLock;

use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::house::House;
use kentongan::citizen::Msisdn;
use kentongan::service::caller::Caller;
use kentongan::store::{Draft, Space, Stored};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// What a caller may do, one key press after another. `N` and `K` stand for the caller's own NIK and KK digits.
const WALKS: [&[&str]; 6] = [
    &["", "1", "N", "K"],
    &["", "1", "N", "0000", "1", "N", "K", "0", "00"],
    &["", "2", "N", "K", "1", "3", "PLACE", "1", "1"],
    &["", "2", "N", "K", "1", "3", "98", "0", "00", "2"],
    &["", "1", "123", "N", "K", "00", "3", "1"],
    &["", "4", "00", "5", "0", "1", "N", "K", "2"],
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_sees_anything_of_anybody_else(left in 0..WALKS.len(), right in 0..WALKS.len(), order in prop::collection::vec(any::<bool>(), 20)) {
        let walks = [WALKS[left], WALKS[right]];
        let (alone, together, niks) = RUNTIME.block_on(async {
            let mut alone = Vec::new();
            for (who, walk) in walks.iter().enumerate() {
                let house = House::new(12).await;
                let mut pages = Vec::new();
                for at in 0..walk.len() {
                    pages.push(press(&house, who, walk, at).await);
                }
                alone.push(pages);
            }
            let house = House::new(12).await;
            let mut together = vec![Vec::new(), Vec::new()];
            let mut at = [0, 0];
            let turns = order.iter().copied().chain((0..40).map(|n| n % 2 == 0));
            for first in turns {
                let who = usize::from(!first);
                if at[who] < walks[who].len() {
                    together[who].push(press(&house, who, walks[who], at[who]).await);
                    at[who] += 1;
                }
            }
            let niks = [house.citizen(0).nik, house.citizen(1).nik];
            (alone, together, niks)
        });
        for who in 0..2 {
            prop_assert_eq!(&together[who], &alone[who]);
            let other = &niks[1 - who];
            for page in &together[who] {
                prop_assert!(!page.contains(other.as_str()), "a whole NIK: {}", page);
                prop_assert!(!page.contains(&niks[who]), "a whole NIK of their own: {}", page);
                prop_assert!(!page.contains(&format!("..{}", &other[12..])), "the end of another NIK: {}", page);
            }
        }
    }
}

/// The page after the first `at` + 1 keys of a walk, with codes blotted out: they are drawn by chance.
async fn press(house: &House, who: usize, walk: &[&str], at: usize) -> String {
    let person = house.citizen(u32::try_from(who).unwrap());
    let place = if who == 0 { "1" } else { "2" };
    let keys: Vec<&str> = walk[1..=at]
        .iter()
        .map(|key| match *key {
            "N" => person.nik.as_str(),
            "K" => person.kk4.as_str(),
            "PLACE" => place,
            key => key,
        })
        .collect();
    let answered = house.call(u64::try_from(who).unwrap(), &format!("walk-{who}"), &keys.join("*")).await;
    blot_codes(&answered.text)
}

fn blot_codes(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_code =
            bare.len() == 8 && bare.starts_with(|c: char| c.is_ascii_uppercase()) && bare[1..].bytes().all(|b| b.is_ascii_digit());
        out.push_str(if is_code { "CODE " } else { word });
    }
    out
}

/// Of one number everything is lost but its menu: whoever dials still finds where to call.
#[tokio::test]
async fn a_callers_record_that_cannot_be_read_keeps_nobody_from_the_menu() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Odd(u8);
    impl Stored for Odd {
        const SPACE: Space = Space::Caller;
        const FORMAT: u16 = 99;
    }
    let house = House::new(12).await;
    let number = Msisdn::parse("+6281200000001").unwrap();
    let mut draft = Draft::new(house.turns.store());
    draft.put(Caller::key(house.turns.asking(number).number_hash), &Odd(1)).unwrap();
    house.turns.store().commit(draft.into_batch()).await.unwrap();
    let page = house.call(1, "a", "3*3").await;
    assert!(page.text.contains("1500537"), "{}", page.text);
}
