import { DEFAULT_CHANNELS, fullChannels, mergeChannels } from './channels.js';

it('gives the defaults to who chose nothing', () => {
  expect(fullChannels({})).toEqual(DEFAULT_CHANNELS);
});

it('changes only what is named and keeps what was chosen before', () => {
  const chosen = mergeChannels(
    { sms: { bookings: true } },
    { sms: { waitlist: true }, email: { prices: true } },
  );
  expect(chosen).toEqual({ sms: { bookings: true, waitlist: true }, email: { prices: true } });
  expect(fullChannels(chosen)).toMatchObject({
    sms: { bookings: true, waitlist: true, prices: false, reminders: false },
    email: { bookings: true, waitlist: true, prices: true, reminders: true },
  });
});

it('takes a member that is undefined for one that is missing', () => {
  const patch = {
    email: { bookings: undefined, prices: true },
    quietHours: { from: undefined, to: '06:00' },
  };
  expect(mergeChannels({ email: { bookings: false } }, patch)).toEqual({
    email: { bookings: false, prices: true },
    quietHours: { to: '06:00' },
  });
});

it('switches quiet hours off, and on again', () => {
  const off = mergeChannels({ quietHours: { from: '23:00' } }, { quietHours: null });
  expect(fullChannels(off).quietHours).toBeNull();
  const on = mergeChannels(off, { quietHours: { timezone: 'Europe/Berlin' } });
  expect(fullChannels(on).quietHours).toEqual({ from: '22:00', to: '07:00', timezone: 'Europe/Berlin' });
});
