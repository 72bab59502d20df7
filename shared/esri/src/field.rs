//! Fields and attribute values of feature sets and record sets (specification 6.1).

mod wire;

pub use wire::FieldError;

/// The type of a field; `FieldType::Oid` ↔ `esriFieldTypeOID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// 16 bit integer.
    SmallInteger,
    /// 32 bit integer.
    Integer,
    /// 64 bit integer (11.2).
    BigInteger,
    /// 32 bit float.
    Single,
    /// 64 bit float.
    Double,
    /// Text.
    String,
    /// Epoch milliseconds, UTC.
    Date,
    /// A calendar date, as text `yyyy-MM-dd` (11.2).
    DateOnly,
    /// A time of day, as text `HH:mm:ss` (11.2).
    TimeOnly,
    /// A time stamp with its offset, as text (11.2).
    TimestampOffset,
    /// The object id.
    Oid,
    /// `{…}` upper-case identifier, as text.
    Guid,
    /// Like `Guid`, kept by the server.
    GlobalId,
    /// Geometry column; never carries an attribute value.
    Geometry,
    /// Bytes; carried as given.
    Blob,
    /// Raster column; carried as given.
    Raster,
    /// XML text.
    Xml,
}

/// A column of a feature set.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name; lookups are case-insensitive.
    pub name: String,
    /// The type.
    pub field_type: FieldType,
    /// What people see; equals the name when nothing was said.
    pub alias: String,
    /// Greatest length of a text in characters, or 8 for a 64 bit object id.
    pub length: Option<u32>,
    /// Whether null is allowed, when it was said.
    pub nullable: Option<bool>,
    /// Whether a client may edit it, when it was said.
    pub editable: Option<bool>,
    /// The domain, as the JSON text it came with.
    pub domain: Option<Box<str>>,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// No value.
    Null,
    /// Whole numbers, object ids, and dates as epoch milliseconds.
    Integer(i64),
    /// Any other number; always finite.
    Double(f64),
    /// Text, identifiers and the text-like dates.
    Text(Box<str>),
}

impl Field {
    /// A field whose alias is its name.
    pub fn new(name: impl Into<String>, field_type: FieldType) -> Field {
        let name = name.into();
        Field {
            alias: name.clone(),
            name,
            field_type,
            length: None,
            nullable: None,
            editable: None,
            domain: None,
        }
    }
}

impl FieldType {
    /// Every type with its name on the wire.
    const NAMES: &[(FieldType, &str)] = &[
        (FieldType::SmallInteger, "esriFieldTypeSmallInteger"),
        (FieldType::Integer, "esriFieldTypeInteger"),
        (FieldType::BigInteger, "esriFieldTypeBigInteger"),
        (FieldType::Single, "esriFieldTypeSingle"),
        (FieldType::Double, "esriFieldTypeDouble"),
        (FieldType::String, "esriFieldTypeString"),
        (FieldType::Date, "esriFieldTypeDate"),
        (FieldType::DateOnly, "esriFieldTypeDateOnly"),
        (FieldType::TimeOnly, "esriFieldTypeTimeOnly"),
        (FieldType::TimestampOffset, "esriFieldTypeTimestampOffset"),
        (FieldType::Oid, "esriFieldTypeOID"),
        (FieldType::Guid, "esriFieldTypeGUID"),
        (FieldType::GlobalId, "esriFieldTypeGlobalID"),
        (FieldType::Geometry, "esriFieldTypeGeometry"),
        (FieldType::Blob, "esriFieldTypeBlob"),
        (FieldType::Raster, "esriFieldTypeRaster"),
        (FieldType::Xml, "esriFieldTypeXML"),
    ];

    /// Every type.
    pub fn all() -> impl Iterator<Item = FieldType> {
        FieldType::NAMES.iter().map(|(field_type, _)| *field_type)
    }

    /// The name on the wire, `esriFieldTypeOID` and so on.
    pub fn name(self) -> &'static str {
        // The table holds every type: a test says so.
        FieldType::NAMES
            .iter()
            .find(|(field_type, _)| *field_type == self)
            .map_or("esriFieldTypeString", |(_, name)| name)
    }

    /// The type of a wire name, compared without regard to case; the prefix may be missing (`OID`).
    pub fn from_name(name: &str) -> Option<FieldType> {
        const PREFIX: usize = "esriFieldType".len();
        let same = |wire: &str| {
            wire.eq_ignore_ascii_case(name)
                || wire.get(PREFIX..).is_some_and(|short| short.eq_ignore_ascii_case(name))
        };
        FieldType::NAMES.iter().find(|(_, wire)| same(wire)).map(|(field_type, _)| *field_type)
    }

    /// Whether values are whole numbers.
    pub fn is_integer(self) -> bool {
        matches!(self, FieldType::SmallInteger | FieldType::Integer | FieldType::BigInteger | FieldType::Oid)
    }

    /// Whether values are numbers.
    pub fn is_numeric(self) -> bool {
        self.is_integer() || matches!(self, FieldType::Single | FieldType::Double)
    }
}
