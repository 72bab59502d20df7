//! The body of `Choices`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, LitStr, Result, Variant};

pub(crate) fn choices(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(name.span(), "choices are the variants of an enum"));
    };
    let variants = data.variants.iter().map(|variant| &variant.ident).collect::<Vec<_>>();
    let texts = data.variants.iter().map(text_of).collect::<Result<Vec<_>>>()?;
    Ok(quote! {
        #[automatically_derived]
        impl ::gp_core::ParameterType for #name {
            fn data_type() -> ::gp_core::DataType {
                ::gp_core::DataType::String
            }

            fn choices() -> &'static [&'static str] {
                &[#(#texts),*]
            }

            fn from_value(value: ::gp_core::Value) -> ::std::option::Option<Self> {
                match value {
                    ::gp_core::Value::String(text) => match text.as_str() {
                        #(#texts => ::std::option::Option::Some(Self::#variants),)*
                        _ => ::std::option::Option::None,
                    },
                    _ => ::std::option::Option::None,
                }
            }

            fn into_value(self) -> ::gp_core::Value {
                ::gp_core::Value::String(::std::string::String::from(match self {
                    #(Self::#variants => #texts,)*
                }))
            }
        }
    })
}

fn text_of(variant: &Variant) -> Result<String> {
    if !matches!(variant.fields, Fields::Unit) {
        return Err(Error::new_spanned(variant, "a choice carries no data"));
    }
    let attribute = variant.attrs.iter().find(|attribute| attribute.path().is_ident("choice"));
    match attribute {
        Some(attribute) => Ok(attribute.parse_args::<LitStr>()?.value()),
        None => Ok(upper_snake(&variant.ident.to_string())),
    }
}

/// `OutsideOnly` → `OUTSIDE_ONLY`.
fn upper_snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for (index, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            text.push('_');
        }
        text.extend(letter.to_uppercase());
    }
    text
}
