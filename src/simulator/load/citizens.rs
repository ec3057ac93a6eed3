//! Whom the callers name: fake citizens of the demo.

use std::fmt;
use std::path::Path;

use serde::Deserialize;

use crate::simulator::Error;
use crate::simulator::client::{Address, Connection};
use crate::simulator::handset::exchange;
use crate::simulator::telco::write_get;

/// A population number and the last four digits of the family card, as typed.
#[derive(Clone, Deserialize)]
pub struct Citizen {
    pub nik: String,
    pub kk4: String,
}

impl fmt::Debug for Citizen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Citizen(..)")
    }
}

impl Citizen {
    /// As a page names this citizen: `..9999`.
    pub fn shown(&self) -> String {
        format!("..{}", self.nik.get(self.nik.len().saturating_sub(4)..).unwrap_or_default())
    }
}

/// `GET /sim/api/citizens`: a JSON list of objects with `nik` and `kk4`.
pub(super) async fn from_gateway(address: &Address) -> Result<Vec<Citizen>, Error> {
    let mut connection = Connection::new(address.clone());
    let mut request = Vec::new();
    write_get(address, "/sim/api/citizens", &mut request);
    let reply = exchange(&mut connection, &request).await?;
    if reply.status != 200 {
        return Err(Error::Status(reply.status));
    }
    let citizens = serde_json::from_slice(reply.body).map_err(|_| Error::Reply("the citizens are not a JSON list with nik and kk4"))?;
    some(citizens)
}

/// A CSV file with a head line; other columns than `nik` and `kk4` do not matter.
pub(super) fn from_file(path: &Path) -> Result<Vec<Citizen>, Error> {
    let name = || path.display().to_string();
    let mut rows = csv::Reader::from_path(path).map_err(|error| Error::Input(format!("{}: {error}", name())))?;
    // A csv error of a row would quote the row; only its place is told.
    let row = |row: Result<Citizen, csv::Error>| {
        row.map_err(|error| Error::Input(format!("{}: line {}: not a citizen", name(), error.position().map_or(0, csv::Position::line))))
    };
    some(rows.deserialize().map(row).collect::<Result<_, _>>()?)
}

fn some(citizens: Vec<Citizen>) -> Result<Vec<Citizen>, Error> {
    if citizens.is_empty() { Err(Error::Input("no citizens to call for".to_owned())) } else { Ok(citizens) }
}
