import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type ts from 'typescript';
import { type KnownSchemas, SCHEMA_PARTS } from './graph-schema.js';
import { TypeToSchema } from './type-to-schema.js';

/** What this thread is asked for. */
export interface TypeRequest {
  /** Absolute path of the module of the graph. */
  readonly file: string;
  readonly exportName: string;
  /** Absolute path of the `typescript` to read with. */
  readonly typescript: string;
}

/** Types that name what a graph takes and gives, be it made by a builder, a promise, a function or an agent. */
function question(file: string, exportName: string): string {
  return `
import type { CompiledStateGraph } from "@langchain/langgraph";
type Exported = (typeof import(${JSON.stringify(`./${basename(file)}`)}))[${JSON.stringify(exportName)}];
type Made = Exported extends (...args: any[]) => infer Result ? Awaited<Result> : Awaited<Exported>;
type Held = Made extends { "~InputType": unknown } ? Made : Made extends { graph: infer Graph } ? Graph : Made;
type Graph = Held extends { addNode: unknown; compile: (...args: any[]) => infer Compiled } ? Compiled : Held;
type Options = Graph extends { invoke(input: any, options?: infer Given): unknown } ? NonNullable<Given> : unknown;
type output = Graph extends { "~OutputType": infer Output } ? Output : unknown;
type input = Graph extends { "~InputType": infer Input } ? Input : unknown;
type state = Graph extends CompiledStateGraph<infer State, any, any, any, any, any> ? State : output;
type context = Options extends { context?: infer Context } ? NonNullable<Context> : unknown;
type config = Options extends { configurable?: infer Config } ? NonNullable<Config> : unknown;
export type { input, output, state, context, config };
`;
}

function read({ file, exportName, typescript }: TypeRequest): KnownSchemas {
  const compiler = createRequire(typescript)(typescript) as typeof ts;
  const asked = join(dirname(file), `__threadlog-schema-${basename(file)}.ts`);
  const text = question(file, exportName);
  const options = optionsFor(compiler, file);
  const files = compiler.createCompilerHost(options);
  const isAsked = (name: string): boolean => name === asked || name === asked.replaceAll('\\', '/');
  const host: ts.CompilerHost = {
    ...files,
    fileExists: (name) => isAsked(name) || files.fileExists(name),
    readFile: (name) => (isAsked(name) ? text : files.readFile(name)),
    getSourceFile: (name, languageVersion, ...rest) =>
      isAsked(name)
        ? compiler.createSourceFile(name, text, languageVersion)
        : files.getSourceFile(name, languageVersion, ...rest),
  };
  const program = compiler.createProgram([asked], options, host);
  const source = program.getSourceFile(asked);
  if (!source) return {};
  const checker = program.getTypeChecker();
  const found: Record<string, KnownSchemas[keyof KnownSchemas]> = {};
  for (const statement of source.statements) {
    if (!compiler.isTypeAliasDeclaration(statement)) continue;
    const part = SCHEMA_PARTS.find((name) => statement.name.text === name);
    if (part) found[part] = new TypeToSchema(compiler, checker, source).root(checker.getTypeAtLocation(statement));
  }
  return found;
}

/** Those of the project, and what a module of a graph is loaded with: imports as bundlers and tsx resolve them. */
function optionsFor(compiler: typeof ts, file: string): ts.CompilerOptions {
  const { sys } = compiler;
  const config = compiler.findConfigFile(dirname(file), (path) => sys.fileExists(path));
  const content = config && (compiler.readConfigFile(config, (path) => sys.readFile(path)).config as unknown);
  const alone = { ...(content as object | undefined), files: [], include: [] };
  const options = config ? compiler.parseJsonConfigFileContent(alone, sys, dirname(config)).options : {};
  return {
    target: compiler.ScriptTarget.ES2022,
    jsx: compiler.JsxEmit.Preserve,
    types: [],
    strict: true,
    ...options,
    module: compiler.ModuleKind.ESNext,
    moduleResolution: compiler.ModuleResolutionKind.Bundler,
    noEmit: true,
    composite: false,
    incremental: false,
    declaration: false,
    skipLibCheck: true,
    allowJs: true,
    allowImportingTsExtensions: true,
    rootDir: undefined,
    outDir: undefined,
  };
}

parentPort?.postMessage(read(workerData as TypeRequest));
