//! Ellipsoids and prime meridians that PROJ calls by name: tables, nothing else.

/// Ellipsoids of PROJ: name, semi-major axis in metres, reciprocal flattening (0 for a sphere).
pub(super) const ELLIPSOIDS: &[(&str, f64, f64)] = &[
    ("WGS84", 6_378_137.0, 298.257_223_563),
    ("GRS80", 6_378_137.0, 298.257_222_101),
    ("WGS72", 6_378_135.0, 298.26),
    ("WGS66", 6_378_145.0, 298.25),
    ("WGS60", 6_378_165.0, 298.3),
    ("intl", 6_378_388.0, 297.0),
    ("bessel", 6_377_397.155, 299.152_812_8),
    ("bess_nam", 6_377_483.865, 299.152_812_8),
    ("krass", 6_378_245.0, 298.3),
    ("clrk66", 6_378_206.4, 294.978_698_213_898),
    ("clrk80", 6_378_249.145, 293.465),
    ("clrk80ign", 6_378_249.2, 293.466_021_293_626_9),
    ("airy", 6_377_563.396, 299.324_964_6),
    ("mod_airy", 6_377_340.189, 299.324_964_6),
    ("aust_SA", 6_378_160.0, 298.25),
    ("GRS67", 6_378_160.0, 298.247_167_427),
    ("helmert", 6_378_200.0, 298.3),
    ("evrstSS", 6_377_298.556, 300.8017),
    ("evrst30", 6_377_276.345, 300.8017),
    ("evrst48", 6_377_304.063, 300.8017),
    ("evrst56", 6_377_301.243, 300.8017),
    ("evrst69", 6_377_295.664, 300.8017),
    ("NWL9D", 6_378_145.0, 298.25),
    ("GSK2011", 6_378_136.5, 298.256_415_1),
    ("PZ90", 6_378_136.0, 298.257_84),
    ("IAU76", 6_378_140.0, 298.257),
    ("sphere", 6_370_997.0, 0.0),
];

/// Prime meridians of PROJ in degrees east of Greenwich.
pub(super) const PRIME_MERIDIANS: &[(&str, f64)] = &[
    ("greenwich", 0.0),
    ("lisbon", -9.131_906_111_111_1),
    ("paris", 2.337_229_166_666_67),
    ("bogota", -74.080_916_666_666_7),
    ("madrid", -3.687_938_888_888_9),
    ("rome", 12.452_333_333_333_3),
    ("bern", 7.439_583_333_333_3),
    ("jakarta", 106.807_719_444_444),
    ("ferro", -17.666_666_666_666_7),
    ("brussels", 4.367_975),
    ("stockholm", 18.058_277_777_777_8),
    ("athens", 23.716_337_5),
    ("oslo", 10.722_916_666_666_7),
];

/// Whether PROJ has a prime meridian of that name (lower case) other than Greenwich.
pub(super) fn is_prime_meridian(place: &str) -> bool {
    place != "greenwich" && PRIME_MERIDIANS.iter().any(|(known, _)| *known == place)
}
