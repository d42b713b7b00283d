import { defineFields } from './define.js';

/** Paths of calls that change the file system. */
export const FS_PATH_FIELDS = defineFields(
  { group: 'fs.path', home: 'event', trust: 'subject', kinds: ['file.open'] },
  [
    [
      'fs.path.name',
      'string',
      '',
      'Path of a successful call with one path (open, mkdir, unlink, chmod …), made absolute and normalised.',
    ],
    ['fs.path.nameraw', 'string', '', 'fs.path.name as the caller passed it.'],
    [
      'fs.path.source',
      'string',
      '',
      'First path of rename and mount, new path of link and symlink, made absolute and normalised.',
      { availability: 'not-captured', kinds: [] },
    ],
    [
      'fs.path.sourceraw',
      'string',
      '',
      'fs.path.source as the caller passed it.',
      { availability: 'not-captured', kinds: [] },
    ],
    [
      'fs.path.target',
      'string',
      '',
      'Second path of rename and mount, existing path of link and symlink, made absolute and normalised.',
      { availability: 'not-captured', kinds: [] },
    ],
    [
      'fs.path.targetraw',
      'string',
      '',
      'fs.path.target as the caller passed it.',
      { availability: 'not-captured', kinds: [] },
    ],
  ],
);

/** Descriptors handed to poll. */
export const FD_LIST_FIELDS = defineFields(
  { group: 'fdlist', home: 'event', trust: 'kernel', availability: 'not-captured', kinds: [] },
  [
    ['fdlist.nums', 'string', '', 'Descriptor numbers of a poll, joined by commas.'],
    ['fdlist.names', 'string', '', 'Names of the descriptors of a poll, joined by commas.'],
    ['fdlist.cips', 'string', '', 'Client addresses of the sockets of a poll, joined by commas.'],
    ['fdlist.sips', 'string', '', 'Server addresses of the sockets of a poll, joined by commas.'],
    ['fdlist.cports', 'string', '', 'Client ports of the sockets of a poll, joined by commas.'],
    ['fdlist.sports', 'string', '', 'Server ports of the sockets of a poll, joined by commas.'],
  ],
);

/** Values of the configuration. */
export const STATIC_FIELDS = defineFields({ group: 'static', home: 'sensor', trust: 'config' }, [
  [
    'static',
    'string',
    'A',
    'A value of static_fields in the configuration: static.cluster. Nothing if it is not set.',
    { argKind: 'key', argForm: 'dot' },
  ],
]);

export const UTIL_FIELDS = defineFields({ group: 'util', home: 'sensor', trust: 'kernel' }, [
  ['util.cnt', 'uint', 'H', 'How often this very use of the field has been evaluated.'],
]);
