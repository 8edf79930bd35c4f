//! The codes of failures that no service sent: what this provider found itself, on the way out, in an answer or in its own configuration.
//! Whoever decides by one compares the failure, never its text: a service may send the same one.

/// The failures, each with what it says; the code is the name.
macro_rules! failures {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// A failure of our own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Failure {
            $($(#[$doc])* $name),*
        }

        impl Failure {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its code, as users see it.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name)),*
                }
            }
        }
    };
}

failures! {
    /// The cloud signs in through AD FS.
    AdfsNotSupported,
    /// Azure CLI printed no token.
    AzAnswer,
    /// Azure CLI ended with an error.
    AzFailed,
    /// Azure CLI is not installed.
    AzNotFound,
    /// Azure CLI is not signed in.
    AzNotSignedIn,
    /// Azure CLI did not answer in time.
    AzTimedOut,
    /// Azure CLI is older than it may be.
    AzTooOld,
    /// A request header that may not be set.
    BadHeader,
    /// A path that is malformed or hides something.
    BadPath,
    /// What must not happen, whatever a service answers.
    Bug,
    /// The certificate to sign in with has run out.
    CertificateExpired,
    /// The certificate of a service is not trusted here.
    CertificateNotTrusted,
    /// The certificate to sign in with is not valid yet.
    CertificateNotYetValid,
    /// Two values of one thing differ.
    ConflictingInputs,
    /// The identity service could not be reached.
    ConnectionFailed,
    /// The connection to a service broke.
    ConnectionLost,
    /// Two rows of one thing that do not say the same.
    ContradictoryRows,
    /// The answer holds nothing.
    EmptyAnswer,
    /// A file holds nothing.
    EmptyFile,
    /// A list without rows that has some in every tenant.
    EmptyList,
    /// The private key needs a password.
    EncryptedKey,
    /// A row of a subscription that was not asked for.
    ForeignRow,
    /// The connection allows GET only.
    GetOnly,
    /// The name of a host could not be resolved.
    HostNotFound,
    /// The metadata of a cloud lacks something.
    IncompleteMetadata,
    /// A way to sign in lacks an input.
    IncompleteSignIn,
    /// What is no certificate.
    InvalidCertificate,
    /// A client id that is none.
    InvalidClientId,
    /// An endpoint of a cloud that is none.
    InvalidEndpoint,
    /// A host that is none.
    InvalidHost,
    /// An issuer that names no tenant.
    InvalidIssuer,
    /// A part of a PEM file that cannot be read.
    InvalidPem,
    /// A variable that names no proxy.
    InvalidProxy,
    /// The address to ask for an assertion is none.
    InvalidRequestUrl,
    /// Certificate and private key do not belong together.
    KeyMismatch,
    /// A request, or the link to the next page, points at another scheme, host or port than the token's.
    LeftItsHost,
    /// A link leads to another list than the one that is read.
    LeftItsList,
    /// The answer is no JSON to its end.
    MalformedJson,
    /// Parts of two identities.
    MixedIdentities,
    /// The file holds no certificate.
    NoCertificate,
    /// A service could not be reached.
    NoConnection,
    /// App Service has no identity to give.
    NoIdentityEndpoint,
    /// This machine has no identity to give.
    NoMetadataService,
    /// The file holds no private key.
    NoPrivateKey,
    /// A query names nothing to look at.
    NoScope,
    /// No way to sign in is configured.
    NoSignInMethod,
    /// The answer holds no token.
    NoToken,
    /// What is neither a PFX nor a PEM file.
    NotACertificate,
    /// What is no base64.
    NotBase64,
    /// No row of the guard's table allows the request.
    NotInTable,
    /// The answer is no JSON.
    NotJson,
    /// The key is no RSA key.
    NotRsa,
    /// OIDC is configured and switched off.
    OidcIsOff,
    /// The token does not say something.
    OpaqueToken,
    /// The request leaves the scope of the connection.
    OutsideScope,
    /// A page links back to one that was read.
    PageLoop,
    /// An answer that holds rows and says beside them that something went wrong.
    PartialAnswer,
    /// The proxy did not let the request through.
    ProxyRefused,
    /// The answer is a redirect.
    Redirected,
    /// One page of a list came twice.
    RepeatedPage,
    /// One request to a service took longer than it may.
    RequestTimeout,
    /// A document lists several clouds.
    SeveralClouds,
    /// The list of the own tenant holds several.
    SeveralTenants,
    /// The private key could not sign.
    SigningFailed,
    /// A list reaches only the first subscriptions of its scope.
    SubscriptionLimit,
    /// The identity service did not answer in time.
    TimedOut,
    /// No TLS connection came about.
    TlsFailed,
    /// The body of an answer is larger than any is read.
    TooLarge,
    /// A list has more pages than any is read.
    TooManyPages,
    /// A list is shorter than the service says it is.
    Truncated,
    /// The answer is not what was expected.
    UndecodableAnswer,
    /// A row is not what was expected.
    UndecodableRow,
    /// The answer is a web page.
    UnexpectedPage,
    /// The answer to a sign-in is a redirect.
    UnexpectedRedirect,
    /// A file that cannot be read.
    UnreadableFile,
    /// The answer lacks a field on which something depends.
    UnstatedField,
    /// Managed identities do not exist on this machine.
    UnsupportedHost,
    /// A PFX file in a form that is not supported.
    UnsupportedPfx,
    /// The certificate of the identity service is not trusted here.
    UntrustedCertificate,
    /// The tenant lives in another cloud than the configured one.
    WrongCloud,
    /// The password opens nothing.
    WrongPassword,
    /// A token or a tenant is not the configured one.
    WrongTenant,
}

impl Failure {
    /// Whether a list is known to be shorter than the truth.
    pub fn is_of_a_short_list(self) -> bool {
        matches!(
            self,
            Self::LeftItsList
                | Self::PageLoop
                | Self::PartialAnswer
                | Self::RepeatedPage
                | Self::SubscriptionLimit
                | Self::Truncated
        )
    }
}
