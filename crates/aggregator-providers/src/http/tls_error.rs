//! Why there is no secure connection, and what helps.

use std::error::Error;
use std::io;

use rustls::CertificateError;

/// The sentence for an error that is one of TLS, or has one as a cause.
pub(super) fn explanation(error: &(dyn Error + 'static)) -> Option<String> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(of_tls).map(sentence)
}

/// An error of TLS comes inside of those of input and output, which do not name it as their cause.
fn of_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inner = || error.downcast_ref::<io::Error>().and_then(io::Error::get_ref).and_then(|inner| of_tls(inner));
    error.downcast_ref::<rustls::Error>().or_else(inner)
}

fn sentence(error: &rustls::Error) -> String {
    use CertificateError as Of;
    let rustls::Error::InvalidCertificate(certificate) = error else {
        return format!("{error}: check that the service speaks TLS at this address");
    };
    match certificate {
        Of::UnknownIssuer | Of::BadSignature => {
            "this machine does not trust who has issued its certificate: add the issuer to the system's certificates, or name \
             its file in SSL_CERT_FILE"
        }
        Of::Expired | Of::ExpiredContext { .. } => {
            "its certificate has expired: the service has to renew it, unless the clock of this machine is wrong"
        }
        Of::NotValidYet | Of::NotValidYetContext { .. } => {
            "its certificate is not valid yet: check the clock of this machine"
        }
        Of::NotValidForName | Of::NotValidForNameContext { .. } => {
            "its certificate is for another name: check the address of the service"
        }
        Of::Revoked => "its certificate was revoked: do not use this service before it has another one",
        other => return format!("its certificate is not accepted ({other}): check the certificate of the service"),
    }
    .to_owned()
}
