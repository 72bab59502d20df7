//! `#[derive(Inputs)]`, `#[derive(Outputs)]` and `#[derive(Choices)]`: parameters from plain Rust types.
//!
//! The derives only list fields and variants; they never look inside a type. What a type means is decided by the trait
//! `ParameterType`, so that aliases and new types work and a wrong type is an error at its field.
//!
//! Field attributes of `Inputs`: `#[parameter(default = EXPR, filter = EXPR, depends_on = "Name", category = "…",
//! name = "…", display_name = "…")]`. Variant attribute of `Choices`: `#[choice("TEXT")]`.

mod choices;
mod parameters;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// The input parameters of a tool: each field is a parameter, its doc comment is the description that clients see.
#[proc_macro_derive(Inputs, attributes(parameter))]
pub fn derive_inputs(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    parameters::inputs(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// The output parameters of a tool.
#[proc_macro_derive(Outputs, attributes(parameter))]
pub fn derive_outputs(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    parameters::outputs(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// A text parameter with a choice list: each variant is a choice, `OutsideOnly` ↔ `OUTSIDE_ONLY`.
#[proc_macro_derive(Choices, attributes(choice))]
pub fn derive_choices(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    choices::choices(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
