//! A number that asked us to remember somebody.

use crate::house::House;

#[tokio::test]
async fn somebody_remembered_is_not_asked_with_another_persons_kk_digits() {
    let house = House::new(12).await;
    let (own, other) = (house.citizen(1), house.citizen(2));
    let linked = house.call(1, "link", &format!("1*{}*{}*2", own.nik, own.kk4)).await;
    assert!(linked.text.contains("diingat") || linked.text.to_lowercase().contains("ingat"), "{}", linked.text);
    let plain = house.call(1, "plain", "1*1").await.text;
    // Somebody else's status first, then back to the list.
    let after = house.call(1, "after", &format!("1*20*{}*{}*0*0*0*1", other.nik, other.kk4)).await.text;
    assert_eq!(after, plain);
}
