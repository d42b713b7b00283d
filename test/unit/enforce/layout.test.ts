import { MAX_CLAUSES } from '../../../sensor/enforce/bodies.js';
import { LAYERS, OUTCOMES } from '../../../sensor/enforce/alert.js';
import { ROW } from '../../../sensor/enforce/clauses.js';
import {
  CLAUSE_BYTES,
  CONTAINER_ID_BYTES,
  COUNTERS,
  GUARD_BYTES,
  GUARD_PORTS,
  REMOTE_KEY_BYTES,
  SUBJECT_KEY_BYTES,
  SUBJECT_ROWS_BYTES,
  WORD,
  WORDS,
} from '../../../sensor/enforce/layout.js';
import { PATH_BYTES } from '../../../sensor/enforce/predicates.js';
import { MAX_ROWS, ROW_BYTES } from '../../../sensor/enforce/row-table.js';
import { compileTypes } from '../../../sensor/events/generate/btf.js';
import { projectRoot } from '../../support/place.js';

const clang = process.env['CLANG'] ?? 'clang-19';
const layout = compileTypes(`${projectRoot}/bpf/enforce/layout.h`, clang);
const records = compileTypes(`${projectRoot}/bpf/include/saker_event.h`, clang);

const values = (types: typeof layout, name: string): Record<string, number> =>
  Object.fromEntries(types.enums.get(name) ?? []);
const size = (name: string): number | undefined => layout.structs.get(name)?.size;
const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

describe('numbers shared with the programs', () => {
  it('are the header’s', () => {
    expect(values(layout, 'saker_limits')).toMatchObject({
      SAKER_CLAUSES: MAX_CLAUSES,
      SAKER_ROWS: MAX_ROWS,
      SAKER_SUBJECT_BYTES: PATH_BYTES,
    });
    expect(values(layout, 'saker_row')).toEqual({
      SAKER_ROW_ENFORCING: ROW.enforcing,
      SAKER_ROW_UNKNOWN_SUBJECT: ROW.unknownSubject,
      SAKER_ROW_HOST: ROW.host,
      SAKER_ROW_NONE: ROW.none,
      SAKER_ROW_CONTAINER: ROW.container,
      SAKER_ROW_ANY_SUBJECT: ROW.anySubject,
    });
    expect(values(layout, 'saker_word')).toMatchObject({
      SAKER_WORD_NOW: WORD.now,
      SAKER_WORD_ALIVE_UNTIL: WORD.aliveUntil,
      SAKER_WORD_SET_0: WORD.set0,
      SAKER_WORD_SET_1: WORD.set0 + 1,
      SAKER_WORD_OFF: WORD.off,
      SAKER_WORD_MAX: WORDS,
    });
  });

  it('are sizes of the same structures', () => {
    expect(size('saker_row_bits')).toBe(ROW_BYTES);
    expect(size('saker_clause')).toBe(CLAUSE_BYTES);
    expect(size('saker_remote_key')).toBe(REMOTE_KEY_BYTES);
    expect(size('saker_subject_key')).toBe(SUBJECT_KEY_BYTES);
    expect(size('saker_subject_rows')).toBe(SUBJECT_ROWS_BYTES);
    expect(size('saker_guard')).toBe(GUARD_BYTES);
    expect(size('saker_container_id')).toBe(CONTAINER_ID_BYTES);
    expect(layout.structs.get('saker_guard')?.members.at(-1)?.size).toBe(GUARD_PORTS * 2);
    expect(
      layout.structs.get('saker_clause')?.members.map(({ name, offset }) => [name, offset]),
    ).toEqual([
      ['need', 0],
      ['ban', 8],
      ['rule', 16],
      ['drop', 20],
    ]);
  });

  it('name every counter, layer and outcome', () => {
    const counters = values(layout, 'saker_enforce_counter');
    delete counters['SAKER_COUNT_MAX'];
    expect(counters).toEqual(
      Object.fromEntries(COUNTERS.map((name, at) => [`SAKER_COUNT_${snake(name)}`, at])),
    );
    expect(Object.values(values(records, 'saker_verdict_layer'))).toEqual(
      LAYERS.slice(1).map((_layer, at) => at + 1),
    );
    expect(Object.keys(values(records, 'saker_verdict_outcome'))).toEqual(
      OUTCOMES.map((outcome) => `SAKER_OUTCOME_${outcome.toUpperCase()}`),
    );
  });
});
