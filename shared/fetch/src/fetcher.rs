//! The one value that reads from URLs: its settings, whom it asks for addresses and whom it trusts.

use crate::layer::{self, LayerQuery};
use crate::request::{Request, Token, TokenPlace};
use crate::resolve::SystemResolver;
use crate::secrets::Secrets;
use crate::session::Session;
use crate::target::{self, is_within};
use crate::{
    FetchError, FetchSettings, ReadFeatures, Resolve, SharedStop, UrlKind, download, kind_of, remote,
};
use gp_esri::DataReference;
use gp_formats::Input;
use rustls::ClientConfig;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use url::Url;

/// Reads from URLs. Cheap to clone.
#[derive(Clone)]
pub struct Fetcher(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: FetchSettings,
    pub(crate) resolver: Arc<dyn Resolve>,
    /// Made at the first encrypted connection: reading the machine's certificates takes milliseconds.
    tls: OnceLock<Result<Arc<ClientConfig>, String>>,
}

impl Inner {
    pub(crate) fn tls(&self) -> Result<Arc<ClientConfig>, String> {
        self.tls.get_or_init(|| crate::tls::config(self.settings.extra_roots_pem.as_deref())).clone()
    }
}

/// A reference that was judged by its looks.
pub(crate) struct Source {
    pub(crate) kind: UrlKind,
    /// What is asked for it first: the URL, without the token where it names a layer.
    pub(crate) request: Request,
    pub(crate) secrets: Secrets,
}

impl Fetcher {
    /// Reads with these settings and asks the system for addresses.
    pub fn new(settings: FetchSettings) -> Fetcher {
        Fetcher::with_resolver(settings, Arc::new(SystemResolver))
    }

    /// Reads with these settings and asks `resolver` for addresses.
    pub fn with_resolver(settings: FetchSettings, resolver: Arc<dyn Resolve>) -> Fetcher {
        Fetcher(Arc::new(Inner { settings, resolver, tls: OnceLock::new() }))
    }

    /// What the URL names. Nothing is asked.
    ///
    /// # Errors
    /// The URL is none, or is refused by its looks.
    pub fn kind(&self, reference: &DataReference) -> Result<UrlKind, FetchError> {
        target::check(&reference.url, &self.0.settings).map(|url| kind_of(&url))
    }

    /// Reads a whole file into a temporary one in the folder `scratch`, which goes when the input is dropped. Its name is the one
    /// that the server says, or that of the URL.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn download(
        &self,
        reference: &DataReference,
        scratch: &Path,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Input, FetchError> {
        let source = self.source(reference)?;
        let mut session = Session::new(&self.0, &source.request.url, source.secrets, stop);
        download::download(&mut session, &source.request, scratch)
    }

    /// A file that is read in parts, where its server gives parts and says when the file changes; `None` where it does not, and
    /// [`Fetcher::download`] is the way. Every read may fail as a fetch does.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn remote(&self, reference: &DataReference, stop: SharedStop) -> Result<Option<Input>, FetchError> {
        let source = self.source(reference)?;
        remote::open(self.0.clone(), source, stop)
    }

    /// Reads the features of a layer, a table, or a query of one, to the last page.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn layer(
        &self,
        reference: &DataReference,
        query: &LayerQuery,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<ReadFeatures, FetchError> {
        let source = self.source(reference)?;
        let url = source.request.url.clone();
        let mut session = Session::new(&self.0, &url, source.secrets, stop);
        layer::read(&mut session, source.kind, &source.request, reference, query)
    }

    /// Judges the URL by its looks and finds the token: the reference's, the one in the URL of a layer, or the caller's own where
    /// the URL lies on this very server (specification 7.5).
    fn source(&self, reference: &DataReference) -> Result<Source, FetchError> {
        let mut url = target::check(&reference.url, &self.0.settings)?;
        url.set_fragment(None);
        let kind = kind_of(&url);
        let mut secrets = Secrets::default();
        secrets.add_url(&url);
        let in_url = token_in(&url);
        let place = if matches!(kind, UrlKind::Layer | UrlKind::LayerQuery) {
            url = layer::without_token(&url);
            TokenPlace::Form
        } else {
            TokenPlace::Header
        };
        let taken_from_url = in_url.clone().filter(|_| place == TokenPlace::Form);
        let mut token =
            reference.token.clone().or(taken_from_url).map(|value| Token { value, place, within: None });
        if let Some(own) = &self.0.settings.own_server {
            secrets.add_token(&own.caller_token);
            let is_known = !own.caller_token.is_empty();
            if is_known && token.is_none() && in_url.is_none() && is_within(&url, &own.base_url) {
                let within = Some(own.base_url.clone());
                token = Some(Token { value: own.caller_token.clone(), place, within });
            }
        }
        if let Some(token) = &token {
            secrets.add_token(&token.value);
        }
        Ok(Source { kind, request: Request::get(url, token), secrets })
    }
}

/// The token in the query of a URL.
fn token_in(url: &Url) -> Option<String> {
    url.query_pairs()
        .find(|(name, value)| layer::is_token(name) && !value.is_empty())
        .map(|(_, value)| value.into_owned())
}
