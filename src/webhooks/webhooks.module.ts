import { Module } from '@nestjs/common';
import { WebhookSender } from './webhook-sender.js';
import { WebhookTargets } from './webhook-targets.js';

/** Tells others that runs have ended. */
@Module({ providers: [WebhookSender, WebhookTargets], exports: [WebhookSender, WebhookTargets] })
export class WebhooksModule {}
