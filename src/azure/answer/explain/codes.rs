//! The codes of Microsoft Entra ID that people meet, what each means, and the one fix.

/// What a code is about; it decides the diagnostic's summary line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The tenant lives in another cloud.
    Cloud,
    /// The identity service itself.
    Service,
    /// The credential, the application or the user.
    SignIn,
    /// The tenant.
    Tenant,
}

/// One code of the table.
#[derive(Clone, Copy, Debug)]
pub struct Meaning {
    /// The number after `AADSTS`.
    pub code: u32,
    /// What it is about.
    pub topic: Topic,
    /// What it means, without a full stop.
    pub meaning: &'static str,
    /// The one next step.
    pub fix: &'static str,
}

impl Meaning {
    /// The next step with what is known of the sign-in in the place of its placeholders.
    pub fn fix_for(&self, tenant: Option<&str>, client: Option<&str>) -> String {
        let known = [("<tenant id>", tenant), ("<client id>", client)];
        let filled = |text: String, (placeholder, value): (&str, Option<&str>)| match value {
            Some(value) => text.replace(placeholder, value),
            None => text,
        };
        known.into_iter().fold(self.fix.to_owned(), filled)
    }
}

/// The row of a code such as `AADSTS7000215`; none for codes not told apart here.
pub fn meaning(code: &str) -> Option<&'static Meaning> {
    let number: u32 = code.strip_prefix("AADSTS")?.parse().ok()?;
    TABLE.iter().find(|row| row.code == number)
}

const fn row(code: u32, topic: Topic, meaning: &'static str, fix: &'static str) -> Meaning {
    Meaning { code, topic, meaning, fix }
}

const SECRET: &str = "Entra admin center > App registrations > the application > Certificates & secrets: create a new client secret and copy its Value \
                      (az ad app credential reset --id <client id>); OIDC needs no secret at all.";
const FEDERATED: &str = "Entra admin center > App registrations > the application > Certificates & secrets > Federated credentials: issuer, subject and \
                         audience must equal those of the token exactly (the audience is api://AzureADTokenExchange).";
const CLOUD: &str = "Set environment to the cloud the tenant lives in: public, usgovernment (GCC High), dod or china. See the tenant's domain in its portal.";
const TENANT: &str = "Set tenant_id to the Tenant ID on the overview page of Microsoft Entra ID, and environment to its cloud.";
const LOGIN: &str = "Sign in again: az login --tenant <tenant id>. Pipelines should use an application (OIDC) instead of a user.";

static TABLE: [Meaning; 31] = [
    row(50020, Topic::Tenant, "The user is not a member or guest of this tenant", LOGIN),
    row(50034, Topic::SignIn, "The user does not exist in this tenant", LOGIN),
    row(50076, Topic::SignIn, "The user must pass multifactor authentication first", LOGIN),
    row(50078, Topic::SignIn, "The user's multifactor authentication has expired", LOGIN),
    row(50079, Topic::SignIn, "The user must register for multifactor authentication first", LOGIN),
    row(50128, Topic::Tenant, "The domain belongs to no tenant", TENANT),
    row(50173, Topic::SignIn, "The user's sign-in was revoked, for example by a new password", LOGIN),
    row(
        53003,
        Topic::SignIn,
        "A Conditional Access policy blocks this sign-in",
        "Look the sign-in up in Entra admin center > Sign-in logs; sign in from an allowed place, or have the identity excluded from the policy.",
    ),
    row(
        65001,
        Topic::SignIn,
        "Consent is missing",
        "Entra admin center > App registrations > the application > API permissions: add it as Application permission and grant admin consent.",
    ),
    row(70021, Topic::SignIn, "No federated credential of the application matches the token", FEDERATED),
    row(70043, Topic::SignIn, "The user's sign-in has expired under a sign-in frequency policy", LOGIN),
    row(90033, Topic::Service, "The identity service has a passing problem", "Run again in a few minutes."),
    row(90002, Topic::Tenant, "The identity service of this cloud knows no such tenant", TENANT),
    row(90038, Topic::Cloud, "The tenant belongs to another national cloud", CLOUD),
    row(
        500011,
        Topic::Cloud,
        "The tenant does not know the API that a token was asked for, as happens in another cloud's tenant",
        CLOUD,
    ),
    row(700003, Topic::SignIn, "The device of this sign-in is no longer known", LOGIN),
    row(
        700016,
        Topic::SignIn,
        "The tenant knows no application with this client id",
        "Set client_id to the Application (client) ID, not the object id, and tenant_id to the tenant the application is registered or consented in.",
    ),
    row(700023, Topic::Cloud, "The client assertion was sent to another cloud than the one it was made for", CLOUD),
    row(
        700024,
        Topic::SignIn,
        "The client assertion is expired or not yet valid",
        "Set this machine's clock; give a fresh OIDC token, or oidc_token_file_path or the request URL so that each token request reads a new one.",
    ),
    row(
        700027,
        Topic::SignIn,
        "The application has no such certificate registered",
        "Upload the certificate (public part) under App registrations > the application > Certificates & secrets > Certificates, \
         or use the private key of the one registered there.",
    ),
    row(700082, Topic::SignIn, "The user's refresh token has expired from disuse", LOGIN),
    row(700211, Topic::SignIn, "No federated credential of the application has the token's issuer", FEDERATED),
    row(700212, Topic::SignIn, "No federated credential of the application has the token's audience", FEDERATED),
    row(700213, Topic::SignIn, "No federated credential of the application has the token's subject", FEDERATED),
    row(900021, Topic::Tenant, "The identity service of this cloud knows no such tenant", TENANT),
    row(900023, Topic::Tenant, "The tenant is neither a GUID nor a domain of a tenant", TENANT),
    row(900382, Topic::Cloud, "The application and the tenant are in different clouds", CLOUD),
    row(900432, Topic::Cloud, "The application and the tenant are in different clouds", CLOUD),
    row(
        7000112,
        Topic::SignIn,
        "The application is disabled",
        "Entra admin center > Enterprise applications > the application > Properties: set \"Enabled for users to sign in\" to Yes.",
    ),
    row(7000215, Topic::SignIn, "The client secret is wrong; often the secret's id was copied instead of its value", SECRET),
    row(7000222, Topic::SignIn, "The client secret has expired", SECRET),
];
