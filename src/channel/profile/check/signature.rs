//! How callbacks are signed.

use super::super::file::{SchemeWord, SignatureFile, Spanned};
use super::Check;
use crate::channel::signature::{Claims, Piece, Quirk, Scheme, Signature, WINDOW_SECS};

impl Check<'_> {
    /// `None` only after a problem was noted.
    pub(super) fn signature(&mut self, spanned: &Spanned<SignatureFile>) -> Option<Signature> {
        let file = spanned.get_ref();
        let at = self.shaped(&file.at)?;
        let timestamp = file.timestamp.as_ref().and_then(|file| self.shaped(file));
        let nonce = file.nonce.as_ref().and_then(|file| self.shaped(file));
        let is_hmac = file.scheme == SchemeWord::Hmac;
        let is_jwt = file.scheme == SchemeWord::Jwt;
        if is_hmac != (file.of.is_some() && file.digest.is_some() && file.encoding.is_some()) {
            self.problem(spanned.span(), "scheme = \"hmac\", and no other, needs of, digest and encoding");
        }
        if !is_jwt && (file.issuer.is_some() || file.audience || file.hashes || file.jti) {
            self.problem(spanned.span(), "issuer, audience, hashes and jti are for scheme = \"jwt\"");
        }
        let scheme = match (file.scheme, &file.of, file.digest, file.encoding) {
            (SchemeWord::Hmac, Some(of), Some(digest), Some(encoding)) => {
                let pieces = match Piece::parse(of.get_ref()) {
                    Ok(pieces) => pieces,
                    Err(message) => {
                        self.problem(of.span(), message);
                        return None;
                    }
                };
                for (piece, there, name) in [(Piece::Timestamp, timestamp.is_some(), "timestamp"), (Piece::Nonce, nonce.is_some(), "nonce")]
                {
                    if pieces.contains(&piece) != there {
                        self.problem(of.span(), format!("{{{name}}} and where the {name} stands go together"));
                    }
                }
                if !pieces.contains(&Piece::Body) && !pieces.contains(&Piece::Url) && !pieces.contains(&Piece::Address) {
                    self.problem(of.span(), "a signature of neither body nor address proves nothing");
                }
                Scheme::Hmac { digest, encoding, prefix: file.prefix.as_str().into(), of: pieces }
            }
            (SchemeWord::Hmac, ..) => return None,
            (SchemeWord::Jwt, ..) => Scheme::Jwt(Claims {
                issuer: file.issuer.as_deref().map(Into::into),
                audience: file.audience,
                hashes: file.hashes,
                jti: file.jti,
            }),
            (SchemeWord::MessagebirdLegacy, ..) => Scheme::Quirk(Quirk::MessagebirdLegacy),
            (SchemeWord::PlivoV3, ..) => Scheme::Quirk(Quirk::PlivoV3),
            (SchemeWord::StandardWebhooks, ..) => Scheme::Quirk(Quirk::StandardWebhooks),
            (SchemeWord::Twilio, ..) => Scheme::Quirk(Quirk::Twilio),
            (SchemeWord::Vonage, ..) => Scheme::Quirk(Quirk::Vonage),
        };
        let by_time = matches!(scheme, Scheme::Quirk(Quirk::MessagebirdLegacy | Quirk::StandardWebhooks));
        if by_time && timestamp.is_none() {
            self.problem(spanned.span(), "this scheme signs a time: say where the timestamp stands");
        }
        match (&scheme, &file.nonce) {
            (Scheme::Hmac { .. } | Scheme::Quirk(Quirk::PlivoV3 | Quirk::StandardWebhooks), Some(_)) => {}
            (Scheme::Quirk(Quirk::PlivoV3), None) => self.problem(spanned.span(), "this scheme signs a nonce: say where the nonce stands"),
            // Whatever stood there, anybody could have written it.
            (_, Some(nonce)) => self.problem(nonce.span(), "this scheme signs no nonce"),
            (_, None) => {}
        }
        Some(Signature { at, scheme, timestamp, nonce, window_secs: file.window_secs.unwrap_or(WINDOW_SECS) })
    }
}
