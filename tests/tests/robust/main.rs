//! Attempts to break the tools: all of them, in the same ways, whatever they do.
//!
//! Separate from the tests at the foot of each tool because what is asked here knows nothing of a tool but its
//! description: no panic, no hang, no invalid output, no error without a name, the same bytes whatever the number of
//! threads, and an end soon after somebody cancels. A tool that is added to the list is tried with the others.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test support: a panic is a failed test")]

mod judge;
mod layers;
mod never_panics;
mod requests;
mod run;
mod same;
mod stop;
mod traps;
mod whole_list;

use anyhow::Result;

/// A test for each toolset, so that they run side by side.
macro_rules! withstand {
    ($($test:ident: $toolset:literal),+ $(,)?) => {
        $(
            #[test]
            fn $test() -> Result<()> {
                whole_list::try_toolset($toolset)
            }
        )+

        #[test]
        fn every_toolset_is_tried() {
            assert_eq!(gp_tools::TOOLSETS, [$($toolset),+]);
        }
    };
}

withstand! {
    overlay_tools_withstand_every_layer_and_value: "Overlay",
    proximity_tools_withstand_every_layer_and_value: "Proximity",
    generalization_tools_withstand_every_layer_and_value: "Generalization",
    feature_tools_withstand_every_layer_and_value: "Features",
    statistics_tools_withstand_every_layer_and_value: "Statistics",
    data_management_tools_withstand_every_layer_and_value: "Data Management",
    sampling_tools_withstand_every_layer_and_value: "Sampling",
    conversion_tools_withstand_every_layer_and_value: "Conversion",
    sample_tools_withstand_every_layer_and_value: "Samples",
}

/// A test for each toolset, as above.
macro_rules! end_when_cancelled {
    ($($test:ident: $toolset:literal),+ $(,)?) => {
        $(
            #[test]
            fn $test() -> Result<()> {
                stop::cancel($toolset)
            }
        )+
    };
}

end_when_cancelled! {
    overlay_tools_end_when_cancelled: "Overlay",
    proximity_tools_end_when_cancelled: "Proximity",
    generalization_tools_end_when_cancelled: "Generalization",
    feature_tools_end_when_cancelled: "Features",
    statistics_tools_end_when_cancelled: "Statistics",
    data_management_tools_end_when_cancelled: "Data Management",
    sampling_tools_end_when_cancelled: "Sampling",
    conversion_tools_end_when_cancelled: "Conversion",
}

#[test]
fn tools_tell_how_far_they_are_on_large_input() -> Result<()> {
    stop::report_progress()
}

#[test]
fn a_tool_never_panics_nor_differs_with_the_number_of_threads() -> Result<()> {
    same::check(if never_panics::is_thorough() { usize::MAX - 1 } else { 0 })
}
