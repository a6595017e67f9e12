import { BadRequestException } from '@nestjs/common';
import { CHANNELS, isChannelName } from '../../protocol/channel.js';
import { EventFilter, type FilterSpec } from '../../protocol/event-filter.js';

/**
 * Compiles what a client asks for.
 * @throws BadRequestException (400) for no channel, or an unknown one (named).
 */
export function compileFilter(spec: FilterSpec): EventFilter {
  const { channels } = spec;
  if (channels.length === 0) throw new BadRequestException('channels must name at least one channel');
  const unknown = channels.filter((channel) => !isChannelName(channel));
  if (unknown.length > 0) {
    const named = unknown.slice(0, 5).map((channel) => JSON.stringify(channel.slice(0, 100)));
    throw new BadRequestException(
      `unknown channel ${named.join(', ')}; the channels are ${CHANNELS.join(', ')} and custom:<name>`,
    );
  }
  return new EventFilter(spec);
}
