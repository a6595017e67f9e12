#!/usr/bin/env node
import 'reflect-metadata';
import { createProgram } from './cli/program.js';
import { exitWithError } from './cli/exit-with-error.js';

try {
  await createProgram().parseAsync();
} catch (error) {
  exitWithError(error);
}
