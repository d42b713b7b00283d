import { jest } from '@jest/globals';

// Kernels and guests answer in seconds on a busy machine; a deadline of each step's own is what ends a hang.
jest.setTimeout(120_000);
