const swc = ['@swc/jest', {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
}];

const esmAsCommonJs = ['@swc/jest', { jsc: { target: 'es2023' }, module: { type: 'commonjs' } }];

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  // @fastify/static (for /docs) requires an ES module, which Node can do and jest's own loader cannot: that one is
  //   compiled.
  transform: { '^.+\\.ts$': swc, '/node_modules/content-disposition/.+\\.js$': esmAsCommonJs },
  transformIgnorePatterns: ['/node_modules/(?!content-disposition/)'],
  moduleNameMapper: { '^tsx/(esm|cjs)/api$': '<rootDir>/test/fixtures/tsx-in-jest.ts', '^(\\.{1,2}/.*)\\.js$': '$1' },
  roots: ['<rootDir>/src', '<rootDir>/test', '<rootDir>/migrations'],
  testMatch: ['**/*.spec.ts'],
  reporters: ['default', '<rootDir>/test/count-reporter.cjs'],
  // A hang guard, not a promise about speed: no test asserts on time.
  testTimeout: 120_000,
  maxWorkers: 2,
};
