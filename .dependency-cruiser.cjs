/**
 * The folders of src/ from top to bottom: a folder imports only from folders below its row. Files directly in src/ and
 * cli/ wire everything together, so nothing imports them. The map of ARCHITECTURE.md says what they hold.
 */
const ROWS = [
  ['http'],
  ['surfaces/event-streaming'],
  ['surfaces/commands'],
  ['surfaces/rest'],
  ['surfaces/sessions', 'surfaces/executions'],
  ['health'],
  ['crons'],
  ['runs'],
  ['assistants'],
  ['threads'],
  ['webhooks'],
  ['graphs'],
  ['auth'],
  ['delivery'],
  ['projections'],
  ['event-log'],
  ['storage'],
  ['serialization'],
  ['protocol'],
  ['validation'],
  ['clock'],
  ['config'],
];

const inFolders = (folders) => `^src/(${folders.join('|')})/`;
const packages = (...names) => `node_modules/(@types/)?(${names.join('|')})/`;
const FRAMEWORK = ['@nestjs/[^/]+', 'typeorm', 'fastify', '@fastify/[^/]+', 'better-sqlite3', '@langchain/[^/]+'];
const ZOD_FOLDERS = ['crons', 'runs/requests', 'surfaces/rest/runs', 'surfaces/sessions', 'graphs/loading'];

const layers = ROWS.map((row, index) => ({
  name: `${row.join('-').replaceAll('/', '-')}-imports-only-below`,
  comment: `${row.join(' and ')}: only what is further down in the table of folders`,
  severity: 'error',
  from: { path: inFolders(row) },
  to: { path: '^src/', pathNot: [...row.map((folder) => `^src/${folder}/`), ...belowOf(index)] },
}));

/** Folders of one row do not import each other: each rule below forbids one of them the others. */
const siblings = ROWS.filter((row) => row.length > 1).flatMap((row) =>
  row.map((folder) => ({
    name: `${folder.replaceAll('/', '-')}-imports-no-sibling`,
    severity: 'error',
    from: { path: inFolders([folder]) },
    to: { path: inFolders(row.filter((other) => other !== folder)) },
  })),
);

function belowOf(index) {
  const below = ROWS.slice(index + 1).flat();
  return below.length > 0 ? [inFolders(below)] : [];
}

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'folder-has-a-row',
      comment: 'A new folder of src/ gets its row in this file first.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: inFolders(['cli', ...ROWS.flat()]) },
      to: {},
    },
    ...layers,
    ...siblings,
    {
      name: 'delivery-knows-no-runs-and-no-database',
      comment: 'A stream is a view of the log: whatever made the events, and wherever they lie.',
      severity: 'error',
      from: { path: inFolders(['surfaces/event-streaming', 'delivery']) },
      to: { path: [inFolders(['runs', 'storage/sqlite']), packages('typeorm', '@nestjs/typeorm', 'better-sqlite3')] },
    },
    {
      name: 'rest-knows-no-typeorm',
      severity: 'error',
      from: { path: inFolders(['surfaces/rest']) },
      to: { path: packages('typeorm', '@nestjs/typeorm') },
    },
    {
      name: 'projections-are-pure',
      comment: 'Rows of the log go in, plain data comes out. Of the log and its storage they know no more than the rows.',
      severity: 'error',
      from: { path: inFolders(['projections']) },
      to: {
        pathNot: [inFolders(['projections', 'protocol']), '^src/storage/(log/)?[^/]+$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'projections-know-no-langgraph',
      severity: 'error',
      from: { path: inFolders(['surfaces/sessions', 'surfaces/executions', 'projections']) },
      to: { path: packages('@langchain/[^/]+') },
    },
    {
      name: 'runs-and-log-know-no-http',
      severity: 'error',
      from: { path: inFolders(['crons', 'runs', 'event-log']) },
      to: { path: packages('fastify', '@fastify/[^/]+', '@nestjs/platform-fastify') },
    },
    {
      name: 'protocol-is-pure',
      comment: 'Plain TypeScript: channels, namespaces, envelopes and errors need no framework.',
      severity: 'error',
      from: { path: inFolders(['protocol']) },
      to: { path: packages(...FRAMEWORK), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'zod-reads-runs-and-sessions',
      comment: 'docs/adr/0013: what a run or a session is asked for is a zod schema, any other request a class.',
      severity: 'error',
      from: { path: '^src/', pathNot: [inFolders(ZOD_FOLDERS), '^src/protocol/json-schema\\.ts$'] },
      to: { path: packages('zod') },
    },
    {
      name: 'classes-read-other-requests',
      severity: 'error',
      from: { path: inFolders(['runs', 'surfaces/sessions']) },
      to: { path: packages('class-validator') },
    },
    {
      name: 'sql-stays-in-the-engine',
      severity: 'error',
      from: { path: '^src/', pathNot: inFolders(['storage/sqlite']) },
      to: { path: packages('better-sqlite3', 'typeorm', '@nestjs/typeorm') },
    },
    {
      name: 'an-engine-stands-behind-its-ports',
      comment: 'Only what wires the server together knows which engine it runs on.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli/', inFolders(['storage/sqlite'])] },
      to: { path: '^src/storage/sqlite/' },
    },
    {
      name: 'migrations-are-frozen',
      comment: 'A migration must do tomorrow what it does today, so it uses none of our code.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^(src|test)/' },
    },
    {
      name: 'only-the-database-migrates',
      severity: 'error',
      from: { path: '^src/', pathNot: inFolders(['storage/sqlite']) },
      to: { path: '^migrations/' },
    },
    { name: 'no-test-in-source', severity: 'error', from: {}, to: { path: '^test/|\\.spec\\.ts$' } },
    {
      name: 'no-undeclared-or-dev-dependency-in-source',
      severity: 'error',
      from: {},
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    exclude: { path: '\\.spec\\.ts$' },
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.d.ts', '.json'],
      mainFields: ['main', 'types'],
    },
  },
};
