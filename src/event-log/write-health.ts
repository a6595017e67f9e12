import { Injectable } from '@nestjs/common';

/** Whether the log can write. While it cannot, readiness and commands answer 503 and recorders wait. */
@Injectable()
export class WriteHealth {
  private trouble: Error | null = null;

  get writable(): boolean {
    return this.trouble === null;
  }

  /** The last refusal of the database, or null while it can write. */
  get reason(): Error | null {
    return this.trouble;
  }

  failed(error: Error): void {
    this.trouble = error;
  }

  recovered(): void {
    this.trouble = null;
  }
}
