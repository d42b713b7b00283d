import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One certificate with its key, as PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Key, certificate and authority in one file. */
  readonly bundle: string;
}

/** An authority of a test's own, made by openssl when it is asked for. */
export class Authority {
  readonly #dir: string;
  /** PEM file to trust. */
  readonly ca: string;

  constructor(dir: string) {
    this.#dir = dir;
    this.ca = join(dir, 'ca.pem');
    this.#openssl(
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=saker-test-ca -keyout ca.key -out ca.pem`,
    );
  }

  /**
   * @param names - Subject alternative names: `IP:127.0.0.1,DNS:localhost`.
   * @param days - How long it is valid; negative: it has expired.
   */
  issue(name: string, names: string, days = 2): Certificate {
    const file = (kind: string) => join(this.#dir, `${name}.${kind}`);
    writeFileSync(file('ext'), `subjectAltName=${names}\n`);
    this.#openssl(
      `req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=${name} -keyout ${name}.key -out ${name}.csr`,
    );
    this.#openssl(
      `x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days ${days} -extfile ${name}.ext -out ${name}.pem`,
    );
    const parts = [file('key'), file('pem'), this.ca].map((path) => readFileSync(path, 'utf8'));
    writeFileSync(file('bundle'), parts.join(''));
    return { cert: file('pem'), key: file('key'), bundle: file('bundle') };
  }

  #openssl(args: string): void {
    execFileSync('openssl', args.split(' '), { cwd: this.#dir, stdio: 'pipe' });
  }
}
