import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { validationIssue } from '../../protocol/validation-issue.js';
import { metadataText } from '../../threads/metadata-text.js';
import { WebhookTargets } from '../../webhooks/webhook-targets.js';
import { InvalidRunError } from './run-request-errors.js';

/** What the settings allow a run, whoever asks for it. */
@Injectable()
export class RunLimits {
  constructor(private readonly settings: Settings, private readonly targets: WebhookTargets) {}

  /** Metadata as it is stored. @throws LimitExceededError above MAX_METADATA_BYTES */
  metadataText(metadata: Readonly<Record<string, unknown>>): string {
    return metadataText(metadata, this.settings);
  }

  /** @throws InvalidRunError for a webhook that would never be sent */
  assertWebhook(webhook: string | undefined): void {
    const fault = webhook === undefined ? null : this.targets.fault(webhook);
    if (fault !== null)
      throw new InvalidRunError([validationIssue(['webhook'], `webhook ${fault}`, 'value_error', webhook)]);
  }
}
