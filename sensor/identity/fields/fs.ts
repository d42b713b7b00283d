import { AT } from '../../events/index.js';
import type { LiveEvent } from '../live-event.js';
import { TYPE } from './calls.js';
import { absolutePath, claimedPath, isOpen } from './file.js';
import { plain, type GetterTable, type MakeGetter } from './getter.js';

/** `evt.abspath`, `.src`: of the events we take only openat and openat2 have one path, none has two. */
export const abspath: MakeGetter = ({ arg }) => {
  if (arg === 'dst') return () => null;
  return (event) =>
    event.type === TYPE.openat || event.type === TYPE.openat2 ? absolutePath(event) : null;
};

/** Falco's own test for a failed open is the descriptor -1 exactly: EPERM counts as failure, other errors pass. */
const passes = (event: LiveEvent): boolean =>
  isOpen(event) && event.type !== TYPE.creat && event.record.i64(AT.file_open.ret) !== -1;

export const FS_GETTERS: GetterTable = {
  'fs.path.name': plain((event) => (passes(event) ? absolutePath(event) : null)),
  'fs.path.nameraw': plain((event) => (passes(event) ? claimedPath(event) : null)),
};
