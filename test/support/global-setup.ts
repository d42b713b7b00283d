/** jest `globalSetup`. */
export default function setup(): void {
  process.env['SAKER_TEST_RUN'] = String(process.pid);
}
