/** What a connection says when it fails, and what a person does about it. Texts are Node's and OpenSSL's (3.x). */
const ADVICE: readonly (readonly [said: RegExp, todo: string])[] = [
  [
    /self[- ]signed certificate|unable to (?:get (?:local )?issuer|verify the first) certificate/i,
    'the peer’s certificate is by an authority that is not trusted here: name its PEM file in tls.ca',
  ],
  [
    /certificate has expired/i,
    'the peer’s certificate has expired: renew it there (or is this host’s clock wrong?)',
  ],
  [
    /certificate is not yet valid/i,
    'the peer’s certificate is not valid yet: compare the clocks of both hosts',
  ],
  [
    /does not match certificate's altnames/i,
    'the peer’s certificate is for another name: address the peer by a name in it, or put that name in tls.server_name',
  ],
  [
    /certificate required|bad certificate|alert number (?:42|46|48|116)|unknown ca\b/i,
    'the peer does not accept this client’s certificate: set tls.cert and tls.key to one its authority has signed',
  ],
  [
    /wrong version number|packet length too long|before secure TLS connection was established/i,
    'the peer does not speak TLS at this port: use its TLS port, or leave tls (or https) away',
  ],
  [
    /ENOENT|EACCES: permission denied, open|PEM routines|no start line/i,
    'tls.ca, tls.cert and tls.key must name PEM files that saker may read',
  ],
  [/ENOTFOUND|EAI_AGAIN/, 'the peer’s name cannot be looked up: correct it, or mend DNS'],
  [/ECONNREFUSED/, 'nobody listens there: start the peer, or correct its address'],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|connection timeout/i,
    'the peer cannot be reached: look at routes and firewalls between it and this host',
  ],
];

/** What to do about a failed connection, from its words; null: nothing special is known. */
export function connectionAdvice(said: string): string | null {
  return ADVICE.find(([pattern]) => pattern.test(said))?.[1] ?? null;
}

/** Shorter ones would blot out innocent text. */
const SHORTEST_SECRET = 4;

/** Takes secrets out of words for people: a peer or a library may repeat what it was given. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((rest, secret) => rest.replaceAll(secret, '********'), text);
}
