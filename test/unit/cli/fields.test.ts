import { saker } from './cli.js';

describe('saker fields', () => {
  it('lists what a glob names, with type and meaning', async () => {
    const { out, code } = await saker(['fields', 'proc.aname']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^process: 1 field\n {2}proc\.aname or proc\.aname\[N\] {2}string {2}\(.*any ancestor.*\)\n {6}\S/,
    );
  });

  it('keeps lines within 110 characters', async () => {
    const { out } = await saker(['fields']);
    expect(out.split('\n').filter(({ length }) => length > 110)).toEqual([]);
    expect(out).toContain('k8s.pod.name');
  });

  it('makes Markdown tables whose rows all have four cells', async () => {
    const rows = (await saker(['fields', '--markdown'])).out
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(rows.length).toBeGreaterThan(250);
    for (const row of rows) expect(row.replaceAll('\\|', '').split('|')).toHaveLength(6);
  });

  it('prints names for scripts', async () => {
    expect((await saker(['fields', 'fd.s*', '--names'])).out.split('\n')).toEqual(
      expect.arrayContaining(['fd.sip', 'fd.sport']),
    );
  });

  it('suggests a field where none matches', async () => {
    const { err, code } = await saker(['fields', 'proc.nmae']);
    expect(code).toBe(1);
    expect(err).toContain('did you mean "proc.name"?');
  });
});
