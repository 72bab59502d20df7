//! The geoprocessing tools: one file a tool, and [`TOOLS`], the list.
//!
//! A tool is plain and synchronous: typed inputs in, typed outputs out. It does no input or output, reads no clock and
//! no environment, and gives the same output for the same input, in the same order.

mod buffer;
mod clip;
mod dissolve;
mod distance;
mod each;
mod erase;
mod intersect;
mod mask;
mod matching;
mod project;
mod reference;
mod samples;
mod select;
mod spatial_join;
mod statistics;
mod table;

use gp_core::{Published, Task};

/// Every tool, by name. Explicit, because registries built by linkers lose entries.
pub const TOOLS: &[&dyn Task] = {
    static BUFFER: Published<buffer::Buffer> = Published::new();
    static CLIP: Published<clip::Clip> = Published::new();
    static DISSOLVE: Published<dissolve::Dissolve> = Published::new();
    static ECHO_VALUES: Published<samples::echo_values::EchoValues> = Published::new();
    static ERASE: Published<erase::Erase> = Published::new();
    static FAIL: Published<samples::fail::Fail> = Published::new();
    static INTERSECT: Published<intersect::Intersect> = Published::new();
    static PROJECT: Published<project::Project> = Published::new();
    static SELECT: Published<select::Select> = Published::new();
    static SLOW_COUNT: Published<samples::slow_count::SlowCount> = Published::new();
    static SPATIAL_JOIN: Published<spatial_join::SpatialJoin> = Published::new();
    &[
        &BUFFER,
        &CLIP,
        &DISSOLVE,
        &ECHO_VALUES,
        &ERASE,
        &FAIL,
        &INTERSECT,
        &PROJECT,
        &SELECT,
        &SLOW_COUNT,
        &SPATIAL_JOIN,
    ]
};
