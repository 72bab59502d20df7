//! Whom encrypted connections trust: the authorities that the machine trusts, and those of the settings.
//!
//! The machine's, not a list that is compiled in: an administrator adds the authority of an intranet there, and updates come
//! with the system. Lambda and the usual base images have them; `SSL_CERT_FILE` names another file.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// The settings of encrypted connections.
pub(crate) fn config(extra_roots_pem: Option<&[u8]>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(extra_roots_pem.unwrap_or_default()) {
        let certificate =
            certificate.map_err(|_| "a certificate in the settings of this server is broken")?;
        roots.add(certificate).map_err(|_| "a certificate in the settings of this server is broken")?;
    }
    if roots.is_empty() {
        let advice = "this server trusts no certificate authority: its administrator must install \
                      ca-certificates, or name a file of them in SSL_CERT_FILE";
        return Err(advice.to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("encryption could not be set up ({error})"))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
