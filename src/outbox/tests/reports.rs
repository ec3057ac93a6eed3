//! Delivery reports as they come: early, late, doubled, out of order, under other forms of an id.

use super::*;
use crate::channel::{About, DeliveryReport, DeliveryStatus};
use DeliveryStatus::{Delivered, Failed, Pending};

fn report(about: About, status: DeliveryStatus) -> DeliveryReport {
    DeliveryReport { about, status, word: None }
}

fn ours(id: MessageId) -> About {
    About::Ours(id.to_string())
}

fn theirs(id: MessageId) -> About {
    About::Theirs(format!("t-{}", id.to_string().to_uppercase()))
}

#[tokio::test]
async fn the_last_word_stays_in_whatever_order_words_come() {
    let (store, telco) = (store(), Telco::start("a", 0).await);
    let outbox = outbox(&store, &[&telco], settings()).await;
    let failed = Fate::Failed(None);
    for (reports, fate) in [
        (&[DeliveryStatus::Sent, Delivered][..], Fate::Delivered),
        (&[Delivered, DeliveryStatus::Sent], Fate::Delivered),
        (&[Delivered, Delivered], Fate::Delivered),
        (&[Delivered, Failed], Fate::Delivered),
        (&[Failed, Delivered], failed),
        (&[Pending, DeliveryStatus::Sent], Fate::Accepted),
    ] {
        for about in [ours, theirs] {
            let id = leave(&store, number(1), Class::Reply).await;
            outbox.settle().await;
            for status in reports {
                assert_eq!(outbox.report("a", &report(about(id), *status)).await.unwrap(), Reported::Noted);
            }
            assert_eq!(sent(&store, id).await.unwrap().fate, fate, "{reports:?}");
        }
    }
}

#[tokio::test]
async fn a_report_about_nothing_is_counted_and_changes_nothing() {
    let (store, telco) = (store(), Telco::start("a", 0).await);
    let outbox = outbox(&store, &[&telco], settings()).await;
    let id = leave(&store, number(1), Class::Reply).await;
    for about in [About::Ours("x".to_owned()), ours(MessageId(9)), ours(id), theirs(id), About::Theirs(String::new())] {
        assert_eq!(outbox.report("a", &report(about, Delivered)).await.unwrap(), Reported::Unknown);
    }
    // Another channel's id of the same name is another message.
    outbox.settle().await;
    assert_eq!(outbox.report("b", &report(theirs(id), Delivered)).await.unwrap(), Reported::Unknown);
    assert_eq!(sent(&store, id).await.unwrap().fate, Fate::Accepted);
    assert_eq!(outbox.figures().unknown_reports, 6);
}

#[tokio::test]
async fn a_report_may_come_before_the_answer() {
    for about in [ours, theirs] {
        for (status, fate) in [(Delivered, Fate::Delivered), (Failed, Fate::Failed(None)), (DeliveryStatus::Sent, Fate::Accepted)] {
            let (store, telco) = (store(), Telco::start("a", 0).await);
            let outbox = outbox(&store, &[&telco], settings()).await;
            telco.hold();
            let id = leave(&store, number(1), Class::Reply).await;
            let settled = tokio::spawn({
                let outbox = Arc::clone(&outbox);
                async move { outbox.settle().await }
            });
            while telco.received().is_empty() {
                clock::sleep(Duration::from_millis(1)).await;
            }
            assert_ne!(outbox.report("a", &report(about(id), status)).await.unwrap(), Reported::Unknown);
            telco.let_go();
            settled.await.unwrap();
            assert_eq!(sent(&store, id).await.unwrap().fate, fate);
            assert_eq!((waiting(&store).await, telco.received().len()), (0, 1));
            // The telco's id is known all the same.
            assert_eq!(outbox.report("a", &report(theirs(id), Delivered)).await.unwrap(), Reported::Noted);
        }
    }
}

#[tokio::test]
async fn a_report_settles_what_was_in_doubt() {
    let (store, telco) = (store(), Telco::start("a", 0).await);
    let patience = Patience { unsure_pause: Duration::from_secs(30), ..QUICK };
    let outbox = outbox(&store, &[&telco], Settings { patience, ..settings() }).await;
    telco.break_next();
    let id = leave(&store, number(1), Class::Reply).await;
    outbox.settle().await;
    assert_eq!((waiting(&store).await, telco.received().len(), outbox.figures().channels[0].unsure), (1, 1, 1));
    assert_eq!(outbox.report("a", &report(ours(id), Delivered)).await.unwrap(), Reported::Noted);
    assert_eq!(sent(&store, id).await.unwrap().fate, Fate::Delivered);
    assert_eq!((waiting(&store).await, outbox.figures().waiting), (0, 0));
}

#[tokio::test]
async fn a_channel_whose_reports_do_not_come_weighs_less() {
    for (reports, falls) in [(true, false), (false, true)] {
        let (store, telco) = (store(), Telco::start("a", 0).await);
        let outbox = outbox(&store, &[&telco], settings()).await;
        let first = leave(&store, number(1), Class::Reply).await;
        outbox.settle().await;
        outbox.report("a", &report(theirs(first), Delivered)).await.unwrap();
        for at in 2..40 {
            let id = leave(&store, number(at), Class::Reply).await;
            outbox.settle().await;
            if reports {
                outbox.report("a", &report(theirs(id), Delivered)).await.unwrap();
            }
        }
        // Twice as long as a report may take, and a moment to fall in.
        for _ in 0..3 {
            clock::sleep(QUICK.report_within).await;
            outbox.figures();
        }
        assert_eq!(outbox.figures().channels[0].weight < 1.0, falls);
    }
}
