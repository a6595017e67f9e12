import { Global, Module } from '@nestjs/common';
import { Ownership } from './ownership.js';

/** Ownership for every feature. Keys come later; the check is here already. */
@Global()
@Module({ providers: [Ownership], exports: [Ownership] })
export class AuthModule {}
