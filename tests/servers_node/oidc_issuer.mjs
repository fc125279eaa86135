// The OpenID provider of `oidc-provider`: its package, port, keys (a JWKS with private halves), people and further clients are arguments; see
// oidc_issuer.py.
import { pathToFileURL } from "node:url";

const [entry, port, jwks, people, clients] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(entry).href);
const known = JSON.parse(people);
const issuer = `http://127.0.0.1:${port}`;
const algorithms = ["ES256", "RS256", "PS256", "EdDSA"];

const provider = new Provider(issuer, {
  jwks: { keys: JSON.parse(jwks) },
  clients: [
    ...algorithms.map((algorithm) => ({
      client_id: `pages-${algorithm}`,
      token_endpoint_auth_method: "none",
      redirect_uris: ["http://127.0.0.1/back"],
      grant_types: ["authorization_code"],
      id_token_signed_response_alg: algorithm,
    })),
    ...JSON.parse(clients),
  ],
  enabledJWA: { idTokenSigningAlgValues: algorithms },
  claims: { openid: ["sub"], email: ["email", "email_verified", "groups"] },
  conformIdTokenClaims: false,
  cookies: { keys: ["only for tests"] },
  findAccount: (_context, id) => known[id] && { accountId: id, claims: () => ({ sub: id, ...known[id] }) },
  extraTokenClaims: (_context, token) => known[token.accountId],
  features: {
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => "urn:mailwright",
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, _resource, client) => ({
        scope: "openid email",
        audience: "mailwright",
        accessTokenFormat: "jwt",
        accessTokenTTL: 3600,
        jwt: { sign: { alg: client.clientId.startsWith("pages-") ? client.clientId.slice(6) : "ES256" } },
      }),
    },
  },
});
provider.listen(Number(port), "127.0.0.1");
