//! Small tools that show every parameter type and every way to end; client developers test against them.

pub(crate) mod echo_values;
pub(crate) mod fail;
pub(crate) mod slow_count;
