// One configuration, one project per kind of test: `jest --selectProjects unit`.
const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2024' }, module: { type: 'es6' } }] },
  testEnvironment: 'node',
  setupFilesAfterEnv: ['<rootDir>/test/support/slow.ts'],
};

/**
 * @param {string} name
 * @param {object} more
 */
const project = (name, more = {}) => ({
  ...shared,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...more,
});
const slow = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

export default {
  projects: [project('unit'), project('compat'), project('kernel', slow), project('e2e', slow)],
};
