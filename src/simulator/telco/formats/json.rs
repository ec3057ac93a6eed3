//! Formats in JSON, answered in JSON.

use super::super::format::{Format, Shape, format};
use crate::simulator::wire::{Ask, At, Holds};

/// A text beside a flag, both in JSON.
const fn flagged(text: &'static str, flag: &'static str, open: &'static str, shut: &'static [&'static str]) -> Shape {
    Shape::Flagged { text: At::Json(text), flag: At::Json(flag), open, shut }
}

/// Two who speak alike, by the codes of SMPP in decimal.
const SMPP_BEGIN: Ask = Ask::json(r#"{"sessionID":"$id","msisdn":"$digits","network":"1","ussdString":"$dialled","ussdServiceOp":1}"#);
const SMPP_NEXT: Ask = Ask::json(r#"{"sessionID":"$id","msisdn":"$digits","network":"1","ussdString":"$last","ussdServiceOp":18}"#);
const BY_SMPP: Shape = flagged("/message", "/ussdServiceOp", "2", &["17"]);
/// And two more.
const STATE_BEGIN: Ask =
    Ask::json(r#"{"sessionId":"$id","msisdn":"$digits","ussdString":"$code","menuId":"","ussdParameters":"","network":"MTN","text":""}"#);
const STATE_NEXT: Ask = Ask::json(
    r#"{"sessionId":"$id","msisdn":"$digits","ussdString":"$code","menuId":"1","ussdParameters":"","network":"MTN","text":"$last"}"#,
);
const BY_STATE: Shape = flagged("/message", "/state", r#""CONTINUE""#, &[r#""END""#]);
const BY_TYPE: Shape = flagged("/Message", "/Type", r#""Response""#, &[r#""Release""#]);
const MADAPI_KEY: &[(&str, &str)] = &[("x-api-key", "$key")];
const MADAPI_HOLDS: Holds =
    &[(At::Json("/statusCode"), r#""0000""#), (At::Json("/data/msisdn"), r#""$digits""#), (At::Json("/data/serviceCode"), r#""$bare""#)];

pub(super) const FORMATS: &[Format] = &[
    format(
        "arkesel",
        Ask::json(r#"{"sessionID":"$id","userID":"MUBA","newSession":true,"msisdn":"$digits","userData":"","network":"MTN"}"#),
        Ask::json(r#"{"sessionID":"$id","userID":"MUBA","newSession":false,"msisdn":"$digits","userData":"$last","network":"MTN"}"#),
        flagged("/message", "/continueSession", "true", &["false"]),
    )
    .holding(&[(At::Json("/sessionID"), r#""$id""#), (At::Json("/userID"), r#""MUBA""#), (At::Json("/msisdn"), r#""$digits""#)]),
    // Beem (Tanzania). At first there is no response, which is the number 0.
    format(
        "beem",
        Ask::json(r#"{"command":"initiate","msisdn":"$digits","session_id":"$id","operator":"vodacom","payload":{"request_id":0,"response":0}}"#),
        Ask::json(
            r#"{"command":"continue","msisdn":"$digits","session_id":"$id","operator":"vodacom","payload":{"request_id":$hop,"response":"$last"}}"#,
        ),
        flagged("/payload/request", "/command", r#""continue""#, &[r#""terminate""#]),
    )
    .holding(&[(At::Json("/session_id"), r#""$id""#), (At::Json("/msisdn"), r#""$digits""#), (At::Json("/operator"), r#""vodacom""#)])
    .hung_up(
        Ask::json(
            r#"{"command":"terminate","msisdn":"$digits","session_id":"$id","operator":"vodacom","payload":{"request_id":$hop,"response":""}}"#,
        ),
        &[],
    ),
    format("cross-switch", STATE_BEGIN, STATE_NEXT, BY_STATE),
    format(
        "emergent",
        Ask::json(r#"{"SessionId":"$id","Mobile":"$number","ServiceCode":"$code","Type":"Initiation","Operator":"MTN","Message":"$dialled"}"#),
        Ask::json(r#"{"SessionId":"$id","Mobile":"$number","ServiceCode":"$code","Type":"Response","Operator":"MTN","Message":"$last"}"#),
        BY_TYPE,
    ),
    format(
        "hubtel",
        Ask::json(
            r#"{"Type":"Initiation","Mobile":"$digits","SessionId":"$id","ServiceCode":"$bare","Message":"$dialled","Operator":"vodafone","Sequence":$hop,"ClientState":"","Platform":"USSD"}"#,
        ),
        Ask::json(
            r#"{"Type":"Response","Mobile":"$digits","SessionId":"$id","ServiceCode":"$bare","Message":"$last","Operator":"vodafone","Sequence":$hop,"ClientState":"","Platform":"USSD"}"#,
        ),
        BY_TYPE,
    )
    // Nobody reads the answer to this one.
    .hung_up(
        Ask::json(
            r#"{"Type":"Release","Mobile":"$digits","SessionId":"$id","ServiceCode":"$bare","Message":"","Operator":"vodafone","Sequence":$hop,"ClientState":"","Platform":"USSD"}"#,
        ),
        &[],
    ),
    format("korba", SMPP_BEGIN, SMPP_NEXT, BY_SMPP),
    format(
        "moolre",
        Ask::json(r#"{"sessionid":"$id","new":true,"msisdn":"$digits","network":3,"message":"","extension":"$dialled","data":""}"#),
        Ask::json(r#"{"sessionid":"$id","new":false,"msisdn":"$digits","network":3,"message":"$last","extension":"$dialled","data":""}"#),
        flagged("/message", "/reply", "true", &["false"]),
    ),
    // MTN's MADAPI.
    format(
        "mtn-madapi",
        Ask::json(r#"{"sessionId":"$id","messageType":"0","msisdn":"$digits","serviceCode":"$bare","ussdString":"$dialled"}"#).with(MADAPI_KEY),
        Ask::json(r#"{"sessionId":"$id","messageType":"1","msisdn":"$digits","serviceCode":"$bare","ussdString":"$last"}"#).with(MADAPI_KEY),
        flagged("/data/inboundResponse", "/data/userInputRequired", "true", &["false"]),
    )
    .holding(MADAPI_HOLDS)
    .ending(&[(At::Json("/data/messageType"), "2")])
    .hung_up(
        Ask::json(r#"{"sessionId":"$id","messageType":"4","msisdn":"$digits","serviceCode":"$bare","ussdString":""}"#).with(MADAPI_KEY),
        &[],
    ),
    // Nalo (Ghana): MSGTYPE true goes on, false ends; of a request it is true at first.
    format(
        "nalo",
        Ask::json(r#"{"USERID":"muba","MSISDN":"$digits","USERDATA":"$dialled","MSGTYPE":true,"NETWORK":"MTN","SESSIONID":"$id"}"#),
        Ask::json(r#"{"USERID":"muba","MSISDN":"$digits","USERDATA":"$last","MSGTYPE":false,"NETWORK":"MTN","SESSIONID":"$id"}"#),
        flagged("/MSG", "/MSGTYPE", "true", &["false"]),
    )
    .holding(&[(At::Json("/USERID"), r#""muba""#), (At::Json("/MSISDN"), r#""$digits""#)]),
    format(
        "nsano",
        Ask::json(r#"{"UserSessionID":"$id","msisdn":"$digits","network":"VOD","msg":"$dialled"}"#),
        Ask::json(r#"{"UserSessionID":"$id","msisdn":"$digits","network":"VOD","msg":"$last"}"#),
        flagged("/USSDResp/title", "/USSDResp/action", r#""input""#, &[r#""prompt""#]),
    ),
    // Oltranz (Rwanda): the object comes back with two of its members filled in.
    format(
        "oltranz",
        Ask::json(
            r#"{"sessionId":"$id","serviceCode":"$bare","phoneNumber":"$digits","text":"","response":"","action":"CON","transactionId":"","requestTime":"$daytime","newRequest":0,"charge":"N","amount":0.0}"#,
        ),
        Ask::json(
            r#"{"sessionId":"$id","serviceCode":"$bare","phoneNumber":"$digits","text":"$last","response":"","action":"CON","transactionId":"","requestTime":"$daytime","newRequest":0,"charge":"N","amount":0.0}"#,
        ),
        flagged("/response", "/action", r#""CON""#, &[r#""END""#]),
    )
    .holding(&[(At::Json("/sessionId"), r#""$id""#), (At::Json("/phoneNumber"), r#""$digits""#)]),
    format(
        "sendexa",
        Ask::json(r#"{"sessionId":"$id","phone":"$digits","network":"MTN","serviceCode":"$code","type":"new","input":null,"timestamp":"$iso"}"#),
        Ask::json(
            r#"{"sessionId":"$id","phone":"$digits","network":"MTN","serviceCode":"$code","type":"continue","input":"$last","timestamp":"$iso"}"#,
        ),
        flagged("/message", "/shouldClose", "false", &["true"]),
    ),
    format("southpawsl", STATE_BEGIN, STATE_NEXT, BY_STATE),
    format("txtghana", SMPP_BEGIN, SMPP_NEXT, BY_SMPP),
];
