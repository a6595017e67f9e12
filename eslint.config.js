import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

const PROCESS_ENV = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only src/config reads the environment; take a Settings.',
};
/** A TypeORM transaction spans an await, and whatever is written meanwhile vanishes with its rollback. */
const TYPEORM_WRITES = [
  {
    selector:
      "CallExpression[callee.property.name='transaction'][callee.object.name=/^(dataSource|ds|manager|entityManager)$/]",
    message: 'No transaction spans an await: use database.handle.transaction().',
  },
  {
    selector:
      "CallExpression[callee.property.name='transaction'][callee.object.property.name=/^(dataSource|manager)$/]",
    message: 'No transaction spans an await: use database.handle.transaction().',
  },
  {
    selector:
      'MemberExpression[property.name=/^(getRepository|startTransaction|createQueryRunner|createEntityManager)$/]',
    message: 'Writes are synchronous statements on database.handle, not TypeORM calls.',
  },
];

/** Rows are read and written through the ports of src/storage; decisions change their ThreadUnit. */
const SQL = {
  selector: "MemberExpression[property.name='handle'][object.name='database'], MemberExpression[property.name='handle'][object.property.name='database']",
  message: 'SQL belongs to src/storage/sqlite: ask a port of src/storage.',
};

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '**/.venv/', '**/.threadlog/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // An interface of somebody else's may be async where our answer is at hand.
      '@typescript-eslint/require-await': 'off',
      'max-lines': ['error', 400],
      // A text is not cut for its length: whoever looks for it must find it.
      'max-len': ['error', {
        code: 120, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true, ignoreUrls: true,
      }],
    },
  },
  {
    files: ['src/**/*.ts', 'migrations/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', PROCESS_ENV, SQL, ...TYPEORM_WRITES],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'typeorm',
              importNames: ['Repository', 'EntityManager', 'getRepository'],
              message: 'repository.save() opens a transaction that spans an await: use database.handle.',
            },
            {
              name: '@nestjs/typeorm',
              importNames: ['InjectRepository', 'InjectEntityManager'],
              message: 'repository.save() opens a transaction that spans an await: use database.handle.',
            },
          ],
        },
      ],
      'max-params': ['error', 6],
    },
  },
  {
    files: ['src/**/index.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'Program', message: 'No barrels: import the file that holds what you need.' },
      ],
    },
  },
  {
    // The engine, and what opens it.
    files: ['src/storage/sqlite/**/*.ts', 'src/cli/start.ts', 'migrations/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', PROCESS_ENV, ...TYPEORM_WRITES] },
  },
  {
    // Only here is the environment read; graphs get theirs, from langgraph.json, through it.
    files: ['src/config/**/*.ts', 'src/graphs/loading/graph-environment.ts'],
    rules: { 'no-restricted-syntax': ['error', ...TYPEORM_WRITES] },
  },
  { files: ['src/cli/**/*.ts', 'src/main.ts'], rules: { 'no-console': 'off' } },
  {
    // Tests look into answers of any shape.
    files: ['**/*.spec.ts', 'test/**/*.ts', 'test/**/*.tsx', 'bench/**/*.ts', 'examples/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'off',
      'no-restricted-syntax': 'off',
      'max-params': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'module',
          'require',
          'fetch',
          'performance',
          'structuredClone',
          'AbortController',
          'AbortSignal',
          'Buffer',
          'TextDecoder',
          'TextEncoder',
          'URL',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'queueMicrotask',
          'WebSocket',
          'EventSource',
          'ReadableStream',
          'Response',
          'Request',
          'Headers',
          '__dirname',
          '__filename',
          'exports',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
