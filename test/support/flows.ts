// What a program in the rig does with a far port, and what it hears.
import { FAR4, FAR6, type Talker } from './rig.js';

/** All ways to reach a port: connected TCP and UDP, unconnected UDP; IPv4 and IPv6. */
export async function reach(client: Talker, port: number): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const [family, host] of [
    ['4', FAR4],
    ['6', FAR6],
  ] as const) {
    result[`tcp${family}`] = await client.ask(`open tcp ${host} ${port}`);
    result[`udp${family}`] = await client.ask(`open udp ${host} ${port}`);
    result[`to${family}`] = await client.ask(`to ${host} ${port} hello`);
  }
  return result;
}

/** Opens four connections (0–3: tcp4, udp4, tcp6, udp6) and sees that they work. */
export async function openFour(client: Talker, port: number): Promise<string[]> {
  const answers: string[] = [];
  for (const host of [FAR4, FAR6]) {
    for (const protocol of ['tcp', 'udp']) await client.ask(`open ${protocol} ${host} ${port}`);
  }
  for (let i = 0; i < 4; i++) {
    let answer = 'timeout';
    // The first datagram may fall to the search for the neighbour's address.
    for (let tries = 0; tries < 3 && answer === 'timeout'; tries++) {
      await client.ask(`send ${i} before`);
      answer = await client.ask(`recv ${i}`);
    }
    answers.push(answer);
  }
  return answers;
}

/** Sends on the four once more: what each hears. */
export async function useFour(client: Talker): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < 4; i++) {
    for (let drained = ''; drained !== 'timeout' && !drained.startsWith('errno');)
      drained = await client.ask(`recv ${i}`);
    await client.ask(`send ${i} after`);
    answers.push(await client.ask(`recv ${i}`));
  }
  return answers;
}
