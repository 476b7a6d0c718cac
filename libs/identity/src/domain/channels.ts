export const CHANNELS = ['email', 'sms', 'push', 'inApp'] as const;
export type Channel = (typeof CHANNELS)[number];

/** What a message can be about. */
export const TOPICS = ['bookings', 'waitlist', 'prices', 'reminders'] as const;
export type Topic = (typeof TOPICS)[number];

/** Wall-clock times `HH:MM` in an IANA time zone between which only what matters is sent. May span midnight. */
export interface QuietHours {
  from: string;
  to: string;
  timezone: string;
}

/** On which channel a user wants to hear about what; `quietHours` null when switched off. */
export type Channels = Record<Channel, Record<Topic, boolean>> & { quietHours: QuietHours | null };

/** A part of `Channels`: what is missing stays as it was. */
export type ChannelsPatch = Partial<Record<Channel, Partial<Record<Topic, boolean>>>> & {
  quietHours?: Partial<QuietHours> | null;
};

const all = { bookings: true, waitlist: true, prices: true, reminders: true };
const none = { bookings: false, waitlist: false, prices: false, reminders: false };

/** SMS costs money and needs a number, and prices change often: both only for those who ask. */
export const DEFAULT_CHANNELS: Channels = {
  email: { ...all, prices: false },
  sms: none,
  push: { ...all, prices: false },
  inApp: all,
  quietHours: { from: '22:00', to: '07:00', timezone: 'UTC' },
};

/** What the user chose so far with the patch laid over it: what is stored. */
export function mergeChannels(chosen: ChannelsPatch, patch: ChannelsPatch): ChannelsPatch {
  const merged: ChannelsPatch = { ...chosen };
  for (const channel of CHANNELS) {
    if (patch[channel]) merged[channel] = { ...chosen[channel], ...given(patch[channel]) };
  }
  if (patch.quietHours === null) merged.quietHours = null;
  else if (patch.quietHours) merged.quietHours = { ...chosen.quietHours, ...given(patch.quietHours) };
  return merged;
}

/** Without the members that are there only in name. */
function given<T extends object>(patch: T): Partial<T> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** All channels: what the user chose, and the defaults for the rest. */
export function fullChannels(chosen: ChannelsPatch): Channels {
  return mergeChannels(DEFAULT_CHANNELS, chosen) as Channels;
}
