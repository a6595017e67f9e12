import { Injectable, Logger } from '@nestjs/common';

/** Whether the log can write. While it cannot, readiness and commands answer 503 and recorders wait. */
@Injectable()
export class WriteHealth {
  private readonly logger = new Logger(WriteHealth.name);
  private trouble: Error | null = null;

  get writable(): boolean {
    return this.trouble === null;
  }

  /** The last refusal of the database, or null while it can write. */
  get reason(): Error | null {
    return this.trouble;
  }

  /** Told at every try; the reason is logged when it is a new one. */
  failed(error: Error): void {
    if (this.trouble?.message !== error.message) this.logger.error({ err: error }, 'nothing can be stored');
    this.trouble = error;
  }

  recovered(): void {
    this.logger.log('the database can write again');
    this.trouble = null;
  }
}
