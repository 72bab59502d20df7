//! A layer of a feature service, as far as reading it goes: description, count, ids, pages by offset and by ids, a small part of
//! where clauses, time, tokens.

use super::{Asked, Reply, ok};

/// A point with an object id and a population.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub oid: i64,
    pub population: i64,
}

#[derive(Clone, Debug)]
pub struct Layer {
    pub places: Vec<Place>,
    pub maximum_records: usize,
    pub has_pages: bool,
    pub token: Option<&'static str>,
    /// Members of the description that replace those below.
    pub description: &'static str,
}

impl Layer {
    pub fn of(count: i64) -> Layer {
        let places = (1..=count).map(|oid| Place { oid, population: oid % 10 }).collect();
        Layer { places, maximum_records: 10, has_pages: true, token: None, description: "" }
    }

    pub fn answer(&self, asked: &Asked) -> Reply {
        if let Some(token) = self.token {
            match asked.parameter("token") {
                Some(given) if given == token => {}
                Some(given) => {
                    return ok(&format!(
                        r#"{{"error":{{"code":498,"message":"Invalid token {given}.","details":["at https://h/x?token={given}"]}}}}"#
                    ));
                }
                None => return ok(r#"{"error":{"code":499,"message":"Token Required","details":[]}}"#),
            }
        }
        if !asked.path.ends_with("/query") {
            return ok(&self.describe());
        }
        match self.chosen(asked) {
            Ok(chosen) if asked.parameter("returnCountOnly") == Some("true") => {
                ok(&format!(r#"{{"count":{}}}"#, chosen.len()))
            }
            Ok(chosen) if asked.parameter("returnIdsOnly") == Some("true") => {
                let ids: Vec<String> = chosen.iter().map(|place| place.oid.to_string()).collect();
                ok(&format!(r#"{{"objectIdFieldName":"OBJECTID","objectIds":[{}]}}"#, ids.join(",")))
            }
            Ok(chosen) => ok(&self.page(&chosen, asked)),
            Err(message) => ok(&format!(
                r#"{{"error":{{"code":400,"message":"Unable to complete operation.","details":["{message}"]}}}}"#
            )),
        }
    }

    fn describe(&self) -> String {
        let kind = r#""type":"Feature Layer","capabilities":"Map,Query,Data""#;
        let members = if self.description.is_empty() { kind } else { self.description };
        format!(
            r#"{{{members},"geometryType":"esriGeometryPoint","objectIdField":"OBJECTID","maxRecordCount":{},
            "extent":{{"xmin":0,"ymin":0,"xmax":1,"ymax":1,"spatialReference":{{"wkid":102100,"latestWkid":3857}}}},
            "fields":{FIELDS},"advancedQueryCapabilities":{{"supportsPagination":{}}}}}"#,
            self.maximum_records, self.has_pages
        )
    }

    fn chosen(&self, asked: &Asked) -> Result<Vec<Place>, String> {
        let clause = asked.parameter("where").unwrap_or("1=1");
        let ids: Option<Vec<i64>> =
            asked.parameter("objectIds").map(|ids| ids.split(',').map(|id| id.parse().unwrap()).collect());
        let mut chosen = Vec::new();
        for place in &self.places {
            let is_chosen = ids.as_ref().is_none_or(|ids| ids.contains(&place.oid));
            if matches(clause, *place)? && is_chosen {
                chosen.push(*place);
            }
        }
        Ok(chosen)
    }

    fn page(&self, chosen: &[Place], asked: &Asked) -> String {
        let number = |name: &str| asked.parameter(name).map(|text| text.parse::<usize>().unwrap());
        let (offset, most) = if self.has_pages {
            let most = number("resultRecordCount").unwrap_or(usize::MAX).min(self.maximum_records);
            (number("resultOffset").unwrap_or(0), most)
        } else {
            assert!(asked.parameter("resultOffset").is_none(), "the layer has no pages");
            (0, self.maximum_records)
        };
        let rest = &chosen[offset.min(chosen.len())..];
        let page = &rest[..rest.len().min(most)];
        let wkid = asked.parameter("outSR").unwrap_or("102100");
        let with_geometry = asked.parameter("returnGeometry") == Some("true");
        page_of(page, wkid, rest.len() > page.len(), with_geometry)
    }
}

const FIELDS: &str = r#"[{"name":"OBJECTID","type":"esriFieldTypeOID","alias":"OBJECTID"},
    {"name":"POP","type":"esriFieldTypeInteger","alias":"Population"}]"#;

pub fn page_of(places: &[Place], wkid: &str, exceeded: bool, with_geometry: bool) -> String {
    let features: Vec<String> = places
        .iter()
        .map(|Place { oid, population }| {
            let geometry =
                if with_geometry { format!(r#","geometry":{{"x":{oid},"y":0}}"#) } else { String::new() };
            format!(r#"{{"attributes":{{"OBJECTID":{oid},"POP":{population}}}{geometry}}}"#)
        })
        .collect();
    format!(
        r#"{{"objectIdFieldName":"OBJECTID","geometryType":"esriGeometryPoint","spatialReference":{{"wkid":{wkid}}},
        "fields":{FIELDS},"exceededTransferLimit":{exceeded},"features":[{}]}}"#,
        features.join(",")
    )
}

/// `1=1`, `POP>5`, `OBJECTID<=3`, and two of them as `(a) AND (b)`.
fn matches(clause: &str, place: Place) -> Result<bool, String> {
    let clause = clause.trim();
    if let Some((first, second)) = clause.split_once(" AND ") {
        let inner = |text: &str| text.trim().trim_start_matches('(').trim_end_matches(')').to_owned();
        return Ok(matches(&inner(first), place)? && matches(&inner(second), place)?);
    }
    let invalid = || format!("'Invalid field: {clause}' parameter is invalid");
    let at = clause.find(['<', '>', '=']).ok_or_else(invalid)?;
    let (name, rest) = clause.split_at(at);
    let operator: String = rest.chars().take_while(|c| "<>=".contains(*c)).collect();
    let value: i64 = rest[operator.len()..].trim().parse().map_err(|_| invalid())?;
    let left = match name.trim() {
        "POP" => place.population,
        "OBJECTID" => place.oid,
        other => other.parse().map_err(|_| invalid())?,
    };
    Ok(match operator.as_str() {
        ">" => left > value,
        "<" => left < value,
        "=" => left == value,
        "<=" => left <= value,
        ">=" => left >= value,
        _ => return Err(invalid()),
    })
}
