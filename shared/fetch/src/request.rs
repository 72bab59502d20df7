//! A request, and what becomes of it at a redirect.

use crate::secrets::Secrets;
use crate::target::{check_url, is_upgrade, is_within, refused, same_origin};
use crate::{FetchError, FetchSettings};
use url::Url;

/// A request: a POST when it has a form, else a GET.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) url: Url,
    /// Without the token.
    pub(crate) form: Option<Vec<(String, String)>>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) token: Option<Token>,
    pub(crate) encodings: Encodings,
}

/// Which encodings of a body are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encodings {
    Any,
    /// Only the bytes themselves: positions in them must mean something.
    None,
}

/// A token, and where it may go.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) value: String,
    pub(crate) place: TokenPlace,
    /// The context that it must not leave, for the caller's own token.
    pub(crate) within: Option<Url>,
}

/// Where a token stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenPlace {
    /// `token` in the form: services take it there, and it comes into no log of theirs.
    Form,
    /// The header `X-Esri-Authorization`, for what is not asked for by a form.
    Header,
}

impl Request {
    pub(crate) fn get(url: Url, token: Option<Token>) -> Request {
        Request { url, form: None, headers: Vec::new(), token, encodings: Encodings::Any }
    }

    /// The form as it is sent, with the token.
    pub(crate) fn form_bytes(&self) -> Option<Vec<u8>> {
        let form = self.form.as_ref()?;
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(form);
        if let Some(token) = self.token.as_ref().filter(|token| token.place == TokenPlace::Form) {
            text.append_pair("token", &token.value);
        }
        Some(text.finish().into_bytes())
    }

    /// The request that follows a redirect with that status to that location. Tokens never go on to another server.
    pub(crate) fn redirected(
        &self,
        status: u16,
        location: &str,
        place: &str,
        secrets: &Secrets,
        settings: &FetchSettings,
    ) -> Result<Request, FetchError> {
        let mut url = self
            .url
            .join(location)
            .map_err(|_| refused(place.to_owned(), "it redirects to what is no url"))?;
        url.set_fragment(None);
        check_url(&url, settings)
            .map_err(|_| refused(place.to_owned(), "it redirects to a url that is not read here"))?;
        // A signature that goes on to another server over TLS is that server's; in the clear it is everybody's.
        let carries_token = self.token.is_some()
            || secrets.has_token_in(self.url.as_str())
            || url.query_pairs().any(|(name, _)| lets_in(&name));
        if carries_token && self.url.scheme() == "https" && url.scheme() == "http" {
            return Err(refused(
                place.to_owned(),
                "it redirects from https to http, which would show the token to others",
            ));
        }
        let mut next = self.clone();
        if !same_origin(&self.url, &url) && !is_upgrade(&self.url, &url) {
            // The whole URL, percent signs undone.
            let decoded: String = url::form_urlencoded::parse(url.as_str().as_bytes())
                .map(|(name, value)| format!("{name}={value}&"))
                .collect();
            if secrets.has_token_in(url.as_str()) || secrets.has_token_in(&decoded) {
                return Err(refused(
                    place.to_owned(),
                    "it redirects to another server and takes the token along",
                ));
            }
            next.token = None;
        }
        next.token.take_if(|token| token.within.as_ref().is_some_and(|base| !is_within(&url, base)));
        next.url = url;
        if status == 303 {
            next.form = None;
            next.token.take_if(|token| token.place == TokenPlace::Form);
        }
        Ok(next)
    }
}

/// Whether a parameter of a query with this name lets whoever has it in.
fn lets_in(name: &str) -> bool {
    const NAMES: [&str; 8] = [
        "token",
        "serviceToken",
        "access_token",
        "sig",
        "signature",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "X-Goog-Signature",
    ];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirected(from: &str, to: &str, within: Option<&str>) -> Result<Request, FetchError> {
        let mut request = Request::get(Url::parse(from).unwrap(), None);
        let mut secrets = Secrets::default();
        secrets.add_token("s3cret");
        request.form = Some(Vec::new());
        request.token = Some(Token {
            value: "s3cret".to_owned(),
            place: TokenPlace::Form,
            within: within.map(|base| Url::parse(base).unwrap()),
        });
        request.redirected(302, to, "here", &secrets, &FetchSettings::default())
    }

    #[test]
    fn a_token_stays_on_its_server_and_is_never_sent_in_the_clear() {
        let has_token = |from: &str, to: &str| redirected(from, to, None).unwrap().token.is_some();
        assert!(has_token("https://h/a", "/b"));
        assert!(has_token("http://h/a", "http://h:80/b"));
        assert!(has_token("http://h/a", "https://h/a?x=s3cret"));
        assert!(!has_token("http://h:8080/a", "https://h/a"));
        assert!(!has_token("http://h/a", "https://h:8443/a"));
        assert!(!has_token("http://h/a", "https://www.h/a"));
        assert!(!has_token("https://h/a", "https://other/a"));
        assert!(!has_token("https://h/a", "https://h:444/a"));
        assert!(!has_token("https://h/a", "//h.evil/a"));
        for to in [
            "http://h/a",
            "https://other/?x=s3cret",
            "https://other/s3cret",
            "https://other/?x=s%33cret",
            "https://other/s%33cret/a",
            "file:///a",
            "https://u:p@h/",
        ] {
            assert!(matches!(redirected("https://h/a", to, None), Err(FetchError::Refused { .. })), "{to}");
        }
    }

    #[test]
    fn a_signature_that_a_server_adds_is_never_sent_in_the_clear() {
        let request = Request::get(Url::parse("https://h/a?file=roads.zip").unwrap(), None);
        let to = |location: &str| {
            request.redirected(302, location, "here", &Secrets::default(), &FetchSettings::default())
        };
        assert!(matches!(to("http://o/roads.zip?x-amz-signature=s"), Err(FetchError::Refused { .. })));
        assert!(to("https://o/roads.zip?X-Amz-Signature=s").is_ok());
        assert!(to("http://o/a?file=roads.zip").is_ok());
    }

    #[test]
    fn the_callers_own_token_does_not_leave_the_context() {
        let token = |to: &str| redirected("https://h/arcgis/a", to, Some("https://h/arcgis")).unwrap().token;
        assert!(token("/arcgis/b").is_some());
        assert!(token("/other/b").is_none());
    }
}
