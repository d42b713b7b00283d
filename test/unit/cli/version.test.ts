import { saker } from './cli.js';

describe('saker version', () => {
  it('says which of Falco’s versions rules may require', async () => {
    const { out, code } = await saker(['version', '-o', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown,
      engine_version: '0.63.0',
      schema_version: '4.5.1',
      plugins: { container: '0.7.1' },
    });
    expect((await saker(['version'])).out).toMatch(
      /^saker \S+\nrule engine 0\.63\.0\nevent schema 4\.5\.1\nplugin container 0\.7\.1\n$/,
    );
  });
});
