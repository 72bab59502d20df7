//! The bodies of `Inputs` and `Outputs`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Expr, Field, Fields, Ident, Lit, LitStr, Meta, Result};

pub(crate) fn inputs(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let fields = fields(input)?.map(Described::read).collect::<Result<Vec<_>>>()?;
    let parameters = fields.iter().map(|field| field.parameter(&quote!(input)));
    let idents = fields.iter().map(|field| &field.ident);
    Ok(quote! {
        #[automatically_derived]
        impl ::gp_core::Inputs for #name {
            fn parameters() -> ::std::vec::Vec<::gp_core::Parameter> {
                ::std::vec![#(#parameters),*]
            }

            fn from_values(
                mut values: ::gp_core::ParameterValues<'_>,
            ) -> ::std::result::Result<Self, ::gp_core::ToolError> {
                ::std::result::Result::Ok(Self { #(#idents: values.take()?),* })
            }
        }
    })
}

pub(crate) fn outputs(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let fields = fields(input)?.map(Described::read).collect::<Result<Vec<_>>>()?;
    let parameters = fields.iter().map(|field| field.parameter(&quote!(output)));
    let idents = fields.iter().map(|field| &field.ident);
    Ok(quote! {
        #[automatically_derived]
        impl ::gp_core::Outputs for #name {
            fn parameters() -> ::std::vec::Vec<::gp_core::Parameter> {
                ::std::vec![#(#parameters),*]
            }

            fn into_values(self) -> ::std::vec::Vec<::gp_core::Value> {
                ::std::vec![#(::gp_core::ParameterType::into_value(self.#idents)),*]
            }
        }
    })
}

fn fields(input: &DeriveInput) -> Result<impl Iterator<Item = &Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter()),
            other => Err(Error::new(other.span(), "parameters need names: use a struct with named fields")),
        },
        _ => Err(Error::new(input.ident.span(), "parameters are the named fields of a struct")),
    }
}

/// A field with what its attributes say.
struct Described<'a> {
    ident: &'a Ident,
    ty: &'a syn::Type,
    name: String,
    display_name: String,
    doc: String,
    calls: Vec<TokenStream>,
}

impl<'a> Described<'a> {
    fn read(field: &'a Field) -> Result<Described<'a>> {
        let ident =
            field.ident.as_ref().ok_or_else(|| Error::new(field.span(), "a parameter needs a name"))?;
        let doc = doc_of(field);
        if doc.is_empty() {
            return Err(Error::new(
                ident.span(),
                "a parameter needs a doc comment: clients show it as its description",
            ));
        }
        let name = wire_name(&ident.to_string());
        let display_name = name.replace('_', " ");
        let mut described = Described { ident, ty: &field.ty, name, display_name, doc, calls: Vec::new() };
        described.read_attributes(field)?;
        Ok(described)
    }

    fn read_attributes(&mut self, field: &Field) -> Result<()> {
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("parameter")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    self.name = meta.value()?.parse::<LitStr>()?.value();
                } else if meta.path.is_ident("display_name") {
                    self.display_name = meta.value()?.parse::<LitStr>()?.value();
                } else if meta.path.is_ident("default") {
                    let (default, ty): (Expr, _) = (meta.value()?.parse()?, self.ty);
                    self.calls.push(quote_spanned!(default.span()=> .with_default::<#ty>(#default)));
                } else if meta.path.is_ident("filter") {
                    let filter: Expr = meta.value()?.parse()?;
                    self.calls.push(quote!(.with_filter(#filter)));
                } else if meta.path.is_ident("depends_on") {
                    let parameter: LitStr = meta.value()?.parse()?;
                    self.calls.push(quote!(.depending_on(#parameter)));
                } else if meta.path.is_ident("category") {
                    let category: LitStr = meta.value()?.parse()?;
                    self.calls.push(quote!(.in_category(#category)));
                } else if meta.path.is_ident("columns") || meta.path.is_ident("members") {
                    let infos: Expr = meta.value()?.parse()?;
                    self.calls.push(quote!(.with_infos(#infos)));
                } else {
                    return Err(meta.error(
                        "expected name, display_name, default, filter, depends_on, category, columns or members",
                    ));
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The expression that builds the parameter, spanned so that a wrong type is an error at the field's type.
    fn parameter(&self, direction: &TokenStream) -> TokenStream {
        let Described { ty, name, display_name, doc, calls, .. } = self;
        quote_spanned!(ty.span()=> ::gp_core::Parameter::#direction::<#ty>(#name, #display_name, #doc) #(#calls)*)
    }
}

/// The doc comment as one line of text.
fn doc_of(field: &Field) -> String {
    let lines = field.attrs.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `input_features` → `Input_Features`.
fn wire_name(field: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    field.trim_start_matches("r#").split('_').map(word).collect::<Vec<_>>().join("_")
}
