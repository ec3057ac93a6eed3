//! Messages that come as JSON.

use super::super::format::{Format, brings, tells};
use super::super::signing::Signing;
use crate::simulator::wire::Ask;

const RECEIPT: &str = "/receipt";

/// An event of httpSMS, in the envelope of CloudEvents.
macro_rules! event {
    ($kind:literal, $data:literal) => {
        Ask::json(concat!(
            r#"{"specversion":"1.0","id":"2f4d6c3e-0000-4000-8000-000000000001","source":"/v1/messages","type":""#,
            $kind,
            r#"","datacontenttype":"application/json","time":"$iso","data":{"#,
            $data,
            r#","user_id":"u1","owner":"$to","contact":"$number","timestamp":"$iso","encrypted":false,"sim":"SIM1"}}"#
        ))
        .with(&[("X-Event-Type", $kind)])
    };
}

pub(super) const FORMATS: &[Format] = &[
    brings("advanta", Ask::json(r#"{"shortcode":"$to","mobile":"$digits","message":"$text"}"#)).telling(
        Ask::json(r#"{"description":"$word","messageid":"$id","timeTaken":"22s","timestamp":"$daytime"}"#).at(RECEIPT),
        ["", "DeliveredToTerminal", ""],
    ),
    brings(
        "bandwidth",
        Ask::json(
            r#"[{"type":"message-received","time":"$iso","description":"Incoming message received","to":"$to","message":{"id":"$id","time":"$iso","to":["$to"],"from":"$number","text":"$text","applicationId":"muba","owner":"$to","direction":"in","segmentCount":1}}]"#,
        ),
    )
    .telling(
        Ask::json(
            r#"[{"time":"$iso","type":"$word","to":"$number","description":"Message","message":{"id":"$id","owner":"$to","applicationId":"muba","time":"$iso","segmentCount":1,"direction":"out","to":["$number"]}}]"#,
        )
        .at(RECEIPT),
        ["message-sending", "message-delivered", "message-failed"],
    ),
    brings("beem", Ask::json(r#"{"from":"$digits","to":"$to","message":"$text","timestamp":"$iso"}"#)).telling(
        Ask::form("DLRID=$id&SOURCEADDR=$to&DESTADDR=$digits&MESSAGE=halo&status=$word&timestamp=$daytime").at(RECEIPT),
        ["", "DELIVERED", ""],
    ),
    brings("clickatell", Ask::json(r#"{"messageId":"$id","fromNumber":"$digits","timestamp":$millis,"text":"$text","charset":"UTF-8"}"#))
        .telling(Ask::json(r#"{"messageId":"$id","statusCode":$word}"#).at(RECEIPT), ["3", "", "5"]),
    brings(
        "globe",
        Ask::json(
            r#"{"inboundSMSMessageList":{"inboundSMSMessage":[{"dateTime":"Mon Nov 30 2026 02:00:00 GMT+0000 (UTC)","destinationAddress":"tel:$to","messageId":"$id","message":"$text","resourceURL":null,"senderAddress":"tel:$number"}],"numberOfMessagesInThisBatch":1,"resourceURL":null,"totalNumberOfPendingMessages":0}}"#,
        ),
    ),
    brings("httpsms", event!("message.phone.received", r#""message_id":"$id","content":"$text","attachments":[]"#))
        .telling(event!("message.phone.delivered", r#""id":"$id","request_id":"r1","content":"halo""#), ["", "delivered", ""])
        .signed(Signing::HttpSms),
    brings(
        "infobip",
        Ask::json(
            r#"{"results":[{"messageId":"$id","from":"$digits","to":"$to","text":"$text","cleanText":"$text","keyword":"$keyword","receivedAt":"$iso","smsCount":1,"price":{"pricePerMessage":0,"currency":"IDR"},"callbackData":null}],"messageCount":1,"pendingMessageCount":0}"#,
        ),
    )
    .telling(
        Ask::json(
            r#"{"results":[{"bulkId":"b1","messageId":"$id","to":"$digits","from":"$to","sentAt":"$iso","doneAt":"$iso","status":{"groupName":"$word"},"error":{"permanent":false}}]}"#,
        )
        .at(RECEIPT),
        ["PENDING", "DELIVERED", "UNDELIVERABLE"],
    ),
    brings("junebug", Ask::json(r#"{"from":"$number","timestamp":"$daytime.050000","content":"$text","to":"$to","message_id":"$id"}"#)).telling(
        Ask::json(r#"{"event_type":"$word","message_id":"$id","channel_id":"muba","timestamp":"$daytime","event_details":{}}"#),
        ["submitted", "delivery_succeeded", "delivery_failed"],
    ),
    brings(
        "justcall",
        Ask::json(
            r#"{"data":{"type":"sms","direction":"I","justcall_number":"$to","contact_name":"Siti","contact_number":"$number","contact_email":"","is_contact":1,"content":"$text","signature":"35e89fc56b497","datetime":"$daytime"}}"#,
        ),
    ),
    brings("mblox", Ask::json(r#"{"id":"$id","from":"$digits","to":"$to","body":"$text","type":"mo_text","received_at":"$iso"}"#)).telling(
        Ask::json(r#"{"batch_id":"$id","status":"$word","type":"recipient_delivery_report_sms"}"#).at(RECEIPT),
        ["Dispatched", "Delivered", "Failed"],
    ),
    // MTN's portal.
    brings(
        "mtn",
        Ask::json(
            r#"{"id":null,"senderAddress":"$digits","receiverAddress":"$to","message":"$text","created":$millis,"submittedDate":null}"#,
        ),
    )
    .telling(
        Ask::json(r#"{"TransactionID":"$id","clientCorrelator":"$id","deliveryStatus":"$word"}"#).at(RECEIPT),
        ["DeliveredToNetwork", "DeliveredToTerminal", "DeliveryImpossible"],
    ),
    brings(
        "orange-sdp",
        Ask::json(
            r#"{"inboundSMSMessageNotification":{"inboundSMSMessage":{"senderAddress":"tel:$number","destinationAddress":"$to","message":"$text","dateTime":"$iso"}}}"#,
        ),
    )
    .telling(
        Ask::json(
            r#"{"deliveryInfoNotification":{"deliveryInfo":{"address":"tel:$number","deliveryStatus":"$word"},"callbackData":"$id"}}"#,
        ),
        ["", "DeliveredToTerminal", "DeliveryImpossible"],
    ),
    // SMSGate, an Android phone.
    brings(
        "smsgate",
        Ask::json(
            r#"{"deviceId":"ffffffffceb0b1db0000018e937c815b","event":"sms:received","id":"Ey6ECgOkVVFjz3CL48B8C","payload":{"messageId":"$id","message":"$text","sender":"$number","recipient":"$to","simNumber":1,"receivedAt":"$iso"},"webhookId":"LreFUt-Z3sSq0JufY9uWB"}"#,
        ),
    )
    .telling(
        Ask::json(
            r#"{"deviceId":"ffffffffceb0b1db0000018e937c815b","event":"$word","id":"Ey6ECgOkVVFjz3CL48B8C","payload":{"messageId":"$id","sender":"$to","recipient":"$number","simNumber":1,"failedAt":"$iso","reason":"Network error"},"webhookId":"LreFUt-Z3sSq0JufY9uWB"}"#,
        ),
        ["sms:sent", "sms:delivered", "sms:failed"],
    )
    .signed(Signing::SmsGate),
    tells(
        "telkomsel-digihub",
        Ask::json(r#"{"transaction_id":"$id","message_id":"$id","status":"$word"}"#).at(RECEIPT),
        ["", "DELIVRD", "UNDELIV"],
    ),
    // textbee, an Android phone.
    brings(
        "textbee",
        Ask::json(
            r#"{"smsId":"$id","sender":"$number","message":"$text","receivedAt":"$iso","deviceId":"deviceId","webhookSubscriptionId":"webhookSubscriptionId","webhookEvent":"MESSAGE_RECEIVED"}"#,
        ),
    )
    .telling(
        Ask::json(
            r#"{"smsId":"$id","smsBatchId":"smsBatchId","message":"halo","recipient":"$number","deviceId":"deviceId","webhookSubscriptionId":"webhookSubscriptionId","webhookEvent":"$word"}"#,
        ),
        ["MESSAGE_SENT", "MESSAGE_DELIVERED", ""],
    )
    .signed(Signing::Textbee),
    brings(
        "wavecell-8x8",
        Ask::json(
            r#"{"namespace":"SMS","eventType":"inbound_message_received","description":"Inbound SMS","payload":{"umid":"$id","subAccountId":"muba_hq","source":"$number","destination":"$to","body":"$text","encoding":"UTF-8","timestamp":"$iso"}}"#,
        ),
    )
    .telling(
        Ask::json(
            r#"{"namespace":"SMS","eventType":"outbound_message_status_changed","description":"SMS outbound message delivery receipt","payload":{"umid":"$id","batchId":"b1","clientMessageId":"$id","subAccountId":"muba_hq","source":"$to","destination":"$number","status":{"state":"$word","detail":"delivered_to_recipient","timestamp":"$iso"},"price":{"total":0.0375,"perSms":0.0375,"currency":"USD"},"smsCount":1}}"#,
        ),
        ["", "delivered", ""],
    ),
    // Wavy, Movile (Brazil).
    brings(
        "wavy",
        Ask::json(
            r#"{"id":"$id","subAccount":"muba","campaignAlias":"muba","carrierId":1,"carrierName":"TSEL","source":"$digits","shortCode":"$to","messageText":"$text","receivedAt":$millis,"receivedDate":"$iso"}"#,
        ),
    )
    .telling(
        Ask::json(r#"{"id":"58b36497-fb0f-474c-9c35-20b184ac4227","correlationId":"$id","sentStatusCode":$word,"sentStatus":"SENT"}"#)
            .at(RECEIPT),
        ["2", "", "101"],
    ),
    brings(
        "zenvia",
        Ask::json(
            r#"{"id":"e1","timestamp":"$iso","type":"MESSAGE","message":{"id":"$id","from":"$digits","to":"$to","direction":"IN","contents":[{"type":"text","text":"$text","payload":"string"}],"visitor":{"name":"Siti"}}}"#,
        ),
    )
    .telling(
        Ask::json(
            r#"{"id":"e1","type":"MESSAGE_STATUS","channel":"sms","messageId":"$id","messageStatus":{"timestamp":"$iso","code":"$word"}}"#,
        )
        .at(RECEIPT),
        ["SENT", "DELIVERED", "REJECTED"],
    ),
    brings(
        "zenviaold",
        Ask::json(
            r#"{"callbackMoRequest":{"id":"$id","mobile":"$digits","shortCode":"$to","account":"zenvia.envio","body":"$text","received":"$iso","correlatedMessageSmsId":"hs765939061"}}"#,
        ),
    )
    .telling(Ask::json(r#"{"callbackMtRequest":{"status":"$word","id":"$id"}}"#).at(RECEIPT), ["", "03", ""]),
];
