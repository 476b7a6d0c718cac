import { normaliseEmail } from './email.js';
import { canonicalLocale, isTimezone } from './locale.js';

it.each([
  ['de', 'de'],
  ['DE-de', 'de-DE'],
  ['zh-hans-cn', 'zh-Hans-CN'],
  ['', null],
  ['de_DE', null],
  ['not a locale', null],
  ['a', null],
])('reads %j as the locale %j', (tag, locale) => {
  expect(canonicalLocale(tag)).toBe(locale);
});

it('knows time zones by their IANA names and takes no offsets', () => {
  expect(['UTC', 'Europe/Berlin', 'Asia/Kolkata'].map(isTimezone)).toEqual([true, true, true]);
  expect(['', '+01:00', 'Europe/Atlantis', '../etc/passwd'].map(isTimezone)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

it('takes one address for one, whatever its case, blanks and composition', () => {
  expect(normaliseEmail('  Zoë@Example.COM ')).toBe('zoë@example.com');
  expect(normaliseEmail('Zoe\u0308@example.com')).toBe(normaliseEmail('ZOË@EXAMPLE.com'));
});
