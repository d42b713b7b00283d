import { jest } from '@jest/globals';

// A deadline of each step's own is what ends a hang; on a slow, busy machine many steps that end well take long in all.
jest.setTimeout(600_000);
