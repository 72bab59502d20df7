//! Files that know references only as text: the code that a text without one stands for, and the text of a code.
//!
//! Esri's texts name no code. Here a code is given back only where the datum has the same name *and* the numbers are the
//! same: on other pages modern datums are taken as equal, which is right for coordinates and wrong for names.

use gp_esri::SpatialReference;

use super::definition::Definition;
use super::{Crs, catalog, listed, wkt, wkt_projection, wkt_writer};

/// Texts that ArcGIS reads as what they are. The list has Web Mercator as a Mercator projection with an extension that
/// ArcGIS passes over, 40 km beside.
const ESRI_TEXTS: &[(u32, &str)] = &[
    (
        4326,
        r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#,
    ),
    (
        3857,
        r#"PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],UNIT["Meter",1.0]]"#,
    ),
];

impl Crs {
    /// The reference as well-known text, version 1: the text that it came with, else that of its code; `None` where the
    /// list of codes has none.
    pub fn well_known_text(&self) -> Option<String> {
        if let Some(text) = &self.reference.wkt {
            return Some(text.to_string());
        }
        let code = self.code()?;
        if let Some((_, text)) = ESRI_TEXTS.iter().find(|(known, _)| *known == code) {
            return Some((*text).to_owned());
        }
        // Some codes are corrected here, so that the text of the list would say something else.
        let means_the_same = |text: &String| {
            let of_text = SpatialReference { wkt: Some(text.as_str().into()), ..Default::default() };
            Crs::new(&of_text).is_ok_and(|of_text| of_text.same_as(self))
        };
        if let Some(listed) = listed::find(code).filter(|listed| !listed.text.is_empty()) {
            return Some(listed.text.into_owned()).filter(means_the_same);
        }
        catalog::find(code).and_then(|entry| wkt_writer::text(&entry)).filter(means_the_same)
    }

    /// The EPSG or Esri code: the one that is stated, else that of a system with the same datum by name and the same
    /// numbers. Looks through the list of codes, which takes milliseconds.
    pub fn find_code(&self) -> Option<u32> {
        if let Some(code) = self.code() {
            return Some(code);
        }
        let root = wkt::parse(self.reference.wkt.as_deref()?).ok()?;
        if let Some(code) = catalog::code_of_esri_name(&wkt_projection::name(&root))
            && self.is_same_as_code(code)
        {
            return Some(code);
        }
        let geographic = catalog::geographic_code_of_datum(wkt_projection::datum_name(&root)?)?;
        if self.is_geographic() {
            return self.is_same_as_code(geographic).then_some(geographic);
        }
        if self.is_same_as_code(3857) && geographic == 4326 {
            return Some(3857);
        }
        let datum = format!(r#"AUTHORITY["EPSG","{geographic}"]]"#);
        let on_datum = |code: &u32| {
            listed::find(*code)
                .is_some_and(|listed| listed.text.starts_with("PROJCS") && listed.text.contains(&datum))
        };
        let same = listed::codes().filter(on_datum).filter(|code| self.is_same_as_code(*code));
        // Of a grid that has a code for each order of axes, the one without a remark in its name is meant.
        same.min_by_key(|code| (catalog::find(*code).is_some_and(|entry| entry.name.ends_with("-E)")), *code))
    }

    fn is_same_as_code(&self, code: u32) -> bool {
        let Some(entry) = catalog::find(code) else { return false };
        Definition::parse(&entry.parameters, &entry.name, Some(code))
            .is_ok_and(|other| self.definition.same_as(&other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_text(text: &str) -> Crs {
        Crs::new(&SpatialReference { wkt: Some(text.into()), ..Default::default() }).unwrap()
    }

    const NAD83: &str = r#"GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;

    fn transverse_mercator(geographic: &str, central_meridian: f64) -> String {
        format!(
            r#"PROJCS["My_Zone",{geographic},PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",{central_meridian}],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#
        )
    }

    #[test]
    fn texts_of_esri_find_the_code_of_the_same_datum_and_numbers() {
        assert_eq!(of_text(ESRI_TEXTS[0].1).find_code(), Some(4326));
        assert_eq!(of_text(ESRI_TEXTS[1].1).find_code(), Some(3857));
        assert_eq!(of_text(NAD83).find_code(), Some(4269));
        assert_eq!(of_text(&transverse_mercator(NAD83, -123.0)).find_code(), Some(26910));
        assert_eq!(of_text(&transverse_mercator(ESRI_TEXTS[0].1, 15.0)).find_code(), Some(32633));
        let etrs = NAD83.replace("D_North_American_1983", "D_ETRS_1989");
        assert_eq!(of_text(&transverse_mercator(&etrs, 9.0)).find_code(), Some(25832));
        let feet = format!(
            r#"PROJCS["NAD_1983_StatePlane_California_III_FIPS_0403_Feet",{NAD83},PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",6561666.667],PARAMETER["False_Northing",1640416.667],PARAMETER["Central_Meridian",-120.5],PARAMETER["Standard_Parallel_1",38.4333333333333],PARAMETER["Standard_Parallel_2",37.0666666666667],PARAMETER["Latitude_Of_Origin",36.5],UNIT["US survey foot",0.304800609601219]]"#
        );
        assert_eq!(of_text(&feet).find_code(), Some(2227));
        let albers = format!(
            r#"PROJCS["North_America_Albers_Equal_Area_Conic",{NAD83},PROJECTION["Albers"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["central_meridian",-96.0],PARAMETER["Standard_Parallel_1",20.0],PARAMETER["Standard_Parallel_2",60.0],PARAMETER["Latitude_Of_Origin",40.0],UNIT["Meter",1.0]]"#
        );
        assert_eq!(of_text(&albers).find_code(), Some(102_008));
    }

    #[test]
    fn a_text_that_differs_by_its_datum_or_a_number_has_no_code() {
        assert_eq!(of_text(&transverse_mercator(NAD83, -122.5)).find_code(), None);
        let other_datum = NAD83.replace("D_North_American_1983", "D_Of_My_Own");
        assert_eq!(of_text(&other_datum).find_code(), None);
        assert_eq!(of_text(&transverse_mercator(&other_datum, -123.0)).find_code(), None);
        // The name alone says nothing.
        let albers =
            transverse_mercator(NAD83, -122.5).replace("My_Zone", "North_America_Albers_Equal_Area_Conic");
        assert_eq!(of_text(&albers).find_code(), None);
    }

    #[test]
    fn the_text_of_a_code_means_the_code_and_a_text_stays_what_it_was() {
        for code in [4326, 3857, 102_100, 4269, 32633, 26910, 2227, 25832, 27700, 2154, 28992, 31370] {
            let crs = Crs::from_code(code).unwrap();
            let text = crs.well_known_text();
            let text = text.unwrap_or_else(|| panic!("{code}"));
            assert_eq!(of_text(&text).find_code(), crs.code(), "{code}");
        }
        let own = transverse_mercator(NAD83, -122.5);
        assert_eq!(of_text(&own).well_known_text(), Some(own));
    }

    #[test]
    fn codes_that_the_list_has_no_text_of_get_one_that_means_the_same() {
        for code in [102_008, 102_003, 54030, 54009, 102_100, 102_039, 102_601] {
            let crs = Crs::from_code(code).unwrap();
            let text = crs.well_known_text().unwrap_or_else(|| panic!("{code}"));
            assert!(of_text(&text).same_as(&crs), "{code}");
            assert_eq!(of_text(&text).find_code(), crs.code(), "{text}");
        }
    }
}
