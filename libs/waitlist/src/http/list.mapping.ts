import { formatId } from '#libs/kernel';
import type { Settings, Statistics } from '../lists.service.js';
import type { CountsDto, SettingsDto, StatisticsDto } from './list.dto.js';

export function toSettingsDto({
  eventId,
  version,
  paused,
  closed,
  cutOffMinutes,
  endsAt,
}: Settings): SettingsDto {
  return { eventId: formatId('event', eventId), version, paused, closed, cutOffMinutes, endsAt };
}

export function toStatisticsDto({ eventId, lists, all }: Statistics): StatisticsDto {
  return {
    eventId: formatId('event', eventId),
    total: toCountsDto(all),
    data: lists.map((list) => ({
      ticketTypeId: formatId('ticketType', list.ticketTypeId),
      ...toCountsDto(list),
    })),
  };
}

function toCountsDto(counts: Statistics['all']): CountsDto {
  const { joined, waiting, offered, open, accepted, declined, expired, left, medianSecondsToOffer } = counts;
  return {
    ...{ joined, waiting, offered, open, accepted, declined, expired, left },
    offerRate: part(offered, joined),
    acceptanceRate: part(accepted, offered - open),
    conversion: part(accepted, joined),
    medianSecondsToOffer,
  };
}

function part(some: number, all: number): number | null {
  return all === 0 ? null : some / all;
}
