import { blindSpots } from '../../../sensor/app/blind-spots.js';
import type { Plan } from '../../../sensor/kernel/index.js';

const spots = (event: string, plan: Plan, ...programs: readonly string[]): string | null =>
  blindSpots({ event, plan, programs, refused: [] });

it.each([
  [
    'file.open',
    'syscall',
    'calls__sys file_open__sys_uring',
    'io_uring opens that ask for no completion; of',
  ],
  ['file.open', 'syscall', 'calls__sys', 'does not see open_by_handle_at, and io_uring opens; of'],
  [
    'file.open',
    'function',
    'file_open__fnk_begin file_open__fnk_done',
    'open_by_handle_at, and io_uring opens',
  ],
  ['net.connect', 'syscall', 'calls__sys', 'does not see io_uring connects; of a failed'],
  ['net.send', 'function', 'net_send__fn_address', 'on a socket, and io_uring sends'],
  [
    'net.send',
    'function',
    'net_send__fn_address net_send__fn_uring_done',
    'on a socket, and SEND_ZC of io_uring',
  ],
  ['net.bind', 'function', 'net_bind__fnk_begin', 'does not see io_uring binds'],
] as const)('of %s by the %s plan with %s: … %s …', (event, plan, programs, text) => {
  expect(spots(event, plan, ...programs.split(' '))).toContain(text);
});

it('are none where all is seen: binds of io_uring are younger than their function', () => {
  expect(spots('net.bind', 'function', 'net_bind__fn_begin')).toBeNull();
  expect(spots('net.connect', 'function', 'net_connect__fn_uring_done')).toBeNull();
  expect(spots('file.open', 'function', 'file_open__fn_uring_done')).toBe(
    'does not see open_by_handle_at',
  );
  expect(spots('process.fork', 'tracepoint', 'process_fork__any')).toBeNull();
});
