import { BadRequestException } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import { CHANNELS, isChannelName } from '../protocol/channel.js';
import { EventFilter, type FilterSpec } from '../protocol/event-filter.js';

/**
 * Compiles what a client asks for.
 * @throws BadRequestException (400) for no channel, an unknown one (named), or more than the limits allow.
 */
export function compileFilter(spec: FilterSpec, settings: Settings): EventFilter {
  const { channels, namespaces } = spec;
  if (channels.length === 0) throw new BadRequestException('channels must name at least one channel');
  if (channels.length > settings.MAX_FILTER_CHANNELS) {
    throw new BadRequestException(`channels may name at most ${settings.MAX_FILTER_CHANNELS} channels`);
  }
  if (namespaces && namespaces.length > settings.MAX_FILTER_NAMESPACES) {
    throw new BadRequestException(`namespaces may hold at most ${settings.MAX_FILTER_NAMESPACES} prefixes`);
  }
  const unknown = channels.filter((channel) => !isChannelName(channel));
  if (unknown.length > 0) {
    const named = unknown.slice(0, 5).map((channel) => JSON.stringify(channel.slice(0, 100)));
    throw new BadRequestException(
      `unknown channel ${named.join(', ')}; the channels are ${CHANNELS.join(', ')} and custom:<name>`,
    );
  }
  return new EventFilter(spec);
}
