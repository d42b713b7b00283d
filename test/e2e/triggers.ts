import { quote } from '../support/place.js';
import { programs } from '../support/programs.js';

/** Something done for real that a shipped rule must tell of. */
export interface Trigger {
  readonly rule: string;
  /** Runs inside the cgroup that is watched, in an empty scratch folder on a tmpfs. Fails if the deed itself does. */
  readonly script: string;
  /** Fields of the alert, as text; `SCRATCH` stands for that folder. */
  readonly fields: Readonly<Record<string, string>>;
}

const root = { 'user.name': 'root', 'user.uid': '0', 'container.id': 'host' };
const byBash = { ...root, 'proc.exepath': '/usr/bin/bash' };

/** In a mount namespace of its own, with `folder` empty: nothing of this machine is touched. */
const withEmpty = (folder: string, script: string): string =>
  `unshare -m bash -c ${quote(`mount -t tmpfs none ${folder} && ${script}`)}`;

/** In a network namespace of its own that holds `address`. */
const withAddress = (address: string, script: string): string =>
  `unshare -n bash -c ${quote(`ip link set lo up && ip address add ${address}/32 dev lo && ${script}`)}`;

/** One for each shipped rule; test/compat/rules.test.ts sees to that. */
export const triggers: readonly Trigger[] = [
  {
    rule: 'Password hashes read',
    script: 'cat /etc/shadow > /dev/null',
    fields: {
      ...root,
      'fd.realpath': '/etc/shadow',
      'proc.exepath': '/usr/bin/cat',
      'proc.pexepath': '/usr/bin/bash',
    },
  },
  {
    rule: 'Shell started by a web server',
    script: `cp /usr/bin/bash nginx && ./nginx -c 'sh -c "exit 0"; true'`,
    fields: {
      ...root,
      'proc.cmdline': 'sh -c exit 0',
      'proc.exepath': '/usr/bin/dash',
      'proc.pexepath': 'SCRATCH/nginx',
    },
  },
  {
    rule: 'Cloud metadata service called',
    script: withAddress(
      '169.254.169.254',
      `{ ${programs.holdPort} 169.254.169.254 80 > ready & server=$!; } &&
       until grep -q ready ready; do sleep 0.02; done; ${programs.connect} 169.254.169.254 80; status=$?; kill $server; exit $status`,
    ),
    fields: {
      ...root,
      'fd.sip': '169.254.169.254',
      'fd.sport': '80',
      'proc.exepath': programs.connect,
      'proc.pexepath': '/usr/bin/bash',
    },
  },
  {
    rule: 'Configuration below /etc written',
    script: withEmpty('/etc', 'echo hello > /etc/motd'),
    fields: { ...byBash, 'fd.realpath': '/etc/motd' },
  },
  {
    rule: 'Program run from a folder for temporary files',
    script: withEmpty('/tmp', `cp ${programs.spawn} /tmp/dropped && /tmp/dropped child /dev/null`),
    fields: {
      ...root,
      'proc.exepath': '/tmp/dropped',
      'proc.pexepath': '/usr/bin/bash',
      'proc.cmdline': 'dropped child /dev/null',
    },
  },
  {
    rule: 'SSH private key read',
    script: 'mkdir .ssh && echo key > .ssh/id_ed25519 && cat .ssh/id_ed25519 > /dev/null',
    fields: { ...root, 'fd.realpath': 'SCRATCH/.ssh/id_ed25519', 'proc.exepath': '/usr/bin/cat' },
  },
  {
    rule: 'Program run from memory',
    script: `${programs.memfdRun} ${programs.spawn} child /dev/null`,
    fields: { ...root, 'proc.exepath': 'memfd:payload', 'proc.pexepath': '/usr/bin/bash' },
  },
  {
    rule: 'Session log emptied',
    script: withEmpty('/var/log', ': > /var/log/wtmp'),
    fields: { ...byBash, 'fd.realpath': '/var/log/wtmp' },
  },
  {
    rule: 'Cron job planted',
    script: withEmpty('/etc', 'mkdir /etc/cron.d && echo > /etc/cron.d/job'),
    fields: { ...byBash, 'fd.realpath': '/etc/cron.d/job' },
  },
  {
    rule: 'SSH login opened',
    script: 'mkdir -p .ssh && echo key >> .ssh/authorized_keys',
    fields: { ...byBash, 'fd.realpath': 'SCRATCH/.ssh/authorized_keys' },
  },
  {
    rule: 'Library forced into every program',
    script: withEmpty('/etc', ': > /etc/ld.so.preload'),
    fields: { ...byBash, 'fd.realpath': '/etc/ld.so.preload' },
  },
  {
    rule: 'Shell opens a network connection',
    script: withAddress('10.9.8.7', '! { exec 3<>/dev/tcp/10.9.8.7/4444; } 2> /dev/null'),
    fields: { ...byBash, 'fd.sip': '10.9.8.7', 'fd.sport': '4444' },
  },
  {
    rule: 'Sudo rights changed',
    script: withEmpty('/etc', 'mkdir /etc/sudoers.d && echo > /etc/sudoers.d/me'),
    fields: { ...byBash, 'fd.realpath': '/etc/sudoers.d/me' },
  },
  {
    rule: 'Kernel helper rewritten',
    script: 'echo /bin/true > release_agent',
    fields: { ...byBash, 'fd.realpath': 'SCRATCH/release_agent' },
  },
];
