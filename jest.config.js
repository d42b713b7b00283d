// One configuration, one project per kind of test: `jest --selectProjects unit`.
const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2024' }, module: { type: 'es6' } }] },
  testEnvironment: 'node',
};

/** @param {string} name */
const project = (name) => ({ ...shared, displayName: name, testMatch: [`<rootDir>/test/${name}/**/*.test.ts`] });

export default { projects: ['unit', 'compat', 'kernel', 'e2e'].map(project) };
