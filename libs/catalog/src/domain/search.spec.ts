import { foldName, searchQuery, wordsOf } from './search.js';

describe('searching', () => {
  it('finds words whatever their case, accents and script', () => {
    expect(wordsOf('Élodie – L’Étoile, Чайка №2')).toEqual(
      expect.arrayContaining(['elodie', 'l', 'etoile', 'chayka']),
    );
    expect(searchQuery('ÉLODIE')).toBe(searchQuery('elodie'));
  });

  it('asks for each word by its beginning', () => {
    expect(searchQuery(' mahl  5 ')).toBe('mahl:* & 5:*');
  });

  it('has nothing to ask for without a letter or a digit', () => {
    expect(searchQuery('&|!():*')).toBeNull();
  });

  it('compares names of cities and categories without case, accents and blanks', () => {
    expect(foldName('  São   PAULO ')).toBe('sao paulo');
  });
});
