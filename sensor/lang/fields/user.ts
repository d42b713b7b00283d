import { defineFields } from './define.js';

const BY_CONFIG = { trust: 'config', home: 'user' } as const;

/** Who runs the process. */
export const USER_FIELDS = defineFields({ group: 'user', home: 'process', trust: 'kernel' }, [
  [
    'user.uid',
    'uint32',
    '',
    'Effective user id, in the initial user namespace; 4294967295 if unknown.',
  ],
  [
    'user.name',
    'string',
    '',
    'Name of the user; the text "<NA>" if it is not listed, "root" for id 0.',
    BY_CONFIG,
  ],
  [
    'user.homedir',
    'string',
    '',
    'Home directory of the user; "<NA>" if not listed, "/root" for id 0.',
    BY_CONFIG,
  ],
  ['user.shell', 'string', '', 'Login shell of the user; "<NA>" if not listed.', BY_CONFIG],
  [
    'user.loginuid',
    'int',
    '',
    'Audit user id: who logged in, kept through su and sudo; -1 if unset.',
  ],
  [
    'user.loginname',
    'string',
    '',
    'Name of the audit user; "<NA>" if unset or not listed.',
    BY_CONFIG,
  ],
]);

/** Group of the process. */
export const GROUP_FIELDS = defineFields({ group: 'group', home: 'process', trust: 'kernel' }, [
  ['group.gid', 'uint32', '', 'Effective group id, in the initial user namespace.'],
  [
    'group.name',
    'string',
    '',
    'Name of the group; "<NA>" if it is not listed, "root" for id 0.',
    BY_CONFIG,
  ],
]);
