import { Files, linesOf, saker } from './cli.js';

const files = new Files();
afterAll(() => files.remove());

const EVENT = files.write(
  'event.yaml',
  'evt.rawtime: 1767323045000000006\nproc.name: vi\nproc.pid: 7\nfd.name: /srv/ó\nfd.sip: 10.0.0.1\n',
);

describe('saker rules format', () => {
  it('prints the message', async () => {
    const output =
      '*Edited %fd.name by=%4proc.name| %toupper(proc.name) %user.name (%proc.aname[2])';
    expect(await saker(['rules', 'format', output, '--event', EVENT])).toEqual({
      out: 'Edited /srv/ó by=vi  | VI <NA> (<NA>)\n',
      err: '',
      code: 0,
    });
  });

  it('reads the text as the loader does: trimmed, without %container.info', async () => {
    const asked = [
      '  *%proc.name (%container.info) \n',
      'a %container.info*%proc.name',
      ' x %container.info %no.such',
    ].map((output) => `${JSON.stringify({ output, event: { 'proc.name': 'vi' } })}\n`);
    const [trimmed, star, faulty] = linesOf(await saker(['rules', 'format'], asked));
    expect([trimmed!['message'], star!['message']]).toEqual(['vi ()', 'a *vi']);
    expect(faulty).toMatchObject({ error: { start: 19, end: 27, column: 20 } });
  });

  it('prints message and output_fields as JSON, numbers in full', async () => {
    const output = '%proc.pid %fd.sip %evt.rawtime %evt.time.iso8601 %user.uid %basename(fd.name)';
    const { out } = await saker(['rules', 'format', output, '--event', EVENT, '-o', 'json']);
    expect(out).toBe(
      '{"message":"7 10.0.0.1 1767323045000000006 2026-01-02T03:04:05.000000006+0000 <NA> ó",' +
        '"output_fields":{"evt.rawtime":1767323045000000006,"evt.time":1767323045000000006,' +
        '"evt.time.iso8601":1767323045000000006,"fd.name":"/srv/ó","fd.sip":"10.0.0.1","proc.pid":7,' +
        '"user.uid":null}}\n',
    );
  });

  it('shows the time of the event in every form', async () => {
    const output =
      '%evt.time|%evt.time.s|%evt.datetime|%evt.datetime.s|%evt.rawtime.s|%evt.rawtime.ns';
    const { out } = await saker(['rules', 'format', output, '--event', EVENT]);
    expect(out).toMatch(
      /^(\d\d:\d\d:05)\.000000006\|\1\|(2026-01-0[123]) \1\.000000006\|\2 \1\|1767323045\|000000006\n$/,
    );
  });

  it('answers JSON lines, faults with their place', async () => {
    const line = (output: unknown, event?: unknown): string =>
      `${JSON.stringify({ output, event })}\n`;
    const answers = linesOf(
      await saker(
        ['rules', 'format'],
        [
          line('%proc.name', { 'proc.name': 'vi' }),
          line('a\nb %proc.nmae'),
          line('100%'),
          line('%proc.name', { 'proc.pid': 'x' }),
          line(7),
        ],
      ),
    );
    expect(answers).toEqual([
      { message: 'vi', output_fields: { 'evt.time': null, 'proc.name': 'vi' } },
      {
        error: expect.objectContaining({
          code: 'unknown-field',
          line: 2,
          column: 3,
          start: 4,
          end: 14,
          hint: 'did you mean "proc.name"?',
          input_line: 2,
        }) as unknown,
      },
      { error: expect.objectContaining({ code: 'bad-output', column: 4 }) as unknown },
      { error: expect.objectContaining({ code: 'bad-value', field: 'proc.pid' }) as unknown },
      { error: expect.objectContaining({ code: 'bad-line' }) as unknown },
    ]);
  });

  it('says what is wrong, and ends with status 1', async () => {
    const { err, code } = await saker(['rules', 'format', 'x %proc.nmae', '--event', EVENT]);
    expect([err, code]).toEqual([
      'saker: the output, column 3: unknown field "proc.nmae" (did you mean "proc.name"?)\n',
      1,
    ]);
  });
});
